"""Whether the person on a selfie is the person on a document.

A distance is compared with three bands and both are kept: a close one is a match, a far one a mismatch, what lies
between is for a person to look at. A face too small to tell is never a mismatch.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from PIL import ImageFile

from kyc.bands import Bands
from kyc.vision.pictures import Box, Model, Pixels, Reason, decode, model, scaled

OTHER_FACE = 0.5  # detector score from which a second face counts
LONG_SIDE = 1000
DESCREEN_SCALE, DESCREEN_SIGMA = 2, 2.0

Embedding = NDArray[np.float64]


@dataclass(frozen=True)
class Face:
    """The clearest face of a picture. `eyes_px` is the distance between the eyes in the picture as it came."""

    box: Box
    score: float
    eyes_px: float
    embedding: Embedding = field(repr=False, compare=False)
    others: int = 0


@dataclass(frozen=True)
class Comparison:
    """How far apart two faces are, what that means, and everything needed to explain it."""

    band: str  # "match", "review", "mismatch", "inconclusive"
    distance: float | None
    document: Face | None
    selfie: Face | None
    reasons: tuple[Reason, ...]
    models: tuple[Model, ...]
    thresholds: dict[str, float]

    @property
    def boxes(self) -> dict[str, Box | None]:
        faces = {"document": self.document, "selfie": self.selfie}
        return {name: face.box if face else None for name, face in faces.items()}

    @property
    def scores(self) -> dict[str, float | None]:
        """Of the detector: below 0.5 a face is doubtful."""
        faces = {"document": self.document, "selfie": self.selfie}
        return {name: round(face.score, 3) if face else None for name, face in faces.items()}

    def as_json(self) -> dict[str, Any]:
        faces = {"document": self.document, "selfie": self.selfie}
        return {
            "distance": None if self.distance is None else round(self.distance, 4),
            "band": self.band,
            "boxes": {name: list(box) if box else None for name, box in self.boxes.items()},
            "scores": self.scores,
            "eyes_px": {name: round(face.eyes_px, 1) if face else None for name, face in faces.items()},
            "reasons": [str(reason) for reason in self.reasons],
            "thresholds": self.thresholds,
            "models": list(self.models),
        }


AS_IT_COMES = Bands()


def compare(document: bytes, selfie: bytes, bands: Bands = AS_IT_COMES) -> Comparison:
    """Compares the portrait of a document with a selfie; both are pages that intake rebuilt."""
    return judge(find(decode(document), printed=True), find(decode(selfie)), bands)


def judge(document: Face | None, selfie: Face | None, bands: Bands = AS_IT_COMES) -> Comparison:
    """The rule, apart from the pictures: which band two faces fall into and why."""
    distance = between(document.embedding, selfie.embedding) if document and selfie else None
    reasons = [*_shortcomings(document, selfie, bands.eyes_px)]
    band = "inconclusive"
    if distance is not None and not reasons:
        band = bands.of(distance)
    if selfie and selfie.others:
        reasons.append(Reason(_("There is more than one face on the selfie."), "several_faces"))
        band = "review" if band == "match" else band
    return Comparison(band, distance, document, selfie, tuple(reasons), models(), bands.figures())


def between(one: Embedding, other: Embedding) -> float:
    return float(np.linalg.norm(one - other))


def _shortcomings(document: Face | None, selfie: Face | None, eyes_px: float) -> Iterator[Reason]:
    if document is None:
        yield Reason(_("No face was found on the document."), "no_face_document")
    elif document.eyes_px < eyes_px:
        text = _("The portrait on the document is too small to compare. Ask for a better scan.")
        yield Reason(text, "small_face_document")
    if selfie is None:
        yield Reason(_("No face was found on the selfie."), "no_face_selfie")
    elif selfie.eyes_px < eyes_px:
        yield Reason(_("The face on the selfie is too small to compare. Ask for a closer one."), "small_face_selfie")


# --- finding a face and measuring it ---------------------------------------------------------------------------------


class _Found(NamedTuple):
    rectangle: Any
    score: float
    others: int


def find(pixels: Pixels, *, printed: bool = False) -> Face | None:
    """The clearest face, or None. A printed portrait is enlarged and smoothed, so that the print's dots vanish."""
    for quarters in (0, 3, 1, 2):  # upright first; documents also come sideways
        turned = np.ascontiguousarray(np.rot90(pixels, quarters))
        small, factor = scaled(turned, at_most=LONG_SIDE)
        found = _detect(small, closer=quarters == 0)
        if found:
            face = _measure(small, found, factor)
            if printed:
                face = _descreened(turned, face) or face
            return _turned_back(face, pixels, quarters)
    return None


def _detect(pixels: Pixels, *, closer: bool = True) -> _Found | None:
    """The best score is the face; the largest box is often a pattern in the background."""
    for upsample in (1, 2) if closer else (1,):
        rectangles, scores, _kinds = _library().detector.run(pixels, upsample, 0.0)
        if scores:
            best = int(np.argmax(scores))
            others = sum(score >= OTHER_FACE for at, score in enumerate(scores) if at != best)
            return _Found(rectangles[best], float(scores[best]), others)
    return None


def _measure(pixels: Pixels, found: _Found, factor: float) -> Face:
    landmarks = _library().landmarks(pixels, found.rectangle)
    points = np.array([(part.x, part.y) for part in landmarks.parts()], float)
    eyes = float(np.linalg.norm(points[0:2].mean(axis=0) - points[2:4].mean(axis=0))) / factor
    embedding = np.array(_library().encoder.compute_face_descriptor(pixels, landmarks, 1))
    sides = (found.rectangle.left(), found.rectangle.top(), found.rectangle.right(), found.rectangle.bottom())
    left, top, right, bottom = (round(side / factor) for side in sides)
    return Face((left, top, right, bottom), found.score, eyes, embedding, found.others)


def _descreened(pixels: Pixels, face: Face) -> Face | None:
    """The face once more, from the portrait alone at full resolution, enlarged and smoothed."""
    import cv2

    left, top, right, bottom = face.box
    margin = round(0.6 * (right - left))
    x, y = max(left - margin, 0), max(top - margin, 0)
    crop = pixels[y : bottom + margin, x : right + margin]
    small, factor = scaled(np.ascontiguousarray(crop), at_most=LONG_SIDE // DESCREEN_SCALE)
    large = cv2.resize(small, None, fx=DESCREEN_SCALE, fy=DESCREEN_SCALE, interpolation=cv2.INTER_CUBIC)
    smooth = np.asarray(cv2.GaussianBlur(large, (0, 0), DESCREEN_SIGMA), np.uint8)
    found = _detect(smooth)
    if found is None:
        return None
    again = _measure(smooth, found, factor * DESCREEN_SCALE)
    return Face(face.box, face.score, face.eyes_px, again.embedding, face.others)


def _turned_back(face: Face, pixels: Pixels, quarters: int) -> Face:
    """The box in the picture as it came, when the face was found in a turned one."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = face.box
    for left_to_undo in range(quarters, 0, -1):
        side = width if left_to_undo % 2 else height  # height of the picture turned so often
        left, top, right, bottom = side - bottom, left, side - top, right
    box = (max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    return Face(box, face.score, face.eyes_px, face.embedding, face.others)


# --- the library, loaded once a process and on first use -------------------------------------------------------------


class _Library(NamedTuple):
    detector: Any
    landmarks: Any
    encoder: Any


@cache
def _library() -> _Library:
    """face_recognition, guarded: it quits the process with code 0 when its models are missing, and lets half a
    picture pass for a whole one in all of it. The 5-point landmarks are used: the 68-point model may not be."""
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            from face_recognition import api
    except (SystemExit, ImportError) as error:
        raise ImproperlyConfigured("face_recognition or its models are missing: run `make setup`") from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    return _Library(api.face_detector, api.pose_predictor_5_point, api.face_encoder)


@cache
def models() -> tuple[Model, ...]:
    _library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import face_recognition_models

    number = version("face_recognition_models")
    paths = [
        face_recognition_models.pose_predictor_five_point_model_location(),
        face_recognition_models.face_recognition_model_location(),
    ]
    return (
        {"name": "dlib frontal face detector", "version": version("dlib-bin"), "sha256": _detector_sha256()},
        *(model(path.rsplit("/", 1)[-1].removesuffix(".dat"), number, path) for path in paths),
    )


def _detector_sha256() -> str:
    """The HOG detector is compiled into dlib: the library is the model."""
    import _dlib_pybind11

    return model("dlib", version("dlib-bin"), str(_dlib_pybind11.__file__))["sha256"]
