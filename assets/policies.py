"""The policy of prices: what may be followed."""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from assets.valuation import Rules
from controls.policies import Kind

PRICES = "assets.prices"

_MINUTES = {"type": "integer", "minimum": 1, "maximum": 60 * 24 * 31}
SCHEMA = {
    "type": "object",
    "properties": {
        "max_age_minutes": {
            "title": _("Greatest age of a price, minutes"),
            "type": "object",
            "properties": {"currency": _MINUTES, "cryptoasset": _MINUTES},
            "required": ["currency", "cryptoasset"],
            "additionalProperties": False,
        },
        "max_deviation_basis_points": {
            "title": _("Greatest deviation between sources, basis points"),
            "type": "integer",
            "minimum": 0,
            "maximum": 10_000,
        },
        "min_sources": {"title": _("Fewest sources"), "type": "integer", "minimum": 1, "maximum": 10},
    },
    "required": ["max_age_minutes", "max_deviation_basis_points", "min_sources"],
    "additionalProperties": False,
}
DEFAULT = {
    # reference rates of central banks come once a business day: a long weekend lies between two
    "max_age_minutes": {"currency": 60 * 24 * 5, "cryptoasset": 60},
    "max_deviation_basis_points": 200,
    "min_sources": 1,
}


def rules_of(document: Mapping[str, Any]) -> Rules:
    return Rules(
        max_age={kind: timedelta(minutes=minutes) for kind, minutes in document["max_age_minutes"].items()},
        max_deviation=Fraction(document["max_deviation_basis_points"], 10_000),
        min_sources=document["min_sources"],
    )


KINDS = (
    Kind(
        *(PRICES, _("Prices that may be followed"), SCHEMA, DEFAULT, rules_of),
        proposes="assets.maintain",
        agrees="assets.agree",
    ),
)
