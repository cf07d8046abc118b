"""Faces that belong to nobody: a head modelled as a height field, lit and coloured from a number.

The same number gives the same features; view and light differ between portrait and selfie. The one photographed
face is `skimage.data.astronaut()`, where scikit-image is installed.
"""

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Field = NDArray[np.float32]

# Skin, and the hair that goes with it.
DARK, BROWN, CHESTNUT, FAIR, COPPER = (30, 24, 24), (62, 42, 30), (98, 66, 42), (172, 134, 86), (128, 70, 44)
COLOURS = (
    ((243, 208, 184), (BROWN, CHESTNUT, FAIR, COPPER)),
    ((234, 194, 166), (DARK, BROWN, CHESTNUT, FAIR)),
    ((220, 176, 140), (DARK, BROWN, CHESTNUT)),
    ((196, 146, 108), (DARK, BROWN)),
    ((154, 106, 76), (DARK,)),
    ((116, 78, 58), (DARK,)),
)
GREY = (142, 140, 138)
GLASSES = ("", "", "", "round", "square")
IRISES = ((86, 54, 30), (70, 100, 130), (84, 104, 70), (60, 44, 34), (104, 110, 118))
CLOTHES = ((44, 58, 92), (92, 40, 48), (40, 76, 66), (70, 66, 78), (128, 116, 96), (30, 34, 40))


@dataclass(frozen=True)
class Features:
    """What makes a face that face and no other; lengths in half-heights of the face."""

    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    iris: tuple[int, int, int]
    cloth: tuple[int, int, int]
    width: float
    jaw: float
    eye_distance: float
    eye_size: float
    eye_height: float
    brow: float
    brow_slope: float
    nose_width: float
    nose_length: float
    mouth_width: float
    mouth_height: float
    lips: float
    long_hair: bool
    hairline: float
    beard: float
    moustache: bool
    receding: bool
    glasses: str
    fullness: float
    nose_height: float
    tilt: float
    age: float


@dataclass(frozen=True)
class View:
    """How the head is held and lit."""

    turn: float = 0.0  # radians in the picture's plane
    yaw: float = 0.0  # to the side
    smile: float = 0.0
    light: tuple[float, float, float] = (-0.35, -0.55, 0.85)
    warmth: float = 0.0


def features(seed: int, sex: str) -> Features:
    """The features of a number: women's and men's differ in the averages only."""
    dice = random.Random(f"face {seed}")  # noqa: S311 - a picture, not a secret
    woman = sex == "F" or (sex == "X" and dice.random() < 0.5)

    def about(mean: float, spread: float) -> float:
        return mean + spread * dice.uniform(-1, 1)

    skin, hairs = dice.choice(COLOURS)
    age = dice.random()
    return Features(
        skin=skin,
        hair=GREY if age > 0.85 else dice.choice(hairs),
        iris=dice.choice(IRISES) if sum(skin) > 480 else IRISES[0],
        cloth=dice.choice(CLOTHES),
        width=about(0.74 if woman else 0.78, 0.09),
        jaw=about(0.66 if woman else 0.76, 0.16),
        eye_distance=about(0.325, 0.05),
        eye_size=about(0.155 if woman else 0.145, 0.03),
        eye_height=about(-0.1, 0.075),
        brow=about(0.03 if woman else 0.042, 0.014),
        brow_slope=about(0.0, 0.3),
        nose_width=about(0.13 if woman else 0.155, 0.045),
        nose_length=about(0.36, 0.1),
        mouth_width=about(0.27, 0.065),
        mouth_height=about(0.58, 0.06),
        lips=about(0.07 if woman else 0.055, 0.022),
        long_hair=woman and dice.random() < 0.8,
        hairline=about(-0.7, 0.12),
        beard=0.0 if woman else max(0.0, about(0.2, 0.6)),
        moustache=not woman and dice.random() < 0.3,
        receding=not woman and dice.random() < 0.22,
        glasses=dice.choice(GLASSES),
        fullness=about(0.0, 0.12),
        nose_height=about(0.17, 0.08),
        tilt=about(0.06, 0.2),
        age=age,
    )


def drawn(
    face: Features, view: View, size: tuple[int, int], backdrop: tuple[int, int, int], zoom: float = 1.0
) -> Image.Image:
    """The head and shoulders in front of a plain backdrop."""
    width, height = size
    unit = height * 0.305 * zoom
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    right, down = (columns - width / 2) / unit, (rows - height * 0.49) / unit
    cos, sin = np.cos(view.turn), np.sin(view.turn)
    x, y = right * cos + down * sin, down * cos - right * sin
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = backdrop
    canvas *= (1.02 - 0.05 * np.hypot(right, down))[..., None].clip(0.8, 1.02)
    soft = 1.5 / unit

    _hair_behind(canvas, face, x, y, soft)
    _shoulders(canvas, face, view, right, down, soft)
    _neck(canvas, face, view, x, y, soft)
    _head(canvas, face, view, x, y, soft)
    canvas *= np.array([1 + view.warmth, 1.0, 1 - view.warmth], np.float32)
    picture = Image.fromarray(canvas.clip(0, 255).astype(np.uint8))
    return picture.filter(ImageFilter.GaussianBlur(height / 900))


def _step(value: Any, soft: float) -> Any:
    """1 where the value is positive, 0 where negative, smooth between."""
    return 1 / (1 + np.exp(-(value / soft).clip(-30, 30)))


def _bump(x: Field, y: Field, at: tuple[Any, float], wide: float, high: float) -> Any:
    return np.exp(-(((x - at[0]) / wide) ** 2) - ((y - at[1]) / high) ** 2)


def _lay(canvas: Field, colour: Any, mask: Any) -> None:
    canvas += (np.asarray(colour, np.float32) - canvas) * np.asarray(mask, np.float32)[..., None]


def _edge(face: Features, y: Field) -> Any:
    """Half the width of the face at a height: a skull above, a jaw below."""
    skull = face.width * np.sqrt((1 - (np.minimum(y + 0.1, 0) / 1.12) ** 2).clip(0, 1))
    low = ((y + 0.1) / 1.12).clip(0, 1)
    return skull * (1 - (1 - face.jaw) * low**2.4) * np.sqrt((1 - low**4.5).clip(0, 1))


def _crown(face: Features, x: Field, y: Field) -> Any:
    """Positive inside the outline of the hair."""
    upper = np.minimum(y + 0.12, 0) / 1.2
    return 1 - (x / (face.width + 0.16)) ** 2 - upper**2


def _strands(x: Field, y: Field, seed: float) -> Any:
    return (
        1
        + 0.13 * np.sin(x * 61 + 9 * np.sin(y * 2.3 + seed)) * np.sin(x * 23 - y * 3 + seed)
        + 0.05 * np.sin(x * 140 + y * 5)
    )


def _hair_behind(canvas: Field, face: Features, x: Field, y: Field, soft: float) -> None:
    length = 1.3 + 0.08 * np.cos(x * 7) if face.long_hair else 0.1
    wave = 0.12 * np.sin(y.clip(0, None) * 3.4) if face.long_hair else 0.0
    mass = _step(_crown(face, x * (1 - wave), y), soft * 2.5) * _step(length - y, soft * (5 if face.long_hair else 9))
    _lay(canvas, np.array(face.hair) * _strands(x, y, face.age * 9)[..., None] * 0.8, mass)


def _shoulders(canvas: Field, face: Features, view: View, x: Field, y: Field, soft: float) -> None:
    line = 1.42 + 0.42 * (np.abs(x) / 1.3) ** 2.2 - 0.12 * np.exp(-((x / 0.5) ** 2)) * -1
    mask = _step(y - line, soft)
    shade = 0.95 - 0.25 * (x * -view.light[0]) - 0.12 * np.abs(np.sin(x * 3.1 + y))
    _lay(canvas, np.array(face.cloth) * shade[..., None].clip(0.5, 1.3), mask)


def _neck(canvas: Field, face: Features, view: View, x: Field, y: Field, soft: float) -> None:
    half = 0.43 + 0.14 * ((y - 1.0) / 0.5).clip(0, 1) ** 2
    mask = _step(half - np.abs(x), soft) * _step(y - 0.5, soft) * _step(1.62 - 0.55 * (x / 0.5) ** 2 - y, soft)
    shade = 0.72 + 0.16 * np.sqrt((1 - (x / half) ** 2).clip(0, 1)) + 0.12 * x * np.sign(view.light[0])
    shade = shade - 0.2 * np.exp(-(((y - 0.98) / 0.16) ** 2))
    _lay(canvas, np.array(face.skin) * shade[..., None].clip(0, 1), mask)


def _head(canvas: Field, face: Features, view: View, x: Field, y: Field, soft: float) -> None:
    edge = _edge(face, y)
    inside = _step(edge - np.abs(x), soft) * (edge > 0)
    for side in (-1, 1):  # ears
        ear = 1 - ((x - side * (face.width * 0.98 + 0.02)) / 0.1) ** 2 - ((y - 0.08) / 0.21) ** 2
        _lay(canvas, np.array(face.skin) * 0.78, _step(ear, 0.1))
    depth = np.sqrt((1 - (x / np.maximum(edge, 0.05)) ** 2).clip(0, 1))
    fx = x - view.yaw * depth  # features slide over the skull when the head turns
    shade = _light(_relief(face, view, fx, x, y, edge), x, y, view)
    albedo = _complexion(face, view, fx, y)
    for side in (-1, 1):
        _eye(albedo, face, view, fx, y, side, soft)
    _mouth(albedo, face, view, fx, y, soft)
    _nostrils(albedo, face, fx, y)
    for side in (-1, 1):
        _brow(albedo, face, fx, y, side)
    _lay(canvas, albedo * shade[..., None], inside)
    if face.glasses:
        _spectacles(canvas, face, fx, y, soft)
    _fringe(canvas, face, x, y, edge, soft)


def _relief(face: Features, view: View, fx: Field, x: Field, y: Field, edge: Field) -> Any:
    """The height field of the face."""
    across = x / (np.maximum(edge, 0.4 * face.width) * 1.03)
    z = 0.72 * np.sqrt((1.02 - across**2 * 0.92 - ((y + 0.05) / 1.25) ** 2 * 0.5).clip(0.01, 2))
    eye, tip, mouth = face.eye_height, face.eye_height + face.nose_length + 0.08, face.mouth_height
    along = ((y - eye) / (tip - eye)).clip(0, 1)
    ridge = (
        np.exp(-((fx / (0.07 + 0.035 * along)) ** 2)) * (0.04 + face.nose_height * along) * _step(tip + 0.02 - y, 0.02)
    )
    z = z + ridge * _step(y - eye + 0.12, 0.06) + 0.1 * _bump(fx, y, (0, tip - 0.03), 0.1, 0.085)
    for side in (-1, 1):
        z = z + 0.065 * _bump(fx, y, (side * face.nose_width, tip), 0.065, 0.06)
        z = z - 0.13 * _bump(fx, y, (side * face.eye_distance * 0.93, eye), 0.2, 0.13)
        z = z + 0.06 * _bump(fx, y, (side * face.eye_distance, eye + 0.01), 0.12, 0.085)
        z = z + 0.05 * _bump(fx, y, (side * face.eye_distance, eye - 0.22), 0.24, 0.07)
        z = z + (0.06 + 0.05 * view.smile) * _bump(fx, y, (side * 0.44, eye + 0.33), 0.2, 0.2)
        z = z + face.fullness * _bump(fx, y, (side * 0.42, mouth), 0.2, 0.24)
        z = z - (0.012 + 0.012 * view.smile + 0.03 * face.age) * _bump(
            fx, y, (side * (0.27 + (y - tip) * 0.35), tip + 0.12), 0.04, 0.16
        )
    z = z + 0.05 * _bump(fx, y, (0, mouth), face.mouth_width * 1.1, 0.14)
    z = (
        z
        + 0.035 * _bump(fx, y, (0, mouth - 0.04), face.mouth_width * 0.8, 0.035)
        + 0.045 * _bump(fx, y, (0, mouth + 0.06), face.mouth_width * 0.7, 0.04)
    )
    z = z - 0.045 * _bump(fx, y, (0, mouth + 0.155), 0.2, 0.045)
    return z + 0.08 * _bump(fx, y, (0, mouth + 0.3), 0.2, 0.13)


def _light(z: Field, x: Field, y: Field, view: View) -> Any:
    """Lambert's law with a little sheen, and no darker than the light of the room."""
    step = max(abs(x[0, 1] - x[0, 0]), 1e-6)
    dy, dx = np.gradient(z, step)
    norm = np.sqrt(dx**2 + dy**2 + 1)
    light = np.array(view.light) / np.linalg.norm(view.light)
    facing = ((-dx * light[0] - dy * light[1] + light[2]) / norm).clip(0, 1)
    return 0.42 + 0.66 * facing + 0.1 * facing**24


def _complexion(face: Features, view: View, fx: Field, y: Field) -> Any:
    albedo = np.empty((*fx.shape, 3), np.float32)
    albedo[:] = face.skin
    for side in (-1, 1):
        _lay(albedo, (206, 120, 104), 0.16 * _bump(fx, y, (side * 0.44, face.eye_height + 0.36), 0.2, 0.16))
        _lay(albedo, (70, 48, 44), 0.3 * _bump(fx, y, (side * face.eye_distance, face.eye_height + 0.02), 0.22, 0.13))
    _lay(albedo, (196, 110, 96), 0.12 * _bump(fx, y, (0, 0.3), 0.14, 0.1))
    if face.beard > 0.2:
        around = 1 - _bump(fx, y, (0, face.mouth_height), 0.24, 0.085)
        low = _step(y - 0.33 - 0.35 * np.exp(-((fx / 0.45) ** 2)) * 0.35, 0.07)
        _lay(albedo, face.hair, (min(face.beard, 0.62) * low * around).clip(0, 1))
    if face.moustache:
        over = 1 - np.abs((y - face.mouth_height + 0.105 + 0.1 * fx**2) / 0.05) ** 2 - np.abs(fx / 0.3) ** 4
        _lay(albedo, np.array(face.hair) * (0.9 + 0.2 * np.sin(fx * 90))[..., None], 0.85 * _step(over, 0.3))
    return albedo


def _eye(albedo: Field, face: Features, view: View, fx: Field, y: Field, side: int, soft: float) -> None:
    size, at = face.eye_size, (side * face.eye_distance, face.eye_height)
    u, v = (fx - at[0]) / size, (y - at[1]) / size
    v = v + side * u * face.tilt
    upper, lower = 0.48 * (1 - u**2), 0.34 * (1 - u**2) * (1 - 0.25 * view.smile)
    opening = _step(upper + v, 0.06) * _step(lower - v, 0.06) * _step(1 - np.abs(u), 0.04)
    ball = (
        np.array([236.0, 232.0, 226.0])
        * (0.98 - 0.22 * np.abs(u) - 0.3 * np.exp(-(((v + upper) / 0.16) ** 2)))[..., None]
    )
    _lay(albedo, ball, opening)
    radius = np.hypot(u, v + 0.04)
    _lay(albedo, np.array(face.iris) * (0.8 + 0.5 * radius[..., None]), opening * _step(0.42 - radius, 0.03))
    _lay(albedo, (14, 12, 12), opening * _step(0.19 - radius, 0.03))
    _lay(albedo, (255, 255, 255), opening * _step(0.08 - np.hypot(u + 0.14, v + 0.18), 0.02))
    lid = np.exp(-(((v + upper + 0.02) / 0.1) ** 2)) * _step(1.08 - np.abs(u), 0.06)
    _lay(albedo, (32, 22, 20), 0.88 * lid)
    crease = np.exp(-(((v + upper * 1.15 + 0.3) / 0.08) ** 2)) * _step(1.0 - np.abs(u), 0.12)
    _lay(albedo, np.array(face.skin) * 0.5, 0.5 * crease)
    rim = np.exp(-(((v - lower - 0.02) / 0.07) ** 2)) * _step(1 - np.abs(u), 0.06)
    _lay(albedo, np.array(face.skin) * 0.45, 0.5 * rim)
    bag = np.exp(-(((v - lower - 0.34) / 0.12) ** 2)) * _step(1 - np.abs(u), 0.2)
    _lay(albedo, np.array(face.skin) * 0.62, (0.12 + 0.3 * face.age) * bag)


def _brow(albedo: Field, face: Features, fx: Field, y: Field, side: int) -> None:
    u = (fx * side - face.eye_distance) / (face.eye_size * 1.5)
    line = face.eye_height - 0.205 - 0.045 * (1 - (u - 0.15) ** 2) + face.brow_slope * 0.2 * u
    thick = face.brow * (1.15 - 0.4 * u).clip(0.3, 1.6)
    mask = np.exp(-(np.abs((y - line) / thick) ** 2.4)) * _step(1 - np.abs(u), 0.06)
    hairs = 0.86 + 0.14 * np.sin(fx * 160 + y * 60 * side)
    _lay(albedo, np.array(face.hair) * 0.8, (0.9 * mask * hairs).clip(0, 1))


def _spectacles(canvas: Field, face: Features, fx: Field, y: Field, soft: float) -> None:
    power, high = (2, 0.19) if face.glasses == "round" else (5, 0.15)
    for side in (-1, 1):
        u, v = (fx - side * face.eye_distance) / 0.23, (y - face.eye_height - 0.03) / high
        ring = np.abs((np.abs(u) ** power + np.abs(v) ** power) ** (1 / power) - 1)
        _lay(canvas, (26, 24, 26), 0.92 * _step(0.085 - ring, 0.02))
        arm = _step(0.016 - np.abs(y - face.eye_height), soft) * _step(side * fx - face.eye_distance - 0.23, soft)
        _lay(canvas, (26, 24, 26), 0.8 * arm * _step(face.width - side * fx, soft))
    bridge = np.abs(y - face.eye_height + 0.02 - 0.04 * (fx / 0.1) ** 2)
    _lay(canvas, (26, 24, 26), 0.9 * _step(0.018 - bridge, soft) * _step(face.eye_distance - 0.22 - np.abs(fx), soft))


def _nostrils(albedo: Field, face: Features, fx: Field, y: Field) -> None:
    tip = face.eye_height + face.nose_length + 0.08
    for side in (-1, 1):
        hole = _bump(fx, y, (side * face.nose_width * 0.52, tip + 0.035), 0.045, 0.022)
        _lay(albedo, (44, 22, 20), 0.85 * hole)
        wing = _bump(fx, y, (side * (face.nose_width + 0.05), tip), 0.022, 0.055)
        _lay(albedo, np.array(face.skin) * 0.5, 0.5 * wing)
    _lay(albedo, np.array(face.skin) * 0.5, 0.5 * _bump(fx, y, (0, tip + 0.07), face.nose_width * 0.9, 0.03))


def _mouth(albedo: Field, face: Features, view: View, fx: Field, y: Field, soft: float) -> None:
    u = fx / (face.mouth_width * (1 + 0.16 * view.smile))
    v = y - face.mouth_height + (0.05 * view.smile + 0.012) * (u**2 - 0.3)
    bow = face.lips * (1 - u**2).clip(0, 1) ** 0.7 * (1 - 0.22 * np.exp(-((u / 0.16) ** 2)))
    full = face.lips * 1.25 * (1 - u**2).clip(0, 1) ** 0.6
    lips = _step(v + bow, 0.008) * _step(full - v, 0.01) * _step(1 - np.abs(u), 0.03)
    tone = np.array(face.skin) * np.array([0.86, 0.6, 0.6]) + np.array([14, 0, 4])
    _lay(albedo, tone * np.where(v < 0, 0.86, 1.04)[..., None], 0.9 * lips)
    gap = np.exp(-((v / 0.013) ** 2)) * _step(1.04 - np.abs(u), 0.04)
    _lay(albedo, (52, 20, 22), 0.9 * gap)
    _lay(
        albedo,
        np.array(face.skin) * 0.55,
        0.35 * _bump(fx, y, (0, face.mouth_height + face.lips * 1.25 + 0.05), 0.16, 0.03),
    )


def _fringe(canvas: Field, face: Features, x: Field, y: Field, edge: Field, soft: float) -> None:
    """Hair over the forehead and temples."""
    parting = 0.5 * (face.age - 0.5)
    line = (-1.02 if face.receding else face.hairline) + 0.3 * np.abs((x - parting) / 0.75) ** 2.6
    crown = _step(_crown(face, x, y), soft * 2.5)
    mass = _step(line - y, soft * 3)
    down = 1.15 if face.long_hair else 0.02
    inner = 0.1 if face.long_hair else 0.05
    lock = _step(np.abs(x) - edge + inner, soft * 3) * _step(down - y, soft * 7) * _step(0.9 - y, soft * 4)
    glow = 1 + 0.35 * np.exp(-(((y + 0.98 + 0.35 * x**2) / 0.14) ** 2))
    colour = np.array(face.hair) * (_strands(x, y, face.age * 9) * glow)[..., None]
    _lay(canvas, colour, np.maximum(mass, lock) * crown)


@lru_cache(maxsize=1)
def astronaut() -> Image.Image:
    """The one photograph, in the public domain, as scikit-image distributes it; it lies in nobody's repository but
    theirs, so it is there only where their package is (development). ImportError elsewhere."""
    from skimage import data

    return Image.fromarray(data.astronaut()).crop((56, 0, 440, 480))  # type: ignore[no-untyped-call]
