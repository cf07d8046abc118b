"""From readings to checks: what agrees, what differs, what nobody can tell."""

from datetime import date
from typing import Any

import pytest

from kyc.judging import compare, judge

TODAY = date(2026, 11, 24)
TYPED = {
    "family_name": "Müller-Beispiel",
    "given_names": "Jörg Günther",
    "birth_date": "1979-01-30",
    "nationality": "DE",
    "document_number": "C01X0006H",
}


def field(value: str, confidence: float = 0.98) -> dict[str, Any]:
    return {"value": value, "confidence": confidence, "source": "mrz", "box": [0, 0, 10, 10]}


def page(**fields: dict[str, Any] | None) -> dict[str, Any]:
    read: dict[str, Any] = {
        "surname": field("MUELLER BEISPIEL"),
        "given_names": field("JOERG GUENTHER"),
        "birth_date": field("1979-01-30"),
        "nationality": field("D"),
        "document_number": field("C01X0006H"),
        "expiry_date": field("2034-03-10"),
    }
    return {
        "picture": "p1",
        "mrz": {"text": ["P<D<<...", "C01X..."], "check_digits": {"birth_date": True}, "valid": True},
        "fields": {name: found for name, found in (read | fields).items() if found},
        "quality": {"verdict": "good", "focus": 240.0},
        "reason_codes": [],
        "printed": {},
        "models": [{"name": "rec", "version": "1", "sha256": "0"}],
    }


def outcomes(*pages: dict[str, Any], **typed: str) -> dict[str, str]:
    return {kind: result.outcome for kind, result in judge(pages, TYPED | typed, TODAY).items()}


def test_papers_that_agree_pass_everywhere() -> None:
    assert set(outcomes(page()).values()) == {"passed"}


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        ({"birth_date": "1979-01-31"}, "failed"),
        ({"document_number": "C01X0006X"}, "failed"),
        ({"document_number": "c01x 0006 h"}, "passed"),
        ({"document_number": ""}, "passed"),
        ({"family_name": "Muller Beispiel"}, "review"),
        ({"family_name": "Somebody"}, "failed"),
        ({"given_names": "Jörg"}, "review"),
        ({"given_names": "Hans"}, "review"),
        ({"nationality": "AT"}, "review"),
    ],
)
def test_what_was_typed_is_held_against_what_was_read(typed: dict[str, str], outcome: str) -> None:
    assert outcomes(page(), **typed)["agreement"] == outcome


def test_a_doubtful_reading_contradicts_nobody() -> None:
    assert outcomes(page(birth_date=field("1979-01-31", 0.4)))["agreement"] == "review"


def test_printed_and_machine_readable_zone_that_differ_are_looked_at() -> None:
    found = judge([page() | {"printed": {"surname": {"agrees": False, "reads": "MUSTER"}}}], TYPED, TODAY)["agreement"]
    assert (found.outcome, found.reasons) == ("review", [{"code": "printed_differs", "field": "surname"}])


def test_reasons_name_no_personal_data() -> None:
    found = judge([page()], TYPED | {"family_name": "Somebody"}, TODAY)["agreement"]
    assert found.reasons == [{"code": "differs", "field": "family_name"}]
    assert found.details["family_name"]["typed"] == "Somebody"


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (field("2026-11-24"), "passed"),
        (field("2026-11-23"), "failed"),
        (field("2026-11-23", 0.4), "review"),
        (None, "inconclusive"),
    ],
)
def test_expiry(found: dict[str, Any] | None, outcome: str) -> None:
    assert outcomes(page(expiry_date=found))["expiry"] == outcome


def test_a_wrong_check_digit_fails_and_a_repair_is_looked_at() -> None:
    broken = page() | {"mrz": {"text": ["x"], "check_digits": {"birth_date": False}, "valid": False}}
    repaired = page() | {"reason_codes": [{"code": "repaired", "text": "Swapped."}]}
    assert (outcomes(broken)["mrz"], outcomes(repaired)["mrz"]) == ("failed", "review")


def test_a_specimen_is_no_document_outside_of_demonstration() -> None:
    specimen = page() | {"reason_codes": [{"code": "specimen", "text": "Utopia issues only specimens."}]}
    assert judge([specimen], TYPED, TODAY)["mrz"].outcome == "failed"
    assert judge([specimen], TYPED, TODAY, specimens=True)["mrz"].outcome == "passed"


def test_a_page_without_a_zone_is_inconclusive() -> None:
    nothing = page() | {"fields": {}, "mrz": {"text": None, "check_digits": {}, "valid": False}}
    assert outcomes(nothing) == {
        "quality": "passed",
        "mrz": "inconclusive",
        "expiry": "inconclusive",
        "agreement": "inconclusive",
    }


def test_the_zone_may_stand_on_the_other_side() -> None:
    front = page() | {"fields": {}, "mrz": {"text": None, "check_digits": {}, "valid": False}}
    assert set(outcomes(front, page()).values()) == {"passed"}


def test_a_long_name_cut_off_by_the_zone_agrees() -> None:
    typed = {"family_name": "Exemplaire de la Tour-Fictive du Vieux-Moulin"}
    assert compare(typed, {"family_name": field("EXEMPLAIRE DE LA TOUR FICTIVE DU")})["family_name"].agrees
