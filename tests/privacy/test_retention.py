"""Until when it is kept: days and rules in, a day out."""

from datetime import date

import pytest

from privacy.policies import DEFAULT, rules_of
from privacy.retention import Rules, retain_until

RULES = Rules(5, {"LT": 8, "AT": 10})


@pytest.mark.parametrize(
    ("ended", "country", "until"),
    [
        (date(2026, 11, 25), "XX", date(2031, 11, 25)),
        (date(2026, 11, 25), "LT", date(2034, 11, 25)),
        (date(2024, 2, 29), "XX", date(2029, 3, 1)),
        (date(2024, 2, 29), "LT", date(2032, 2, 29)),
        (date(2024, 2, 29), "AT", date(2034, 3, 1)),
    ],
)
def test_it_is_kept_for_the_years_of_the_country(ended: date, country: str, until: date) -> None:
    assert retain_until(ended, country, RULES) == until


def test_the_catalogue_never_asks_for_less_than_the_floor() -> None:
    rules = rules_of(DEFAULT)
    assert rules.default_years == 5
    assert min(rules.years.values()) >= 5
    assert rules.years_in("LT") == 8
