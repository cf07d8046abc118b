"""Business days and due dates: days from official calendars, and what must hold on every day of thirty years."""

from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.calendars import Calendar, Roll, Term, Unit, add_months, calendar
from base.errors import Invalid

PLACES = ["LT", "DE-BY", "DE-BE", "GB-ENG", "GB-SCT", "FR", "US", "AE", "SA", "IL", "HU", "JP", "SG", "CH-ZH", "TARGET"]
DAYS = st.dates(date(2005, 1, 1), date(2034, 12, 31))
COUNTS = st.integers(-60, 60)
FEW = settings(max_examples=150, deadline=None)

# As announced by the authority that sets them: what was a business day there and what was not.
KNOWN: list[tuple[str, str, bool]] = [
    ("LT", "2025-02-16", False),  # Restoration of the State
    ("LT", "2025-03-11", False),  # Restoration of Independence
    ("LT", "2025-06-24", False),  # St John's
    ("LT", "2025-07-06", False),  # Statehood
    ("LT", "2025-11-03", True),  # the day after All Souls
    ("LT", "2024-12-24", False),  # Christmas Eve
    ("DE-BY", "2025-01-06", False),  # Epiphany, in Bavaria
    ("DE-BE", "2025-01-06", True),  # and not in Berlin
    ("DE-BE", "2025-03-08", False),  # Women's Day, a Saturday too
    ("DE-BE", "2024-03-08", False),
    ("DE-BY", "2024-03-08", True),
    ("DE-BY", "2025-10-03", False),  # German Unity
    ("GB-ENG", "2023-05-08", False),  # coronation of Charles III
    ("GB-ENG", "2022-09-19", False),  # state funeral of Elizabeth II
    ("GB-ENG", "2021-12-27", False),  # Christmas Day fell on a Saturday
    ("GB-ENG", "2021-12-28", False),  # Boxing Day on a Sunday
    ("GB-SCT", "2025-01-02", False),
    ("GB-ENG", "2025-01-02", True),
    ("GB-SCT", "2025-04-21", True),  # Easter Monday is none in Scotland
    ("GB-ENG", "2025-04-21", False),
    ("FR", "2025-07-14", False),
    ("FR", "2025-05-08", False),
    ("US", "2021-12-31", False),  # New Year's Day fell on a Saturday
    ("US", "2025-11-27", False),  # Thanksgiving
    ("US", "2021-06-18", False),  # the first Juneteenth, observed
    ("US", "2020-06-19", True),  # a year before it was one
    ("AE", "2021-12-05", True),  # a Sunday, when the weekend was Friday and Saturday
    ("AE", "2021-12-17", False),  # a Friday then
    ("AE", "2022-01-07", True),  # a Friday, since Saturday and Sunday are the weekend
    ("AE", "2022-01-09", False),
    ("SA", "2025-03-16", True),  # a Sunday
    ("SA", "2025-03-14", False),  # a Friday
    ("SA", "2025-09-23", False),  # National Day
    ("IL", "2025-03-16", True),
    ("IL", "2025-10-02", False),  # Yom Kippur
    ("HU", "2024-12-07", True),  # a Saturday on which Hungary worked, for
    ("HU", "2024-12-24", False),
    ("JP", "2024-02-12", False),  # the Emperor's foundation day fell on a Sunday
    ("JP", "2019-05-01", False),  # accession of Naruhito
    ("SG", "2025-08-09", False),
    ("CH-ZH", "2025-08-01", False),
    ("TARGET", "2025-04-18", False),  # Good Friday
    ("TARGET", "2025-05-01", False),
    ("TARGET", "2025-05-29", True),  # Ascension: payments settle
    ("TARGET", "2025-12-26", False),
]


@pytest.mark.parametrize(("place", "day", "works"), KNOWN)
def test_days_are_those_of_the_official_calendar(place: str, day: str, works: bool) -> None:
    assert calendar(place).is_business_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize("place", PLACES)
def test_every_day_of_thirty_years_agrees_with_itself(place: str) -> None:
    """Each day: the next business day is one, none lies between, and counting one on never goes back."""
    found, day, before = calendar(place), date(2005, 1, 1), date.min
    while day.year < 2035:
        following = found.add_business_days(day, 1)
        assert following > day
        assert following >= before
        assert found.is_business_day(following)
        assert following - day < timedelta(days=15)
        before, day = following, day + timedelta(days=1)


@FEW
@given(st.sampled_from(PLACES), DAYS, COUNTS)
def test_business_days_are_counted_as_they_are_added(place: str, day: date, count: int) -> None:
    found = calendar(place)
    reached = found.add_business_days(day, count)
    assert found.is_business_day(reached)
    if count:
        assert found.between(day, reached) == count + _ends(found, day, reached, count)
        assert found.add_business_days(day, count + (1 if count > 0 else -1)) != reached


def _ends(found: Calendar, day: date, reached: date, count: int) -> int:
    """`between` counts its later end and not its earlier one: going back, the day reached is the earlier."""
    return 0 if count > 0 else found.is_business_day(reached) - found.is_business_day(day)


@FEW
@given(st.sampled_from(PLACES), DAYS, DAYS, st.integers(0, 40))
def test_a_later_day_is_never_due_earlier(place: str, one: date, other: date, count: int) -> None:
    found, (earlier, later) = calendar(place), sorted([one, other])
    for unit in (Unit.BUSINESS_DAYS, Unit.CALENDAR_DAYS, Unit.MONTHS):
        for convention in (Roll.FOLLOWING, Roll.PRECEDING, Roll.UNADJUSTED):
            assert found.add(earlier, Term(count, unit), convention) <= found.add(later, Term(count, unit), convention)


@FEW
@given(st.sampled_from(PLACES), DAYS)
def test_rolling_gives_the_nearest_business_day_that_way(place: str, day: date) -> None:
    found = calendar(place)
    following, preceding = found.roll(day, Roll.FOLLOWING), found.roll(day, Roll.PRECEDING)
    modified = found.roll(day, Roll.MODIFIED_FOLLOWING)
    assert preceding <= day <= following
    assert all(map(found.is_business_day, (following, preceding, modified)))
    assert not any(found.is_business_day(preceding + timedelta(n)) for n in range(1, (following - preceding).days))
    assert modified == (following if following.month == day.month else preceding)
    assert found.roll(day, Roll.UNADJUSTED) == day


@FEW
@given(st.sampled_from(PLACES), st.integers(2005, 2034), st.integers(1, 12))
def test_business_days_of_a_month_are_numbered_from_both_ends(place: str, year: int, month: int) -> None:
    found = calendar(place)
    first, last = found.business_day_of_month(year, month, 1), found.business_day_of_month(year, month, -1)
    assert first == found.roll(date(year, month, 1), Roll.FOLLOWING)
    assert found.between(first, last) + 1 >= 10
    assert found.business_day_of_month(year, month, found.between(first, last) + 1) == last
    for number in (0, 32, -32):
        with pytest.raises(Invalid):
            found.business_day_of_month(year, month, number)


@pytest.mark.parametrize(
    ("day", "months", "plain", "at_the_end"),
    [
        ("2024-01-31", 1, "2024-02-29", "2024-02-29"),
        ("2025-01-31", 1, "2025-02-28", "2025-02-28"),
        ("2025-02-28", 1, "2025-03-28", "2025-03-31"),
        ("2024-02-28", 12, "2025-02-28", "2025-02-28"),
        ("2024-02-29", 12, "2025-02-28", "2025-02-28"),
        ("2025-03-31", -1, "2025-02-28", "2025-02-28"),
        ("2025-12-15", 1, "2026-01-15", "2026-01-15"),
        ("2025-01-15", -13, "2023-12-15", "2023-12-15"),
    ],
)
def test_months_end_where_the_rule_says(day: str, months: int, plain: str, at_the_end: str) -> None:
    start = date.fromisoformat(day)
    assert add_months(start, months).isoformat() == plain
    assert add_months(start, months, end_of_month=True).isoformat() == at_the_end


def test_zero_business_days_is_that_day_or_the_next() -> None:
    found = calendar("LT")
    assert found.add_business_days(date(2025, 11, 28), 0) == date(2025, 11, 28)
    assert found.add_business_days(date(2025, 11, 29), 0) == date(2025, 12, 1)


def test_a_deadline_ends_with_the_last_day_of_its_zone() -> None:
    began = datetime(2025, 12, 22, 22, 30, tzinfo=UTC)  # the 23rd in Vilnius
    due = calendar("LT").deadline(began, Term(1, Unit.BUSINESS_DAYS), "Europe/Vilnius")
    assert due.day == date(2025, 12, 29)  # Christmas from the 24th to the 26th, then a weekend
    assert due.at == datetime(2025, 12, 29, 22, tzinfo=UTC)
    assert due.source == f"holidays {version('holidays')}"
    assert due.jurisdiction == "LT"


def test_the_day_that_is_longer_or_shorter_ends_when_its_zone_says() -> None:
    found, began = calendar("GB-ENG"), datetime(2025, 3, 28, 12, tzinfo=UTC)
    assert found.deadline(began, Term(1, Unit.CALENDAR_DAYS), "Europe/London").at == datetime(2025, 3, 30, tzinfo=UTC)
    ends = found.deadline(began, Term(2, Unit.CALENDAR_DAYS), "Europe/London").at
    assert ends == datetime(2025, 3, 30, 23, tzinfo=UTC)  # the clocks went forward: 23 hours long


def test_hours_run_through_nights_and_changes_of_the_clock() -> None:
    began = datetime(2025, 3, 29, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    due = calendar("DE-BE").deadline(began, Term(72, Unit.HOURS), "Europe/Berlin")
    assert due.at - began.astimezone(UTC) == timedelta(hours=72)
    assert due.at.astimezone(ZoneInfo("Europe/Berlin")).hour == 13


@pytest.mark.parametrize("unknown", ["", "XX", "ZZ-1", "DE-ZZ", "DE-", "lt", "LTU", "EURO", "XECB", "Lithuania"])
def test_a_jurisdiction_that_nobody_knows_is_refused(unknown: str) -> None:
    with pytest.raises(Invalid) as refused:
        calendar(unknown)
    assert refused.value.field == "jurisdiction"


@pytest.mark.parametrize("day", [date(1989, 12, 31), date(2101, 1, 1)])
def test_days_beyond_the_calendar_are_refused(day: date) -> None:
    with pytest.raises(Invalid):
        calendar("LT").is_business_day(day)


@pytest.mark.parametrize("wrong", [datetime(2025, 1, 1), datetime(2025, 1, 1, tzinfo=UTC)])  # noqa: DTZ001
def test_a_moment_is_no_date_of_law(wrong: Any) -> None:
    with pytest.raises(TypeError):
        calendar("LT").is_business_day(wrong)


def test_a_deadline_begins_at_a_moment_whose_zone_is_said() -> None:
    with pytest.raises(TypeError):
        calendar("LT").deadline(datetime(2025, 1, 1), Term(1, Unit.HOURS), "UTC")  # noqa: DTZ001
    with pytest.raises(Invalid):
        calendar("LT").add(date(2025, 1, 1), Term(1, Unit.HOURS))


def test_a_holiday_has_a_name() -> None:
    assert "Christmas" in calendar("LT").name_of(date(2025, 12, 25))
    assert calendar("LT").name_of(date(2025, 12, 22)) == ""
