"""How values are written on pages: times in the reader's zone, ages, numbers, badges."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from base import badges, clock

register = template.Library()
register.simple_tag(badges.state_badge, name="badge")
register.simple_tag(badges.badge, name="word_badge")


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """The time in the reader's zone, with UTC on hover."""
    if moment is None:
        return "–"
    return _time(moment, timezone.localtime(moment).strftime("%Y-%m-%d %H:%M"))


@register.filter
def age(moment: datetime | None) -> SafeString | str:
    """How long ago, or how long still: "3 h", "in 2 d"; the exact time on hover."""
    if moment is None:
        return "–"
    past = clock.now() - moment
    text = length(abs(past))
    return _time(moment, text if past >= timedelta(0) else _("in %(time)s") % {"time": text})


@register.filter
def left(moment: datetime | None) -> SafeString | str:
    """How long still until then: "14 min left"; the exact time on hover."""
    if moment is None:
        return "–"
    span = max(moment - clock.now(), timedelta(0))
    return _time(moment, _("%(time)s left") % {"time": length(span)})


def length(span: timedelta) -> str:
    """A length of time in its largest unit."""
    seconds = int(span.total_seconds())
    for unit, size in ((_("d"), 86_400), (_("h"), 3_600), (_("min"), 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} {_('s')}"


@register.filter
def day(value: date | None) -> str:
    return "–" if value is None else value.strftime("%Y-%m-%d")


@register.filter
def number(value: Any) -> SafeString:
    """Thousands separated, tabular figures."""
    return format_html('<span class="number">{}</span>', number_format(value, use_l10n=True, force_grouping=True))


def _time(moment: datetime, text: str) -> SafeString:
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', utc.isoformat(), utc.strftime("%Y-%m-%d %H:%M:%S UTC"), text
    )
