"""How long the law keeps what is known of a person: rules and days in, a day out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

LONGEST_YEARS = 30


@dataclass(frozen=True)
class Rules:
    """Years after the end of the relationship, by country of the obliged company; the default where none is named."""

    default_years: int
    years: Mapping[str, int]

    def years_in(self, country: str) -> int:
        return self.years.get(country, self.default_years)


def retain_until(ended_on: date, country: str, rules: Rules) -> date:
    """The last day on which it must be kept. Who ended on 29 February is kept until 1 March, never a day less."""
    year = ended_on.year + rules.years_in(country)
    if (ended_on.month, ended_on.day) == (2, 29) and not _is_leap(year):
        return date(year, 3, 1)
    return ended_on.replace(year=year)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
