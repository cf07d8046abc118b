"""What a telephone makes of a document on a table: askew, a little soft, with reflections, grain and JPEG.

The same picture, seed and settings give the same bytes.
"""

from io import BytesIO
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Pixels = NDArray[np.float32]
Background = Literal["desk", "cloth", "stone", "dark"]

# Settings by how hard a photo is to read; a benchmark reports each apart.
SEVERITIES: dict[str, dict[str, Any]] = {
    "scan": {"perspective": 0.0, "blur": 0.0, "glare": 0.0, "noise": 1.0, "jpeg_quality": 95, "rotation": 0.0},
    "good": {"perspective": 0.25, "blur": 0.6, "glare": 0.15, "noise": 3.0, "jpeg_quality": 90},
    "fair": {"perspective": 0.6, "blur": 1.1, "glare": 0.35, "noise": 6.0, "jpeg_quality": 80},
    "hard": {"perspective": 1.0, "blur": 1.8, "glare": 0.6, "noise": 11.0, "jpeg_quality": 62},
}


def photograph(
    image: Image.Image, seed: int, *, perspective: float = 0.4, blur: float = 0.7, glare: float = 0.2,
    noise: float = 4.0, jpeg_quality: int = 86, background: Background | None = None, rotation: float | None = None,
    size: tuple[int, int] = (1600, 1200),
) -> bytes:  # fmt: skip
    """A JPEG of the document. `perspective` and `glare` go from 0 to 1, `blur` and `noise` are deviations in pixels and
    grey levels, `rotation` in degrees; background and rotation are chosen by the seed unless given."""
    dice = np.random.default_rng([seed, 9303])
    kinds: tuple[Background, ...] = ("desk", "cloth", "stone", "dark")
    chosen = background or kinds[int(dice.integers(len(kinds)))]
    turn = float(dice.uniform(-6, 6)) if rotation is None else rotation
    corners = _corners(image.size, size, perspective, turn, dice)
    scene = _lay_down(image, _table(chosen, size, dice), corners)
    if blur:
        scene = scene.filter(ImageFilter.GaussianBlur(blur))
    pixels = _lamp(np.asarray(scene, np.float32), corners, glare, dice)
    if noise:
        pixels += dice.standard_normal(pixels.shape, np.float32) * np.float32(noise)
    output = BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(output, "JPEG", quality=jpeg_quality, subsampling=2)
    return output.getvalue()


def _corners(
    document: tuple[int, int], size: tuple[int, int], perspective: float, turn: float, dice: np.random.Generator
) -> NDArray[np.float64]:
    """Where the corners of the document fall in the photo, clockwise from top left."""
    width, height = document
    angle = np.radians(turn)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]) @ turned.T
    points *= 1 + dice.uniform(-1, 1, (4, 1)) * 0.07 * perspective
    points += dice.uniform(-1, 1, (4, 2)) * 0.025 * perspective * width
    extent = np.abs(points).max(axis=0)
    points *= min(size[0] * 0.46 / extent[0], size[1] * 0.46 / extent[1])
    placed: NDArray[np.float64] = points + np.array(size) / 2
    return placed


def _lay_down(image: Image.Image, table: Image.Image, corners: NDArray[np.float64]) -> Image.Image:
    outline = [(float(x), float(y)) for x, y in corners]
    shadow = Image.new("L", table.size, 0)
    ImageDraw.Draw(shadow).polygon([(x + 9, y + 13) for x, y in outline], fill=150)
    small = shadow.resize((table.width // 4, table.height // 4)).filter(ImageFilter.GaussianBlur(4))
    table.paste((8, 8, 10), mask=small.resize(table.size))
    mapping = _homography(corners, image.size)
    laid = image.transform(table.size, Image.Transform.PERSPECTIVE, mapping, Image.Resampling.BICUBIC)
    mask = Image.new("L", table.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    table.paste(laid, mask=mask.filter(ImageFilter.GaussianBlur(0.8)))
    return table


def _homography(corners: NDArray[np.float64], size: tuple[int, int]) -> list[float]:
    """The eight numbers that take a point of the photo to the point of the document seen there."""
    width, height = size
    rows, targets = [], []
    for (x, y), (u, v) in zip(corners, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        targets += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows, float), np.array(targets, float))]


def _table(kind: Background, size: tuple[int, int], dice: np.random.Generator) -> Image.Image:
    width, height = size
    down, right = np.mgrid[0:height, 0:width].astype(np.float32)
    if kind == "desk":
        rings = np.sin(right * 0.004 + down * 0.05 + 3 * np.sin(right * 0.0031 + float(dice.uniform(0, 6))))
        tone = np.array([142, 104, 70]) + (9 * rings + 4 * np.sin(down * 0.9 + right * 0.01))[..., None] * np.array(
            [1, 0.8, 0.6]
        )
    elif kind == "cloth":
        weave = 6 * np.sin(right * 0.9) * np.sin(down * 0.9) + 5 * np.sin(right * 0.011 + down * 0.017)
        tone = np.array([86, 98, 112]) + weave[..., None]
    elif kind == "stone":
        coarse = Image.fromarray((dice.random((height // 24 + 1, width // 24 + 1)) * 255).astype(np.uint8))
        speckle = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), np.float32)
        tone = np.array([176, 172, 166]) + (speckle[..., None] - 128) * 0.16
    else:
        tone = np.array([40, 40, 44]) + (4 * np.sin(right * 0.02))[..., None]
    return Image.fromarray(tone.clip(0, 255).astype(np.uint8))


def _lamp(pixels: Pixels, corners: NDArray[np.float64], glare: float, dice: np.random.Generator) -> Pixels:
    """Uneven light over the scene and a bright reflection somewhere on the document."""
    height, width = pixels.shape[:2]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    right = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    angle = float(dice.uniform(0, 6.2832))
    lit = pixels * (1 + 0.1 * (np.cos(angle) * right + np.sin(angle) * down) - 0.06 * (right**2 + down**2))[..., None]
    weights = dice.dirichlet(np.ones(4))
    spot = (weights @ corners) / [width / 2, height / 2] - 1
    spread = 0.07 + 0.12 * glare
    blob = np.exp(-(((right - float(spot[0])) / spread) ** 2) - ((down - float(spot[1])) / (spread * 1.2)) ** 2)
    streak = np.exp(-(((right - down * 0.4 - float(spot[0])) / 0.5) ** 2)) * 0.12
    return np.asarray(lit + 255 * glare * (blob + streak)[..., None], np.float32)
