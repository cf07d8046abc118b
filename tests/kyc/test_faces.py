"""Two faces and the band they fall into. The only real face here is a public-domain portrait of skimage."""

import io
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageFile

from kyc.vision import faces
from kyc.vision.faces import Face


def face(distance: float = 0.0, *, eyes_px: float = 60, others: int = 0) -> Face:
    """A made-up face so far from the origin."""
    return Face((0, 0, 9, 9), 1.7, eyes_px, np.eye(128)[0] * distance, others)


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule is tested without loading what it does not use."""
    monkeypatch.setattr(faces, "models", lambda: ())


@pytest.mark.usefixtures("no_models")
class TestBands:
    @pytest.mark.parametrize(
        ("distance", "band"), [(0.0, "match"), (0.5, "match"), (0.51, "review"), (0.62, "review"), (0.63, "mismatch")]
    )
    def test_the_distance_decides(self, distance: float, band: str) -> None:
        assert faces.judge(face(), face(distance)).band == band

    @pytest.mark.parametrize("distance", [0.1, 0.9])
    def test_a_face_too_small_to_tell_is_never_a_mismatch(self, distance: float) -> None:
        result = faces.judge(face(eyes_px=29), face(distance))
        assert (result.band, result.reasons[0].code) == ("inconclusive", "small_face_document")

    def test_no_face_is_inconclusive_and_says_where(self) -> None:
        result = faces.judge(face(), None)
        assert (result.band, result.distance, result.reasons[0].code) == ("inconclusive", None, "no_face_selfie")

    def test_a_second_person_on_the_selfie_goes_to_a_reviewer(self) -> None:
        assert faces.judge(face(), replace(face(0.1), others=1)).band == "review"

    def test_a_ghost_portrait_on_the_document_is_usual(self) -> None:
        assert faces.judge(face(others=1), face(0.1)).band == "match"

    def test_thresholds_are_kept_with_the_result(self) -> None:
        assert faces.judge(face(), face()).thresholds == {"match": 0.5, "mismatch": 0.62, "eyes_px": 30.0}


@cache
def astronaut() -> Image.Image:
    data = pytest.importorskip("skimage.data")
    return Image.fromarray(data.astronaut())


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=92)
    return out.getvalue()


@pytest.mark.models
class TestPictures:
    def test_the_same_person_matches_though_the_largest_box_is_a_false_one(self) -> None:
        result = faces.compare(jpeg(astronaut()), jpeg(astronaut().resize((420, 420))))
        assert (result.band, result.distance is not None and result.distance < 0.35) == ("match", True)

    def test_the_box_is_where_the_face_is(self) -> None:
        box = faces.compare(jpeg(astronaut()), jpeg(astronaut())).boxes["selfie"]
        assert box is not None
        assert 170 < box[0] < 200
        assert 60 < box[1] < 100

    @pytest.mark.parametrize("degrees", [90, 180, 270])
    def test_a_turned_picture_gives_the_box_in_its_own_coordinates(self, degrees: int) -> None:
        wide = Image.new("RGB", (700, 512), "gray")
        wide.paste(astronaut(), (100, 0))
        upright = faces.find(np.asarray(wide))
        turned = faces.find(np.asarray(wide.rotate(degrees, expand=True)))
        assert upright is not None
        assert turned is not None
        a, b, c, d = upright.box
        expected = {
            90: (b, 700 - c, d, 700 - a),
            180: (700 - c, 512 - d, 700 - a, 512 - b),
            270: (512 - d, a, 512 - b, c),
        }
        assert np.allclose(turned.box, expected[degrees], atol=14)

    def test_a_drawing_without_a_face_is_inconclusive(self) -> None:
        blank = jpeg(Image.linear_gradient("L"))
        assert faces.compare(blank, jpeg(astronaut())).reasons[0].code == "no_face_document"

    def test_a_face_of_a_few_pixels_is_inconclusive(self) -> None:
        assert faces.compare(jpeg(astronaut().resize((200, 200))), jpeg(astronaut())).band == "inconclusive"

    def test_half_pictures_stay_refused_after_the_library_is_loaded(self) -> None:
        faces.find(np.asarray(astronaut()))
        assert ImageFile.LOAD_TRUNCATED_IMAGES is False

    def test_every_model_is_named_with_version_and_digest(self) -> None:
        assert all(len(model["sha256"]) == 64 and model["version"] for model in faces.models())
        assert not any("68" in model["name"] for model in faces.models())
