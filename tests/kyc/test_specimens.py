"""Synthetic documents: what they promise without any model reading them."""

import time
from collections.abc import Callable
from io import BytesIO
from statistics import median
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from kyc import specimen
from kyc.specimen import barcode, documents, zone
from kyc.specimen.cases import altered as altered_zone


def test_thirty_people_and_more_each_with_a_number_of_their_own() -> None:
    people = specimen.people()
    assert len(people) >= 30
    assert len({person.number for person in people}) == len(people)
    assert len({person.face for person in people}) == len(people)


def test_the_same_people_come_every_time() -> None:
    assert specimen.people() == specimen.people()


@pytest.mark.parametrize("person", specimen.people(), ids=lambda person: person.surname)
def test_every_zone_has_the_length_of_its_form(person: specimen.Person) -> None:
    assert [len(line) for line in specimen.passport_lines(person)] == [44, 44]
    assert [len(line) for line in specimen.td2_lines(person)] == [36, 36]
    assert [len(line) for line in specimen.card_lines(person)] == [30, 30, 30]


def test_every_document_has_the_proportions_of_its_form() -> None:
    person = specimen.people()[0]
    sizes = [specimen.passport(person).size, specimen.identity_card(person)[1].size, specimen.td2(person).size]
    shapes = [width / height for width, height in sizes]
    assert shapes == pytest.approx([125 / 88, 85.6 / 54, 105 / 74], rel=0.01)


def test_a_strange_face_and_a_strange_zone_can_be_put_on_a_passport() -> None:
    holder, other = specimen.people()[:2]
    forged = specimen.passport(holder, face=specimen.portrait(other), lines=specimen.passport_lines(other))
    genuine = specimen.passport(holder)
    changed = np.abs(np.asarray(forged, int) - np.asarray(genuine, int)).sum(axis=(1, 2)) > 0
    assert changed[140:620].any()
    assert changed[840:980].any()
    assert not changed[:120].any()


def test_the_printed_date_is_english_and_unambiguous() -> None:
    assert documents.printed(specimen.people()[0].born) == "21 MAY 1988"


def test_the_barcode_names_the_holder_in_elements_of_their_own_lines() -> None:
    person = specimen.person("Müller-Beispiel")
    text = barcode.payload(person)
    assert text.startswith("@\n\x1e\rANSI 999999100001DL0031")
    assert int(text[27:31]) == len(text[31:])
    assert {"DCSMUELLER BEISPIEL", "DACJOERG", "DADGUENTHER", "DBB01301979"} <= set(text.split("\n"))


def test_the_same_photo_from_the_same_seed_to_the_byte() -> None:
    card = specimen.td2(specimen.people()[3])
    first, again, other = (specimen.photograph(card, seed, size=(640, 480)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("severity", specimen.SEVERITIES)
def test_a_photo_is_a_jpeg_of_the_size_that_was_asked_for(severity: str) -> None:
    card = specimen.td2(specimen.people()[3])
    data = specimen.photograph(card, 3, size=(640, 480), **specimen.SEVERITIES[severity])
    with Image.open(BytesIO(data)) as photo:
        assert (photo.format, photo.size) == ("JPEG", (640, 480))


def test_the_same_selfie_from_the_same_seed_and_another_from_another() -> None:
    person = specimen.people()[5]
    assert specimen.selfie(person, 1).tobytes() == specimen.selfie(person, 1).tobytes()
    assert specimen.selfie(person, 1).tobytes() != specimen.selfie(person, 2).tobytes()


def test_drawing_a_document_costs_at_most_a_dozen_blurs_of_it() -> None:
    """Against work on the same picture in the same run: seconds say more of the machine than of the drawing."""
    paper = specimen.passport(specimen.people()[0])  # drawn once for all
    people = iter(specimen.people()[9:12])
    drawing = median(_cost(lambda: specimen.passport(next(people))) for _each in range(3))
    blurring = median(_cost(lambda: paper.filter(ImageFilter.GaussianBlur(8))) for _each in range(3))
    assert drawing < 12 * blurring


def _cost(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def test_the_altered_zone_breaks_the_check_digit_of_the_expiry_date_and_the_composite() -> None:
    case = next(case for case in specimen.cases() if case.name == "wrong-check-digit")
    genuine = specimen.passport_lines(case.holder)[1]
    altered = altered_zone(case.holder)[1]
    assert zone.check_digit(altered[21:27]) != altered[27]
    assert zone.check_digit(altered[0:10] + altered[13:20] + altered[21:43]) != altered[43]
    assert [at for at in range(44) if altered[at] != genuine[at]] == [21]


def test_cases_have_names_of_their_own_and_say_what_they_are() -> None:
    cases = specimen.cases()
    assert len({case.name for case in cases}) == len(cases)
    assert {case.band for case in cases} == {"match", "review", "mismatch", "inconclusive"}
