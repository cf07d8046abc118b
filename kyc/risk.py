"""How much risk an applicant brings: points with their reasons, summed into a band. Pure: facts and rules in,
explanation out. The rules are a policy that people agree on (kyc.policies)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from kyc import countries

MOST = 100


@dataclass(frozen=True)
class Rules:
    """`points` by reason: check_failed, check_review, check_inconclusive, check_error, residence_high,
    nationality_high, lives_abroad, under_age, number_seen_elsewhere; `decisive`: points of a failed check of that kind,
    where they are others. `prohibited` countries are not served, `high` ones call for enhanced diligence (FATF
    R.19)."""

    medium_from: int
    high_from: int
    adult_years: int
    points: Mapping[str, int]
    decisive: Mapping[str, int]
    prohibited: frozenset[str]
    high: frozenset[str]


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


def assess(facts: Facts, rules: Rules) -> Assessment:
    reasons = [*_of_countries(facts, rules), *_of_checks(facts, rules), *_of_person(facts, rules)]
    points = min(MOST, sum(reason["points"] for reason in reasons))
    if any(reason["code"] == "country_prohibited" for reason in reasons):
        return Assessment(MOST, "prohibited", reasons)
    band = "high" if points >= rules.high_from else "medium" if points >= rules.medium_from else "low"
    return Assessment(points, band, reasons)


WORDS = {
    "country_prohibited": _("country we do not serve (%(about)s)"),
    "country_high": _("country of higher risk (%(about)s)"),
    "lives_abroad": _("lives outside the country of nationality (%(about)s)"),
    "check_failed": _("check failed: %(about)s"),
    "check_review": _("check asks for a look: %(about)s"),
    "check_inconclusive": _("check inconclusive: %(about)s"),
    "check_error": _("check could not be run: %(about)s"),
    "under_age": _("under age: %(about)s"),
    "number_seen_elsewhere": _("other accounts with this document number: %(about)s"),
}


SPELT = {
    "quality": _("picture quality"),
    "mrz": _("machine-readable zone"),
    "expiry": _("expiry"),
    "agreement": _("agreement with what was typed and printed"),
    "face": _("portrait and selfie"),
}


def sentence(reason: Mapping[str, Any]) -> str:
    """A reason in words; one of a later version is shown by its code."""
    words = WORDS.get(str(reason["code"]))
    about = _spelt(str(reason["about"]))
    return str(words) % {"about": about} if words else f"{reason['code']}: {about}"


def _spelt(about: str) -> str:
    """Countries by their names, kinds of checks as the desk calls them."""
    known = str(SPELT.get(about, about))
    return re.sub(r"\b[A-Z]{2}\b", lambda found: countries.name(found[0]), known)


def _of_countries(facts: Facts, rules: Rules) -> list[dict[str, Any]]:
    found = []
    for about, code in (("residence", facts.residence), ("nationality", facts.nationality)):
        if code in rules.prohibited:
            found.append(_reason("country_prohibited", MOST, f"{about}: {code}"))
        elif code in rules.high:
            found.append(_reason("country_high", rules.points[f"{about}_high"], f"{about}: {code}"))
    if facts.residence != facts.nationality:
        found.append(_reason("lives_abroad", rules.points["lives_abroad"], f"{facts.nationality}, {facts.residence}"))
    return found


def _of_checks(facts: Facts, rules: Rules) -> list[dict[str, Any]]:
    return [
        _reason(f"check_{outcome}", rules.decisive.get(kind, points) if outcome == "failed" else points, kind)
        for kind, outcome in sorted(facts.outcomes.items())
        if (points := rules.points.get(f"check_{outcome}", 0))
    ]


def _of_person(facts: Facts, rules: Rules) -> list[dict[str, Any]]:
    found = []
    if facts.age_years < rules.adult_years:
        found.append(_reason("under_age", rules.points["under_age"], str(facts.age_years)))
    if facts.number_seen_elsewhere:
        points = rules.points["number_seen_elsewhere"]
        found.append(_reason("number_seen_elsewhere", points, str(facts.number_seen_elsewhere)))
    return found


def _reason(code: str, points: int, about: str) -> dict[str, Any]:
    return {"code": code, "points": points, "about": about}
