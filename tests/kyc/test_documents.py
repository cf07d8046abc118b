"""Real models on the specimens beside the project: what they read, and that nothing shown as certain is wrong."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from kyc import mrz
from kyc.vision import documents, intake
from kyc.vision.documents import Reading
from kyc.vision.zone import Sighting
from tests.kyc.test_intake import picture

SPECIMENS = Path(settings.BASE_DIR).parent / "shared" / "data" / "documents" / "mrz"
TODAY = date(2026, 5, 1)
KEYS = {"document_type", "mrz", "fields", "quality", "reasons"}

pytestmark = pytest.mark.models
specimens = pytest.mark.skipif(not SPECIMENS.exists(), reason="the specimens of ../shared/data are absent")

_seen: dict[str, Reading] = {}


def read(name: str) -> Reading:
    """Each specimen is read once."""
    if name not in _seen:
        accepted = intake.rebuild((SPECIMENS / name).read_bytes(), name)
        _seen[name] = documents.read(accepted.pages[0].data, today=TODAY)
    return _seen[name]


def truth() -> dict[str, list[str] | None]:
    path = SPECIMENS / "truth.json"
    return json.loads(path.read_text()) if path.exists() else {}


def wrong_but_certain(name: str, lines: list[str]) -> dict[str, Any]:
    expected = mrz.parse(lines).fields
    return {
        field: one.value
        for field, one in read(name).fields.items()
        if one.certain and _undated(field, one.value) != getattr(expected, field)
    }


def _undated(field: str, value: str) -> str:
    """A date as the zone spells it."""
    return value.replace("-", "")[2:] if field.endswith("_date") else value


@specimens
def test_at_least_sixteen_specimens_of_nineteen_are_read_to_the_letter() -> None:
    right = [name for name, lines in truth().items() if read(name).as_json()["mrz"]["text"] == lines]
    assert len(right) >= 16, sorted(set(truth()) - set(right))


@specimens
@pytest.mark.parametrize(("name", "lines"), [(name, lines) for name, lines in truth().items() if lines])
def test_no_field_shown_as_certain_is_wrong(name: str, lines: list[str]) -> None:
    assert wrong_but_certain(name, lines) == {}


@specimens
def test_a_bank_card_has_no_zone_and_says_so() -> None:
    answer = read("nomrz.jpg").as_json()
    assert (answer["mrz"]["text"], answer["fields"], answer["document_type"]) == (None, {}, "unknown")
    assert "no MRZ found" in answer["reasons"]


@specimens
def test_raw_text_repaired_text_and_every_change_are_kept() -> None:
    zone = read("td2.jpg").as_json()["mrz"]
    for change in zone["changed"]:
        assert zone["text"][change["line"]][change["position"]] == change["now"]
    assert zone["valid"]


@specimens
def test_the_printed_year_settles_the_century() -> None:
    assert read("100_pass-cze.jpg").fields["birth_date"].value == "1911-01-01"


@specimens
def test_an_expired_passport_is_named_as_such() -> None:
    reading = read("100_pass-bdr.jpg")
    assert (reading.expired, "expired" in [reason.code for reason in reading.reasons]) == (True, True)


@specimens
def test_a_field_points_at_where_it_was_read() -> None:
    left, top, right, bottom = read("100_pass-bdr.jpg").fields["birth_date"].box
    assert 540 < left < right < 830
    assert 1120 < top < bottom < 1220


@specimens
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_card_lying_sideways_or_on_its_head_is_read(quarters: int) -> None:
    pixels = np.rot90(np.asarray(Image.open(SPECIMENS / "td2.jpg").convert("RGB")), quarters)
    page = intake._paint(Image.fromarray(pixels))
    reading = documents.read(page.data, today=TODAY)
    upright = read("td2.jpg")
    assert reading.zone is not None
    assert reading.zone.zone.lines == tuple(truth()["td2.jpg"] or ())
    assert _size(reading) == pytest.approx(_size(upright) if quarters == 2 else _size(upright)[::-1], abs=12)


def _size(reading: Reading) -> tuple[int, int]:
    left, top, right, bottom = reading.fields["document_number"].box
    return right - left, bottom - top


def test_a_picture_of_nothing_has_nothing_to_say() -> None:
    reading = documents.read(intake.rebuild(picture(size=(700, 700)), "a.jpg").pages[0].data, today=TODAY)
    assert (reading.fields, reading.reasons[0].code, set(reading.as_json())) == ({}, "no_mrz", KEYS)


def test_every_model_is_named_with_version_and_digest() -> None:
    from kyc.vision import ocr

    assert len(ocr.models()) == 3
    assert all(len(model["sha256"]) == 64 for model in ocr.models())


def test_confidence_never_rests_on_a_broken_digit() -> None:
    fields = mrz.Fields("P", "UTO", "ERIKSSON", "ANNA", "L898902C3", "UTO", "740812", "F", "300415")
    first, second = mrz.compose(mrz.TD3, fields)
    broken = mrz.repair([first, second.replace("7408122", "7408123")])
    assert broken is not None
    seen = Sighting(broken, (), replace(broken))
    assert documents._confidence("birth_date", "1974-08-12", seen, None, TODAY) == documents.BROKEN
