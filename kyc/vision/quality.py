"""Whether a picture is good enough to decide on: sharp, large, whole, without a reflection over what matters."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from django.utils.translation import gettext as _

from kyc.vision.pictures import Box, Pixels, Reason, scaled

SHARP, BLURRED = 100.0, 25.0  # variance of the Laplacian at a long side of 1000 px
SHORT_SIDE = 600
ZONE_HEIGHT = 12.0  # px of a line of the machine-readable zone
BORDER = 0.01
GLARE_AREA = 0.002


@dataclass(frozen=True)
class Quality:
    """Figures of one picture, and what is wrong with it in words."""

    width: int
    height: int
    focus: float
    glare: bool
    cropped: bool
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def verdict(self) -> str:
        if any(reason.code in ("blurred", "too_small") for reason in self.reasons):
            return "refuse"
        return "warn" if self.reasons else "good"

    def as_json(self) -> dict[str, object]:
        return {
            "verdict": self.verdict,
            "width": self.width,
            "height": self.height,
            "focus": round(self.focus, 1),
            "glare": self.glare,
            "cropped": self.cropped,
            "reasons": [str(reason) for reason in self.reasons],
        }


def measure(
    pixels: Pixels, *, matters: Iterable[Box] = (), whole: Iterable[Box] = (), zone_height: float | None = None
) -> Quality:
    """`matters` are the boxes that no reflection may cover, `whole` those that may not touch the edge."""
    height, width = pixels.shape[:2]
    focus, glare, cropped = _focus(pixels), _glare(pixels, list(matters)), _cropped(width, height, list(whole))
    reasons = []
    if focus < BLURRED:
        reasons.append(Reason(_("The picture is blurred."), "blurred"))
    elif focus < SHARP:
        reasons.append(Reason(_("The picture is not quite sharp."), "soft"))
    if min(width, height) < SHORT_SIDE:
        reasons.append(Reason(_("The picture is too small: send one of at least %d pixels.") % SHORT_SIDE, "too_small"))
    if zone_height is not None and zone_height < ZONE_HEIGHT:
        reasons.append(Reason(_("The lines of the machine-readable zone are too small."), "small_zone"))
    if glare:
        reasons.append(Reason(_("A reflection covers what must be read."), "glare"))
    if cropped:
        reasons.append(Reason(_("The document touches the edge of the picture."), "cropped"))
    return Quality(width, height, focus, glare, cropped, tuple(reasons))


def _focus(pixels: Pixels) -> float:
    import cv2

    small, _factor = scaled(pixels, at_most=1000)
    return float(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def _glare(pixels: Pixels, boxes: list[Box]) -> bool:
    """A saturated blob counts only where it covers a box; white paper is no reflection, so the blob must be small."""
    import cv2

    small, factor = scaled(pixels, at_most=1000)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    mask = ((hsv[:, :, 2] >= 250) & (hsv[:, :, 1] <= 25)).astype(np.uint8)
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(mask)
    area = mask.size
    for left, top, width, height, size in stats[1:count]:
        if GLARE_AREA * area <= size <= 0.1 * area and size > 0.5 * width * height:
            blob = (left / factor, top / factor, (left + width) / factor, (top + height) / factor)
            if any(_overlap(blob, box) > 0.15 for box in boxes):
                return True
    return False


def _overlap(blob: tuple[float, float, float, float], box: Box) -> float:
    width = min(blob[2], box[2]) - max(blob[0], box[0])
    height = min(blob[3], box[3]) - max(blob[1], box[1])
    area = max((box[2] - box[0]) * (box[3] - box[1]), 1)
    return max(width, 0) * max(height, 0) / area


def _cropped(width: int, height: int, boxes: list[Box]) -> bool:
    edge = BORDER * min(width, height)
    return any(b[0] < edge or b[1] < edge or b[2] > width - edge or b[3] > height - edge for b in boxes)
