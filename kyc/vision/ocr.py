"""Text in a picture, line by line, with where it stands."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from kyc.vision.pictures import Box, Model, Pixels, Point, model, plain_box, scaled

LONG_SIDE = 1600  # more costs seconds and reads nothing more
SHORT_OF = 800  # smaller pictures are enlarged first: letters of eight pixels are read, if not lost in the detector
STRIP_RATIO = 11  # a line of a machine-readable zone is at least this much longer than high
STRIP_HEIGHT = 48  # what the recogniser works at


@dataclass(frozen=True)
class Line:
    """One line of text. Corners in reading order of the picture: top left, top right, bottom right, bottom left."""

    text: str
    score: float
    corners: tuple[Point, Point, Point, Point]

    @property
    def box(self) -> Box:
        return plain_box(self.corners)

    @property
    def centre(self) -> Point:
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4

    @property
    def sides(self) -> tuple[float, float]:
        """Length of the upper and of the left edge."""
        a, b, _, d = (np.array(corner) for corner in self.corners)
        return float(np.linalg.norm(b - a)), float(np.linalg.norm(d - a))

    @property
    def height(self) -> float:
        return min(self.sides)

    @property
    def length(self) -> float:
        return max(self.sides)


def read_lines(pixels: Pixels) -> list[Line]:
    """First pass: everything that is written, corners in the coordinates of the given picture."""
    small, factor = scaled(pixels, at_least=SHORT_OF, at_most=LONG_SIDE)
    found = _engine()(_bgr(small), use_det=True, use_cls=True, use_rec=True)
    if found.boxes is None:
        return []
    rows = zip(found.txts, found.scores, found.boxes, strict=True)
    return [Line(text, float(score), _corners(box / factor)) for text, score, box in rows]


def read_strips(pixels: Pixels) -> Iterator[list[Line]]:
    """Second pass: the detector's long thin boxes alone, straightened, in all four turns. One list a turn."""
    import cv2

    small, factor = scaled(pixels, at_least=SHORT_OF, at_most=LONG_SIDE)
    for quarter in (False, True):
        turned = np.ascontiguousarray(np.rot90(small)) if quarter else small
        found = _engine()(_bgr(turned), use_det=True, use_cls=False, use_rec=False)
        boxes = [] if found.boxes is None else [np.asarray(box, np.float32) for box in found.boxes]
        long = [box for box in boxes if cv2.norm(box[1] - box[0]) >= STRIP_RATIO * cv2.norm(box[3] - box[0])]
        for half in (False, True):
            yield [
                Line(text, score, _corners(_turned_back(box, small.shape[1], quarter) / factor))
                for box in long
                for text, score in [read_strip(turned, box, upside_down=half)]
            ]


def read_strip(pixels: Pixels, corners: Any, *, upside_down: bool = False) -> tuple[str, float]:
    """One line, straightened with a margin and read by itself."""
    strip = straightened(pixels, corners)
    if upside_down:
        strip = np.ascontiguousarray(strip[::-1, ::-1])
    found = _engine()(_bgr(strip), use_det=False, use_cls=False, use_rec=True)
    return (found.txts[0], float(found.scores[0])) if found.txts else ("", 0.0)


def straightened(pixels: Pixels, corners: Any, margin: float = 0.12) -> Pixels:
    """The stretch between four corners as an upright strip."""
    import cv2

    box = np.asarray(corners, np.float32)
    right, down = box[1] - box[0], box[3] - box[0]
    length, height = float(np.linalg.norm(right)), float(np.linalg.norm(down))
    along, across = right / max(length, 1) * height * margin, down * margin
    outer = box + np.array([-along - across, along - across, along + across, -along + across], np.float32)
    width = max(1, round(STRIP_HEIGHT * (length + 2 * margin * height) / max(height * (1 + 2 * margin), 1)))
    inner = np.array([[0, 0], [width, 0], [width, STRIP_HEIGHT], [0, STRIP_HEIGHT]], np.float32)
    matrix = cv2.getPerspectiveTransform(outer, inner)
    size = (width, STRIP_HEIGHT)
    strip = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, np.uint8)


def _turned_back(box: Any, width: int, quarter: bool) -> Any:
    """Corners found in a picture turned left by a quarter, in the picture before."""
    if not quarter:
        return box
    return np.stack([width - box[:, 1], box[:, 0]], axis=1)


def _corners(box: Any) -> tuple[Point, Point, Point, Point]:
    a, b, c, d = ((float(x), float(y)) for x, y in box)
    return a, b, c, d


def _bgr(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, :, ::-1])


@cache
def _engine() -> Any:
    """One engine a process, one thread: use_det, use_cls and use_rec stick to it, so every call names all three."""
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    threads = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            f"{threads}.intra_op_num_threads": 1,
            f"{threads}.inter_op_num_threads": 1,
        }
    )


@cache
def models() -> tuple[Model, ...]:
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    return tuple(model(path.stem, version("rapidocr"), str(path)) for path in sorted(folder.glob("*.onnx")))


def mean_height(lines: Sequence[Line]) -> float:
    return sum(line.height for line in lines) / len(lines) if lines else 0.0
