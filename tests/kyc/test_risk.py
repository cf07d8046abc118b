"""The risk of an applicant, explained."""

import pytest

from kyc.risk import Countries, Facts, assess, countries_in_force

COUNTRIES = Countries(frozenset({"KP"}), frozenset({"VE"}), "a test")


def test_nothing_remarkable_is_low_and_says_so_by_silence() -> None:
    found = assess(Facts("LT", "LT", 30, {"mrz": "passed"}), COUNTRIES)
    assert (found.points, found.band, found.reasons) == (0, "low", [])


@pytest.mark.parametrize(
    ("facts", "band"),
    [
        (Facts("VE", "LT", 30), "high"),
        (Facts("LT", "VE", 30), "medium"),
        (Facts("LT", "KP", 30), "prohibited"),
        (Facts("LT", "LT", 30, {"face": "failed"}), "high"),
        (Facts("LT", "LT", 30, {"mrz": "failed"}), "medium"),
        (Facts("LT", "LT", 30, {"mrz": "failed", "agreement": "failed"}), "high"),
        (Facts("LT", "LT", 17), "high"),
        (Facts("LT", "LT", 30, number_seen_elsewhere=1), "high"),
    ],
)
def test_bands(facts: Facts, band: str) -> None:
    assert assess(facts, COUNTRIES).band == band


def test_points_are_the_sum_of_their_reasons() -> None:
    found = assess(Facts("LT", "VE", 30, {"quality": "review"}), COUNTRIES)
    assert found.points == sum(reason["points"] for reason in found.reasons)


def test_the_lists_in_force_name_their_source() -> None:
    countries = countries_in_force()
    assert countries.source.startswith("FATF")
    assert not countries.prohibited & countries.high
