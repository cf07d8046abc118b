"""Weighs what sources say of one pair: the median of those that are fresh, or why there is no price."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from statistics import median

UNKNOWN, STALE, TOO_FEW, DEVIATING = "unknown", "stale", "too_few", "deviating"


@dataclass(frozen=True)
class Observation:
    source: str
    price: Fraction
    at: datetime


@dataclass(frozen=True)
class Rules:
    """What people agreed on: how old a price may be, by kind; how far sources may differ; how many must agree."""

    max_age: Mapping[str, timedelta]
    max_deviation: Fraction
    min_sources: int


@dataclass(frozen=True)
class Weighed:
    """`problem` is empty when the price holds. `value` is there whenever anybody said anything."""

    value: Fraction | None
    used: tuple[Observation, ...]
    age: timedelta | None  # of the oldest that was used
    deviation: Fraction | None  # from lowest to highest, against the median
    problem: str


def weigh(said: Iterable[Observation], at: datetime, max_age: timedelta, rules: Rules) -> Weighed:
    every = sorted(said, key=lambda one: one.source)
    fresh = [one for one in every if at - one.at <= max_age]
    used = tuple(fresh or every)
    if not used:
        return Weighed(None, (), None, None, UNKNOWN)
    prices = [one.price for one in used]
    value = median(prices)
    deviation = (max(prices) - min(prices)) / value
    age = at - min(one.at for one in used)
    return Weighed(value, used, age, deviation, _problem(len(fresh), deviation, rules))


def _problem(fresh: int, deviation: Fraction, rules: Rules) -> str:
    if not fresh:
        return STALE
    if fresh < rules.min_sources:
        return TOO_FEW
    return DEVIATING if deviation > rules.max_deviation else ""


def inverse(said: Iterable[Observation]) -> list[Observation]:
    return [Observation(one.source, 1 / one.price, one.at) for one in said]
