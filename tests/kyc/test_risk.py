"""The risk of an applicant, explained."""

from typing import Any

import pytest

from kyc.policies import RISK_DEFAULT, rules_of
from kyc.risk import Facts, assess

RULES = rules_of({**RISK_DEFAULT, "countries": {"source": "a test", "prohibited": ["KP"], "high": ["VE"]}})


def test_nothing_remarkable_is_low_and_says_so_by_silence() -> None:
    found = assess(Facts("LT", "LT", 30, {"mrz": "passed"}), RULES)
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
    assert assess(facts, RULES).band == band


def test_points_are_the_sum_of_their_reasons() -> None:
    found = assess(Facts("LT", "VE", 30, {"quality": "review"}), RULES)
    assert found.points == sum(reason["points"] for reason in found.reasons)


def test_the_lists_that_come_with_the_product_name_their_source() -> None:
    assert str(RISK_DEFAULT["countries"]["source"]).startswith("FATF")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"bands": {"medium_from": 50, "high_from": 50}}, "medium begins below high"),
        ({"countries": {"source": "x", "prohibited": ["KP"], "high": ["KP"]}}, "KP stand in both"),
        ({"countries": {"source": "x", "prohibited": ["QQ"], "high": []}}, "QQ are no countries"),
    ],
)
def test_what_a_schema_cannot_say_is_said_in_words(part: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rules_of({**RISK_DEFAULT, **part})
