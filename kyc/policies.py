"""The policies of KYC: what they may hold, and what the product comes with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.calendars import Term, Unit
from controls.policies import Kind
from kyc import countries, reasons
from kyc.bands import Bands
from kyc.reasons import Reason, Reasons
from kyc.risk import Rules

RISK, REASONS, FACE_BANDS, SERVICE_LEVEL = "kyc.risk", "kyc.reasons", "kyc.faces", "kyc.service_level"

_POINTS = {"type": "integer", "minimum": 0, "maximum": 100}
_COUNTRY = {
    "type": "string",
    "pattern": "^[A-Z]{2}$",
    "description": gettext_lazy("Two capital letters, as in ISO 3166."),
}
_COUNTRIES = {"type": "array", "uniqueItems": True, "items": _COUNTRY}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Every property is needed and no other is known."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _data(name: str) -> Any:
    return json.loads((Path(__file__).parent / "data" / name).read_text(encoding="utf-8"))


_POINTED = (
    *("check_failed", "check_review", "check_inconclusive", "check_error", "residence_high", "nationality_high"),
    *("lives_abroad", "under_age", "number_seen_elsewhere"),
)
RISK_SCHEMA = _object(
    {
        "bands": _object({"medium_from": {**_POINTS, "minimum": 1}, "high_from": {**_POINTS, "minimum": 1}}),
        "adult_years": {"title": gettext_lazy("Adult from, years"), "type": "integer", "minimum": 18, "maximum": 21},
        "points": _object(dict.fromkeys(_POINTED, _POINTS)),
        "failed_points": _object({"face": _POINTS, "mrz": _POINTS}),
        "countries": _object(
            {"source": {"type": "string", "minLength": 1}, "prohibited": _COUNTRIES, "high": _COUNTRIES}
        ),
    }
)
RISK_DEFAULT = {
    "bands": {"medium_from": 25, "high_from": 50},
    "adult_years": 18,
    "points": {
        "check_failed": 25,
        "check_review": 10,
        "check_inconclusive": 10,
        "check_error": 10,
        "residence_high": 50,
        "nationality_high": 30,
        "lives_abroad": 5,
        "under_age": 50,
        "number_seen_elsewhere": 50,
    },
    # a selfie of somebody else and a wrong check digit weigh more than a blur
    "failed_points": {"face": 50, "mrz": 35},
    "countries": _data("country_risk.json"),
}


def rules_of(document: Mapping[str, Any]) -> Rules:
    """Raises ValueError, in words, for what the schema cannot say."""
    bands, listed = document["bands"], document["countries"]
    if bands["medium_from"] >= bands["high_from"]:
        raise ValueError(_("bands: medium begins below high."))
    if both := sorted(set(listed["prohibited"]) & set(listed["high"])):
        raise ValueError(_("countries: %(codes)s stand in both lists.") % {"codes": ", ".join(both)})
    if unknown := sorted(code for code in [*listed["prohibited"], *listed["high"]] if not countries.code_of(code)):
        raise ValueError(_("countries: %(codes)s are no countries.") % {"codes": ", ".join(unknown)})
    return Rules(
        medium_from=bands["medium_from"],
        high_from=bands["high_from"],
        adult_years=document["adult_years"],
        points=document["points"],
        decisive=document["failed_points"],
        prohibited=frozenset(listed["prohibited"]),
        high=frozenset(listed["high"]),
    )


# --- reason codes, with the applicant's words ---------------------------------------------------------------------

_WORDS = {"type": "string", "minLength": 1, "maxLength": 400}
REASONS_SCHEMA = _object(
    {
        "reasons": {
            "type": "array",
            "items": _object(
                {
                    "code": {
                        "type": "string",
                        "pattern": "^[a-z][a-z0-9_]{1,39}$",
                        "description": gettext_lazy("Small letters, digits and _."),
                    },
                    "verdict": {"enum": list(reasons.VERDICTS)},
                    "reviewer": {"title": gettext_lazy("Reviewer's words"), **_WORDS},
                    "applicant": {
                        "title": gettext_lazy("Applicant's words"),
                        "type": "object",
                        "propertyNames": {
                            "pattern": "^[a-z]{2,3}(-[a-z0-9]{2,8})*$",
                            "description": gettext_lazy("A language, such as en or pt-br."),
                        },
                        "additionalProperties": _WORDS,
                    },
                }
            ),
        }
    }
)


def reasons_of(document: Mapping[str, Any]) -> Reasons:
    found = [Reason(**each) for each in document["reasons"]]
    known = {reason.code: reason for reason in found}
    if len(known) < len(found):
        raise ValueError(_("reasons: a code stands there twice."))
    if lacking := [verdict for verdict in reasons.VERDICTS if not reasons.for_verdict(known, verdict)]:
        raise ValueError(_("reasons: none for %(verdicts)s.") % {"verdicts": ", ".join(lacking)})
    if untold := [each.code for each in found if each.verdict != reasons.SEND_BACK and not each.told(reasons.LANGUAGE)]:
        raise ValueError(_("reasons: %(codes)s lack English words for the applicant.") % {"codes": ", ".join(untold)})
    if reasons.ALL_IN_ORDER in known and known[reasons.ALL_IN_ORDER].verdict != reasons.APPROVE:
        raise ValueError(_("reasons: all_in_order is a reason to approve."))
    return known


# --- from where on two faces are one person -----------------------------------------------------------------------

_DISTANCE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
FACES_SCHEMA = _object(
    {
        "match": _DISTANCE,
        "mismatch": _DISTANCE,
        "eyes_px": {
            "title": gettext_lazy("Least distance of the eyes, pixels"),
            "type": "number",
            "minimum": 10,
            "maximum": 200,
        },
    }
)
FACES_DEFAULT = {"match": Bands().match, "mismatch": Bands().mismatch, "eyes_px": Bands().eyes_px}


def bands_of(document: Mapping[str, Any]) -> Bands:
    if document["match"] > document["mismatch"]:
        raise ValueError(_("match: a match ends before a mismatch begins."))
    return Bands(**document)


# --- by when an application is decided ----------------------------------------------------------------------------

SERVICE_SCHEMA = _object(
    {
        "count": {"type": "integer", "minimum": 1, "maximum": 90},
        "unit": {"enum": [Unit.HOURS.value, Unit.CALENDAR_DAYS.value, Unit.BUSINESS_DAYS.value]},
    }
)
SERVICE_DEFAULT = {"count": 2, "unit": Unit.BUSINESS_DAYS.value}


def term_of(document: Mapping[str, Any]) -> Term:
    return Term(document["count"], Unit(document["unit"]))


def _kind(name: str, title: Any, schema: Any, default: Any, read: Any) -> Kind:
    return Kind(name, title, schema, default, read, proposes="kyc.change_policy", agrees="kyc.agree_policy")


KINDS = (
    _kind(SERVICE_LEVEL, gettext_lazy("By when an application is decided"), SERVICE_SCHEMA, SERVICE_DEFAULT, term_of),
    _kind(RISK, gettext_lazy("Risk of applicants"), RISK_SCHEMA, RISK_DEFAULT, rules_of),
    _kind(REASONS, gettext_lazy("Reasons of decisions"), REASONS_SCHEMA, _data("reasons.json"), reasons_of),
    _kind(FACE_BANDS, gettext_lazy("Bands of face comparison"), FACES_SCHEMA, FACES_DEFAULT, bands_of),
)
