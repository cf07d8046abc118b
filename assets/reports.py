"""Prices for pages and the API to show: what holds now, and how it came to be."""

import json
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from assets.models import Pair, Price
from assets.policies import PRICES
from assets.prices import latest, max_age
from assets.valuation import Weighed, weigh
from base import clock
from base.units import Denomination, rounded
from controls.policies import policy

COURSE = 60  # prices that a chart draws
COLOURS = ("var(--color-primary-500)", "var(--color-base-500)", "var(--color-primary-300)", "var(--color-base-300)")
PLACES = 12


def current(pairs: Any, at: datetime | None = None) -> dict[UUID, Weighed]:
    """What the sources say of each pair now, weighed. Four queries, however many pairs."""
    at = at or clock.now()
    rules = policy(PRICES).value
    told = latest(pairs.select_related("asset", "quote"), at)
    return {pair.pk: weigh(said, at, max_age(pair.asset, pair.quote, rules), rules) for pair, said in told.items()}


def written(value: Fraction | None) -> str:
    """A price to read, to twelve places: 96,543.21."""
    if value is None:
        return "–"
    return str(Denomination("", PLACES).amount(rounded(value * 10**PLACES))).strip()


def percent(deviation: Fraction | None) -> str:
    """To a hundredth: 0.25 %."""
    if deviation is None:
        return "–"
    return f"{str(Denomination('', 2).amount(rounded(deviation * 10_000))).strip()} %"


@dataclass(frozen=True)
class Course:
    """The last prices of a pair: as lines of a chart, and as rows for those who read a table."""

    rows: list[Price]

    def data(self) -> str:
        """As Chart.js reads it: a line a source, at most four. What is drawn need not be exact."""
        old_first = self.rows[::-1]
        moments = sorted({row.at for row in old_first})
        sources = sorted({row.source.code for row in old_first})[: len(COLOURS)]
        said = {(row.source.code, row.at): float(row.exact) for row in old_first}
        sets = [
            {
                "label": source,
                "data": [said.get((source, moment)) for moment in moments],
                "borderColor": COLOURS[number],
                "borderDash": [4 * number, 4 * number] if number else [],
                "pointRadius": 2,
                "spanGaps": True,
            }
            for number, source in enumerate(sources)
        ]
        return json.dumps({"labels": [f"{moment:%d %b %H:%M}" for moment in moments], "datasets": sets})


def course(pair: Pair, actor: Any) -> Course:
    rows = Price.objects.visible_to(actor).filter(pair=pair).select_related("source")
    return Course(list(rows.order_by("-at", "-id")[:COURSE]))
