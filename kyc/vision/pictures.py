"""Pixels as the libraries want them, and who read them: one place that decodes, scales and names model files."""

import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from PIL import Image, ImageFile

from base.errors import Invalid

Pixels = NDArray[np.uint8]
Point = tuple[float, float]
Box = tuple[int, int, int, int]  # left, top, right, bottom


class Model(TypedDict):
    """A model that took part in a result: stored with it, so that the result can be explained and repeated."""

    name: str
    version: str
    sha256: str


class Reason(str):
    """A sentence fit to show, with a stable code for machines."""

    code: str

    def __new__(cls, text: str, code: str) -> "Reason":
        reason = super().__new__(cls, text)
        reason.code = code
        return reason


def decode(data: bytes) -> Pixels:
    """RGB pixels of a page that intake rebuilt."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise Invalid(_("The picture cannot be read."), code="damaged", field="file") from error


def scaled(pixels: Pixels, *, at_least: int = 0, at_most: int) -> tuple[Pixels, float]:
    """The picture with its long side within bounds, and the factor."""
    import cv2

    long_side = max(pixels.shape[:2])
    factor = min(max(1.0, at_least / long_side), at_most / long_side)
    if factor == 1:
        return pixels, 1.0
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how), np.uint8), factor


@cache
def model(name: str, version: str, path: str) -> Model:
    return {"name": name, "version": version, "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}


def plain_box(points: Any) -> Box:
    """The upright rectangle around points, as whole pixels."""
    spots = np.asarray(points, float).reshape(-1, 2)
    (left, top), (right, bottom) = spots.min(axis=0), spots.max(axis=0)
    return int(left), int(top), int(np.ceil(right)), int(np.ceil(bottom))
