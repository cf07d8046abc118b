"""What assets show on shared pages: alarms, search, and their deeds in words."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from assets import reports
from assets.models import Pair
from assets.valuation import DEVIATING, STALE
from base import registry
from controls.actor import Actor

HITS = 6

DEEDS: dict[str, Any] = {
    "assets.add_asset": gettext_lazy("added the asset, as agreed"),
    "assets.end_asset": gettext_lazy("set the end of the asset, as agreed"),
    "assets.register_source": gettext_lazy("registered the source of prices, as agreed"),
    "assets.end_source": gettext_lazy("ended the source of prices"),
    "assets.import_prices": gettext_lazy("brought in prices"),
}


def register() -> None:
    """Called once, when the app is ready."""
    registry.alarms.append(registry.AlarmSource("assets.import_prices", _not_to_follow))
    registry.searches.append(registry.SearchSource("assets.view", _find))
    registry.sentences.update(DEEDS)


def _not_to_follow(actor: Actor) -> Iterable[registry.Alarm]:
    """Prices that were followed and are no longer: a source stopped, or two disagree."""
    found = [each.problem for each in reports.current(Pair.objects.visible_to(actor)).values()]
    link = reverse("admin:assets_pair_changelist")
    if count := found.count(STALE):
        text = ngettext("%(count)s price is too old to follow.", "%(count)s prices are too old to follow.", count)
        yield registry.Alarm(text % {"count": count}, link, "amber")
    if count := found.count(DEVIATING):
        text = ngettext("Sources differ about %(count)s price.", "Sources differ about %(count)s prices.", count)
        yield registry.Alarm(text % {"count": count}, link)


def _find(actor: Actor, words: str) -> Iterable[registry.Hit]:
    code = words.strip().upper()
    for pair in Pair.objects.visible_to(actor).filter(asset__code=code).select_related("asset", "quote")[:HITS]:
        yield registry.Hit(str(pair), Pair._meta.verbose_name, _link(pair), "show_chart")


def _link(pair: Pair) -> str:
    return reverse("admin:assets_pair_change", args=[pair.pk])
