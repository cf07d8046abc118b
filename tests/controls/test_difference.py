"""The difference that one person proposes and another agrees to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from controls.difference import AT_DECISION, WHO_AGREES, told
from controls.entries import Change

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AGREES = UUID(int=7)
ENDED = BEGAN + timedelta(seconds=1)


def new_of(value: object, given: set[str] | None = None) -> object:
    return told([("kyc.x", None, None, {"when": Change(None, value)})], BEGAN, ENDED, given or set(), AGREES)[0]["new"]


def test_the_moment_of_the_run_is_the_time_of_the_decision() -> None:
    assert new_of(BEGAN + timedelta(milliseconds=3)) == AT_DECISION


def test_a_moment_derived_from_it_is_told_as_a_distance() -> None:
    assert new_of(BEGAN + timedelta(days=90, milliseconds=3)) == f"{AT_DECISION} + 90 days, 0:00:00"


def test_a_moment_that_was_given_stays_exact() -> None:
    given = BEGAN + timedelta(days=90)
    assert new_of(given, {given.isoformat()}) == given.isoformat()


def test_a_moment_of_the_past_stays_exact() -> None:
    assert new_of(BEGAN - timedelta(days=1)) == (BEGAN - timedelta(days=1)).isoformat()


def test_words_with_a_t_are_no_moment() -> None:
    assert new_of("The T is in THE long sentence of words") == "The T is in THE long sentence of words"


def test_who_agrees_is_told_as_that_unless_the_person_was_given() -> None:
    assert new_of(str(AGREES)) == WHO_AGREES
    assert new_of(str(AGREES), {str(AGREES)}) == str(AGREES)
