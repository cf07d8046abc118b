"""Business days and due dates, as pure functions over a calendar of a jurisdiction.

`calendar("DE-BY")` is Bavaria; a jurisdiction that nobody knows is refused, never taken for one without holidays. The
days come from the `holidays` library; `Calendar.source` says which version of it, to be kept with what was computed.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.utils.translation import gettext as _

from base.errors import Invalid

VERSION = version("holidays")
FIRST_YEAR, LAST_YEAR = 1990, 2100
DAY = timedelta(days=1)
_FINANCIAL = {"TARGET": "XECB"}  # days on which payments in euro settle


class Roll(StrEnum):
    """Where a date goes that is no business day."""

    UNADJUSTED = "unadjusted"
    FOLLOWING = "following"
    PRECEDING = "preceding"
    MODIFIED_FOLLOWING = "modified_following"  # the next one, unless that is in another month: then the one before


class Unit(StrEnum):
    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"


@dataclass(frozen=True)
class Term:
    """So much time: five business days, one month, 72 hours."""

    count: int
    unit: Unit


@dataclass(frozen=True)
class Due:
    """When something is due, and by which calendar that was found."""

    at: datetime  # the first moment that is too late
    day: date  # the last day on which it is in time, in the zone asked for
    jurisdiction: str
    source: str


@dataclass(frozen=True)
class Calendar:
    """The business days of one jurisdiction: a country ("LT"), a part of one ("DE-BY"), or TARGET."""

    jurisdiction: str
    source: str

    def name_of(self, day: date) -> str:
        """Why nobody works on a weekday: the holiday's name, or nothing."""
        return str(_days(self.jurisdiction).get(_known(day)) or "")

    def is_business_day(self, day: date) -> bool:
        return bool(_days(self.jurisdiction).is_working_day(_known(day)))

    def business_days(self, day: date, step: timedelta = DAY) -> Iterator[date]:
        """From that day on, itself included when it is one; with a negative step backwards."""
        while True:
            if self.is_business_day(day):
                yield day
            day += step

    def add_business_days(self, day: date, count: int) -> date:
        """The count-th business day after (or before) that day, which is itself not counted. Zero is the day itself
        or, when it is none, the next."""
        step = DAY if count >= 0 else -DAY
        if count == 0:
            return next(self.business_days(day))
        following = self.business_days(day + step, step)
        for _ahead in range(abs(count) - 1):
            next(following)
        return next(following)

    def between(self, start: date, end: date) -> int:
        """Business days after `start` up to and with `end`; negative when `end` is before."""
        if end < start:
            return -self.between(end, start)
        return sum(self.is_business_day(start + DAY * ahead) for ahead in range(1, (end - start).days + 1))

    def roll(self, day: date, convention: Roll) -> date:
        if convention == Roll.UNADJUSTED:
            return day
        if convention == Roll.PRECEDING:
            return next(self.business_days(day, -DAY))
        found = next(self.business_days(day))
        if convention == Roll.MODIFIED_FOLLOWING and found.month != day.month:
            return next(self.business_days(day, -DAY))
        return found

    def business_day_of_month(self, year: int, month: int, number: int) -> date:
        """The n-th business day of a month; -1 is its last."""
        first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
        found = [day for day in _span(first, last) if self.is_business_day(day)]
        if number == 0 or abs(number) > len(found):
            raise Invalid(_("That month has %(count)d business days.") % {"count": len(found)}, field="number")
        return found[number - 1 if number > 0 else number]

    def add(self, day: date, term: Term, convention: Roll = Roll.UNADJUSTED, *, end_of_month: bool = False) -> date:
        """The day so much later. Hours are no days: `deadline` takes them."""
        if term.unit == Unit.HOURS:
            raise Invalid(_("Hours are added to a moment, not to a day."), field="unit")
        if term.unit == Unit.BUSINESS_DAYS:
            return self.add_business_days(day, term.count)
        if term.unit == Unit.MONTHS:
            return self.roll(add_months(day, term.count, end_of_month=end_of_month), convention)
        return self.roll(day + DAY * term.count, convention)

    def deadline(self, start: datetime, term: Term, zone: str, convention: Roll = Roll.UNADJUSTED) -> Due:
        """When the term that began then ends. Hours run through, on the clock of the world; days and months are whole
        days of the zone, and end with the last of them: the day on which it began is not counted."""
        if start.tzinfo is None:
            raise TypeError("a deadline begins at a moment with a zone")
        place = ZoneInfo(zone)
        if term.unit == Unit.HOURS:
            at = start.astimezone(UTC) + timedelta(hours=term.count)
            return Due(at, at.astimezone(place).date(), self.jurisdiction, self.source)
        day = self.add(start.astimezone(place).date(), term, convention)
        midnight = datetime.combine(day + DAY, time(), place)
        return Due(midnight.astimezone(UTC), day, self.jurisdiction, self.source)


def calendar(jurisdiction: str) -> Calendar:
    """Raises Invalid for one that is not known."""
    _days(jurisdiction)
    return Calendar(jurisdiction, source())


def source() -> str:
    """Whose days these are, in which version."""
    return f"holidays {VERSION}"


def add_months(day: date, count: int, *, end_of_month: bool = False) -> date:
    """The same day of a later (or earlier) month, or the last of that month when it has none: 31 January and a month
    is 28 February. With `end_of_month` the last day of a month leads to the last of another."""
    years, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = monthrange(years, month + 1)[1]
    was_last = day.day == monthrange(day.year, day.month)[1]
    return date(years, month + 1, last if end_of_month and was_last else min(day.day, last))


@lru_cache(maxsize=256)
def _days(jurisdiction: str) -> Any:
    """The library's own object, which fills in a year when it is first asked about it."""
    if code := _FINANCIAL.get(jurisdiction):
        return holidays.financial_holidays(code)
    country, _dash, part = jurisdiction.partition("-")
    listed = holidays.list_supported_countries(include_aliases=False)
    if country not in listed or len(country) != 2 or (_dash and part not in listed[country]):
        raise Invalid(_("No calendar is known for %(code)s.") % {"code": jurisdiction}, field="jurisdiction")
    return holidays.country_holidays(country, subdiv=part or None, language="en_US" if _english(country) else None)


def _english(country: str) -> bool:
    return "en_US" in holidays.list_localized_countries().get(country, [])


def _known(day: date) -> date:
    if isinstance(day, datetime):
        raise TypeError("a date of law is a date: say in which zone the moment is meant")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid(_("Calendars reach from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR})
    return day


def _span(first: date, last: date) -> Iterator[date]:
    return (first + DAY * ahead for ahead in range((last - first).days + 1))
