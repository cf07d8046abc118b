"""The PDF417 on the back of North American licences, also where the camera saw it askew."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from kyc.vision.pictures import Box, Model, Pixels, model, plain_box, scaled

WIDTH = 1800  # of the straightened code
CANDIDATES = 3
SHAPES = (1.3, 14.0)  # a code is this much wider than high


@dataclass(frozen=True)
class Barcode:
    """The bytes of one code (corrected by Reed-Solomon: they are right or absent) and where it stands."""

    data: bytes
    box: Box


def read(pixels: Pixels) -> Barcode | None:
    """The first PDF417 found: as it is, then straightened, sharpened, and turned a little."""
    import cv2

    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    if found := _decode(grey):
        return Barcode(*found)
    for quad in _quadrilaterals(grey):
        for picture in _attempts(_straightened(grey, quad)):
            if found := _decode(picture):
                return Barcode(found[0], plain_box(quad))
    return None


def _decode(grey: Pixels) -> tuple[bytes, Box] | None:
    import zxingcpp

    codes = zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.PDF417]), try_rotate=True, try_downscale=True
    )
    for code in codes:
        if code.valid:
            spots = [(corner.x, corner.y) for corner in _corners(code.position)]
            return bytes(code.bytes), plain_box(spots)
    return None


def _corners(position: Any) -> tuple[Any, ...]:
    return position.top_left, position.top_right, position.bottom_right, position.bottom_left


def _quadrilaterals(grey: Pixels) -> Iterator[Any]:
    """Corners of the largest blobs of strong edges, largest first."""
    import cv2

    small, factor = scaled(grey, at_most=1000)
    across = cv2.convertScaleAbs(cv2.Sobel(small, cv2.CV_32F, 1, 0, ksize=3), alpha=0.5)
    down = cv2.convertScaleAbs(cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3), alpha=0.5)
    edges = cv2.blur(cv2.max(across, down), (9, 9))
    _, mask = cv2.threshold(edges, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    for size in (15, 25):
        kernel = np.ones((size, size), np.uint8)
        blobs = cv2.erode(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), np.ones((9, 9), np.uint8))
        contours, _tree = cv2.findContours(blobs, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:CANDIDATES]:
            if cv2.contourArea(contour) > 0.01 * small.size:
                yield from (quad / factor for quad in _quads_of(contour))


def _quads_of(contour: Any) -> Iterator[Any]:
    import cv2

    hull = cv2.convexHull(contour)
    for slack in (0.02, 0.04, 0.06, 0.08):
        polygon = cv2.approxPolyDP(hull, slack * cv2.arcLength(hull, True), True)
        if len(polygon) == 4:
            yield _ordered(polygon.reshape(4, 2).astype(np.float32))
            break
    yield _ordered(cv2.boxPoints(cv2.minAreaRect(contour)))


def _ordered(points: Any) -> Any:
    """Clockwise, the first edge a long one, its first corner the upper left."""
    centre = points.mean(axis=0)
    around = points[np.argsort(np.arctan2(points[:, 1] - centre[1], points[:, 0] - centre[0]))]
    if np.linalg.norm(around[1] - around[0]) < np.linalg.norm(around[2] - around[1]):
        around = np.roll(around, -1, axis=0)
    return around


def _straightened(grey: Pixels, quad: Any) -> Pixels:
    import cv2

    centre = quad.mean(axis=0)
    wide = centre + (quad - centre) * 1.06  # the quiet zone belongs to the code
    upper, side = float(np.linalg.norm(wide[1] - wide[0])), float(np.linalg.norm(wide[3] - wide[0]))
    height = int(np.clip(WIDTH * side / max(upper, 1), WIDTH / SHAPES[1], WIDTH / SHAPES[0]))
    target = np.array([[0, 0], [WIDTH, 0], [WIDTH, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(wide.astype(np.float32), target)
    return np.asarray(
        cv2.warpPerspective(grey, matrix, (WIDTH, height), flags=cv2.INTER_CUBIC, borderValue=255), np.uint8
    )


def _attempts(picture: Pixels) -> Iterator[Pixels]:
    import cv2

    yield picture
    soft = cv2.GaussianBlur(picture, (0, 0), 3)
    sharp = np.asarray(cv2.addWeighted(picture, 2.0, soft, -1.0, 0), np.uint8)
    yield sharp
    height, width = picture.shape
    for degrees in (3, -3):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        yield np.asarray(cv2.warpAffine(sharp, turn, (width, height), borderValue=255), np.uint8)


@cache
def models() -> tuple[Model, ...]:
    import zxingcpp

    return (model("zxing-cpp", version("zxing-cpp"), str(Path(zxingcpp.__file__))),)
