"""Kinds of tasks, and when they are due. An app declares its kinds in `ready()`: `register(Kind(...))`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from base.calendars import Calendar, Due, Term, Unit, calendar
from base.errors import Invalid

ELSEWHERE = "TARGET"  # where a country's holidays are not known, those of payments in euro


@dataclass(frozen=True)
class Kind:
    """What a task is, in words that name nobody: it is shown to people who may not see the record. `told` says it in a
    notification."""

    name: str
    title: Any
    told: Any


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    assert kind.name not in KINDS, f"two kinds of tasks are called {kind.name}"
    KINDS[kind.name] = kind


def title(name: str) -> str:
    return str(KINDS[name].title) if name in KINDS else name


def due(start: datetime, term: Term, country: str, zone: str) -> tuple[datetime, str]:
    """The first moment that is too late, and by what that was found."""
    found: Due = _calendar(country).deadline(start, term, zone)
    return found.at, f"{term.count} {Unit(term.unit).value}, {zone}, {found.jurisdiction}, {found.source}"


def _calendar(country: str) -> Calendar:
    try:
        return calendar(country)
    except Invalid:
        return calendar(ELSEWHERE)


ASKED = Kind("work.asked", _("Asked by a colleague"), _("A colleague asks you to do something."))
PROPOSAL = Kind("work.proposal_waits", _("A proposal waits"), _("A proposal has waited longer than a day."))
