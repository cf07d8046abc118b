"""How much risk an applicant brings: points with their reasons, summed into a band. Pure: facts in, explanation out.

The country lists are data (kyc/data/country_risk.json) with their source and date. A later part replaces the points
by a policy that people agree on; until then they are few and plain.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

MEDIUM_FROM, HIGH_FROM, MOST = 25, 50, 100
OF_OUTCOME = {"failed": 25, "review": 10, "inconclusive": 10, "error": 10}
DECISIVE = {"face": 50, "mrz": 35}  # a selfie of somebody else and a wrong check digit weigh more than a blur
ADULT_YEARS = 18


@dataclass(frozen=True)
class Countries:
    """Codes of countries that are not served, and of those that call for enhanced diligence."""

    prohibited: frozenset[str]
    high: frozenset[str]
    source: str


@dataclass(frozen=True)
class Facts:
    """What the assessment looks at. `outcomes`: check kind to outcome; `number_seen_elsewhere`: how many other
    customers stated the same document number or handed in a document that bears it."""

    residence: str
    nationality: str
    age_years: int
    outcomes: Mapping[str, str] = field(default_factory=dict)
    number_seen_elsewhere: int = 0


@dataclass(frozen=True)
class Assessment:
    """`reasons`: [{"code", "points", "about"}], what added up to the points."""

    points: int
    band: str
    reasons: list[dict[str, Any]]


def assess(facts: Facts, countries: Countries) -> Assessment:
    reasons = [*_of_countries(facts, countries), *_of_checks(facts), *_of_person(facts)]
    points = min(MOST, sum(reason["points"] for reason in reasons))
    if any(reason["code"] == "country_prohibited" for reason in reasons):
        return Assessment(MOST, "prohibited", reasons)
    band = "high" if points >= HIGH_FROM else "medium" if points >= MEDIUM_FROM else "low"
    return Assessment(points, band, reasons)


@lru_cache(maxsize=1)
def countries_in_force() -> Countries:
    data = json.loads((Path(__file__).parent / "data" / "country_risk.json").read_text(encoding="utf-8"))
    return Countries(frozenset(data["prohibited"]), frozenset(data["high"]), data["source"])


WORDS = {
    "country_prohibited": _("country we do not serve (%(about)s)"),
    "country_high": _("country of higher risk (%(about)s)"),
    "lives_abroad": _("lives outside the country of nationality (%(about)s)"),
    "check_failed": _("check failed: %(about)s"),
    "check_review": _("check asks for a look: %(about)s"),
    "check_inconclusive": _("check inconclusive: %(about)s"),
    "check_error": _("check could not be run: %(about)s"),
    "under_age": _("under age: %(about)s"),
    "number_seen_elsewhere": _("document number known from %(about)s other accounts"),
}


def sentence(reason: Mapping[str, Any]) -> str:
    """A reason in words; one of a later version is shown by its code."""
    words = WORDS.get(str(reason["code"]))
    return str(words) % {"about": reason["about"]} if words else f"{reason['code']}: {reason['about']}"


def _of_countries(facts: Facts, countries: Countries) -> list[dict[str, Any]]:
    found = []
    for about, code in (("residence", facts.residence), ("nationality", facts.nationality)):
        if code in countries.prohibited:
            found.append(_reason("country_prohibited", MOST, f"{about}: {code}"))
        elif code in countries.high:
            found.append(_reason("country_high", HIGH_FROM if about == "residence" else 30, f"{about}: {code}"))
    if facts.residence != facts.nationality:
        found.append(_reason("lives_abroad", 5, f"{facts.nationality}, {facts.residence}"))
    return found


def _of_checks(facts: Facts) -> list[dict[str, Any]]:
    return [
        _reason(f"check_{outcome}", DECISIVE.get(kind, points) if outcome == "failed" else points, kind)
        for kind, outcome in sorted(facts.outcomes.items())
        if (points := OF_OUTCOME.get(outcome, 0))
    ]


def _of_person(facts: Facts) -> list[dict[str, Any]]:
    found = []
    if facts.age_years < ADULT_YEARS:
        found.append(_reason("under_age", HIGH_FROM, str(facts.age_years)))
    if facts.number_seen_elsewhere:
        found.append(_reason("number_seen_elsewhere", HIGH_FROM, str(facts.number_seen_elsewhere)))
    return found


def _reason(code: str, points: int, about: str) -> dict[str, Any]:
    return {"code": code, "points": points, "about": about}
