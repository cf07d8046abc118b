"""Recognisers that were made for real papers and faces, run bare on the specimens: what they cannot read here would
be the specimen's fault."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kyc import specimen
from kyc.specimen import barcode

pytestmark = pytest.mark.models

Embed = Callable[[Image.Image], Any]


@pytest.fixture(scope="module")
def recognise() -> Callable[[Image.Image], set[str]]:
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "error"})

    def lines(image: Image.Image) -> set[str]:
        result: Any = engine(np.asarray(image)[:, :, ::-1], use_det=True, use_cls=False, use_rec=True)
        return {_as_seen(text) for text in result.txts or ()}

    return lines


@pytest.fixture(scope="module")
def embed() -> Embed:
    import dlib
    import face_recognition_models as models

    detector = dlib.get_frontal_face_detector()
    shape = dlib.shape_predictor(models.pose_predictor_five_point_model_location())
    network = dlib.face_recognition_model_v1(models.face_recognition_model_location())

    def vector(image: Image.Image) -> Any:
        small = image.copy()
        small.thumbnail((1000, 1000))
        pixels = np.array(small)
        boxes, scores, _ = detector.run(pixels, 1, 0.0)
        assert [score for score in scores if score >= 0.5], "no face was found"
        assert len([score for score in scores if score >= 0.5]) == 1, "a second face was found"
        return np.array(network.compute_face_descriptor(pixels, shape(pixels, boxes[int(np.argmax(scores))])))

    return vector


LOOKALIKES = str.maketrans("ΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", "ABEHIKMNOPTXYZ")  # Greek that the recogniser writes for Latin


def _as_seen(text: str) -> str:
    """O and 0 look alike in OCR-B, and a long run of fillers is hard to count: both a reader settles by the place."""
    return re.sub("<{4,}", "<<<<", text.replace(" ", "").translate(LOOKALIKES).replace("O", "0"))


READABLE = ["Example", "Müller-Beispiel", "Wolfeschlegelsteinhausenbergerdorffmuster", "Al-Mithali", "Specimen"]


@pytest.mark.parametrize("surname", READABLE)
def test_the_zone_of_each_form_is_read_without_an_error(
    surname: str, recognise: Callable[[Image.Image], set[str]]
) -> None:
    person = specimen.person(surname)
    for page, lines in (
        (specimen.passport(person), specimen.passport_lines(person)),
        (specimen.identity_card(person)[1], specimen.card_lines(person)),
        (specimen.td2(person), specimen.td2_lines(person)),
    ):
        assert {_as_seen(line) for line in lines} <= recognise(page)


def test_the_printed_zone_is_read(recognise: Callable[[Image.Image], set[str]]) -> None:
    read = recognise(specimen.passport(specimen.person("Example")))
    assert {"EXAMPLE", "17APR1990", "SX256748B", "9004177919"} <= read


def test_the_barcode_of_every_licence_gives_back_its_text() -> None:
    import zxingcpp

    for person in specimen.people():
        (found,) = zxingcpp.read_barcodes(np.asarray(specimen.licence(person)[1]))
        assert found.bytes.decode("latin-1") == barcode.payload(person)


@pytest.mark.parametrize("person", specimen.people(), ids=lambda person: person.surname)
def test_the_portrait_on_a_photographed_passport_matches_the_selfie(person: specimen.Person, embed: Embed) -> None:
    photo = Image.open(BytesIO(specimen.photograph(specimen.passport(person), 1, **specimen.SEVERITIES["good"])))
    assert np.linalg.norm(embed(photo) - embed(specimen.selfie(person))) < 0.4


COMPARABLE = [case for case in specimen.cases() if case.band != "inconclusive"]


@pytest.mark.parametrize("case", COMPARABLE, ids=lambda case: case.name)
def test_each_case_lies_in_the_band_that_it_promises(case: specimen.Case, embed: Embed) -> None:
    page = next(iter(case.pages().values()))
    distance = np.linalg.norm(embed(Image.open(BytesIO(page))) - embed(case.selfie()))
    low, high = {"match": (0.0, 0.5), "review": (0.5, 0.62), "mismatch": (0.62, 2.0)}[case.band]
    assert low < distance < high


def test_the_far_portrait_has_fewer_than_thirty_pixels_between_the_eyes() -> None:
    import dlib
    import face_recognition_models as models

    page = np.array(specimen.passport(specimen.people()[1], face=specimen.far_portrait(specimen.people()[1])))
    (box,) = dlib.get_frontal_face_detector()(page, 1)
    points = dlib.shape_predictor(models.pose_predictor_five_point_model_location())(page, box)
    corners = [np.array([points.part(at).x, points.part(at).y]) for at in range(4)]
    eyes = np.linalg.norm((corners[0] + corners[1]) / 2 - (corners[2] + corners[3]) / 2)
    assert 10 < eyes < 30
