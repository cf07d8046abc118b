"""The policy of retention: what it may hold, and what the product comes with (the catalogue of jurisdictions)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy

from controls.policies import Kind
from privacy.retention import LONGEST_YEARS, Rules

RETENTION = "privacy.retention"

# AMLD art. 40 and AMLR art. 77: five years are the floor; some states ask for up to ten more.
_YEARS = {"type": "integer", "minimum": 5, "maximum": LONGEST_YEARS}
SCHEMA = {
    "type": "object",
    "properties": {
        "source": {"type": "string", "minLength": 1},
        "default_years": _YEARS,
        "years": {
            "type": "object",
            "title": gettext_lazy("Years, by country"),
            "propertyNames": {
                "pattern": "^[A-Z]{2}$",
                "description": gettext_lazy("Two capital letters, as in ISO 3166."),
            },
            "additionalProperties": _YEARS,
        },
    },
    "required": ["source", "default_years", "years"],
    "additionalProperties": False,
}
DEFAULT = json.loads((Path(__file__).parent / "data" / "retention.json").read_text(encoding="utf-8"))


def rules_of(document: Mapping[str, Any]) -> Rules:
    return Rules(document["default_years"], document["years"])


KIND = Kind(
    *(RETENTION, gettext_lazy("Retention of personal data"), SCHEMA, DEFAULT, rules_of),
    proposes="privacy.change_retention",
    agrees="privacy.agree_retention",
)
