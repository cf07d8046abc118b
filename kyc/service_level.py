"""By when an application at the desk should be decided: business days of the company's country, in its zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from base import badges
from base.calendars import Due, Term, calendar
from base.errors import Invalid

SOON = 75  # per cent of the time


@dataclass(frozen=True)
class Standing:
    """How an application stands against what was agreed on. Without a calendar of the country there is no due time, and
    `problem` says so."""

    due: Due | None
    used: int  # per cent of the time, at most 100
    overdue: bool
    problem: str = ""

    @property
    def soon(self) -> bool:
        return not self.overdue and self.used >= SOON

    @property
    def badge(self) -> Any:
        if self.overdue:
            return badges.badge("overdue", _("overdue"))
        return badges.badge("expires_soon", _("due soon")) if self.soon else ""

    @property
    def said(self) -> str:
        """By what it was found: for whoever asks why just then."""
        if self.due is None:
            return self.problem
        words = _("due by the end of %(day)s, by the calendar of %(place)s (%(source)s)")
        return words % {"day": self.due.day, "place": self.due.jurisdiction, "source": self.due.source}


def standing(since: datetime, now: datetime, term: Term, country: str, zone: str) -> Standing:
    try:
        due = calendar(country).deadline(since, term, zone)
    except Invalid as error:
        return Standing(None, 0, False, error.text)
    used = (now - since) / max(due.at - since, timedelta(seconds=1))
    return Standing(due, max(0, min(100, int(used * 100))), now >= due.at)
