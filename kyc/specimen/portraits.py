"""Portraits for papers and selfies of the same invented people."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from kyc.specimen.faces import View, astronaut, drawn, features
from kyc.specimen.people import Person

STUDIO = (222, 228, 232)


def portrait(person: Person) -> Image.Image:
    """As a photographer takes it for a passport: frontal, even light, plain backdrop; 35 x 45 mm."""
    return _portrait(person.face, person.sex).copy()


def far_portrait(person: Person) -> Image.Image:
    """The head so small in the frame that fewer than 30 pixels lie between the eyes: too little to compare."""
    if person.face == "astronaut":
        page = Image.new("RGB", (384, 492), STUDIO)
        small = astronaut().resize((130, 162), Image.Resampling.LANCZOS)
        page.paste(small, (127, 330))
        return page
    return drawn(features(int(person.face), person.sex), View(), (384, 492), STUDIO, zoom=0.27)


def selfie(person: Person, seed: int = 1) -> Image.Image:
    """The same face on another day: held askew, lit from a window, smiling a little, in a room, with grain."""
    dice = np.random.default_rng([seed, 77])
    side = float(dice.choice([-1, 1]))
    turn, yaw = side * float(dice.uniform(0.03, 0.1)), -side * float(dice.uniform(0.02, 0.07))
    if person.face == "astronaut":
        picture = _astronaut_selfie(turn, side)
    else:
        view = View(turn=turn, yaw=yaw, smile=0.7, light=(side * 0.5, -0.35, 0.8), warmth=0.045)
        picture = drawn(features(int(person.face), person.sex), view, (390, 520), (158, 148, 132), zoom=0.86)
        picture = picture.resize((720, 960), Image.Resampling.BICUBIC)
    return _grain(picture, dice)


@lru_cache(maxsize=64)
def _portrait(face: int | str, sex: str) -> Image.Image:
    if face == "astronaut":
        return astronaut().crop((62, 0, 276, 274)).resize((384, 492), Image.Resampling.LANCZOS)
    small = drawn(features(int(face), sex), View(), (320, 410), STUDIO)
    return small.resize((384, 492), Image.Resampling.BICUBIC)


def _astronaut_selfie(turn: float, side: float) -> Image.Image:
    """Another crop of the photograph, turned and lit from one side."""
    picture = astronaut().rotate(
        np.degrees(turn), Image.Resampling.BICUBIC, center=(168, 120), fillcolor=(186, 176, 164)
    )
    picture = picture.crop((38, 0, 308, 360)).resize((720, 960), Image.Resampling.BICUBIC)
    picture = ImageEnhance.Color(ImageEnhance.Brightness(picture).enhance(0.86)).enhance(0.8)
    pixels = np.asarray(picture, np.float32)
    ramp = np.linspace(1 - 0.18 * side, 1 + 0.18 * side, pixels.shape[1], dtype=np.float32)[None, :, None]
    return Image.fromarray((pixels * ramp * np.array([1.05, 1.0, 0.93], np.float32)).clip(0, 255).astype(np.uint8))


def _grain(picture: Image.Image, dice: np.random.Generator) -> Image.Image:
    pixels = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    noise = dice.standard_normal(pixels.shape[:2], np.float32)[..., None] * 4
    return Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))
