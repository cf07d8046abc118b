"""Security paper and print: pale colours, guilloche, the word SPECIMEN, and text in the bundled fonts."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

FONTS = Path(__file__).parent / "fonts"
MILLIMETRE = 12  # pixels: a little over 300 dpi
INK = (24, 26, 34)
RED = (176, 38, 48)

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]


@lru_cache(maxsize=64)
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSansCondensed-Bold.ttf" if bold else "DejaVuSansCondensed.ttf"
    return ImageFont.truetype(FONTS / name, size)


@lru_cache(maxsize=4)
def ocr_b(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / "OCRB.otf", size)


@lru_cache(maxsize=16)
def paper(size: tuple[int, int], tone: Colour, accent: Colour) -> Image.Image:
    """Blank paper of one kind of document: the same every time, so it is drawn once."""
    width, height = size
    down, right = np.mgrid[0:height, 0:width].astype(np.float32)
    mix = ((right / width + down / height) / 2)[..., None]
    glow = np.exp(-(((right / width - 0.62) / 0.35) ** 2) - ((down / height - 0.45) / 0.5) ** 2)[..., None]
    start, end = np.array(tone, np.float32), np.array(accent, np.float32) * 0.22 + 255 * 0.78
    page = Image.fromarray((start * (1 - mix) + end * mix + 9 * glow).clip(0, 255).astype(np.uint8))
    ink = Image.new("L", (width * 2, height * 2), 0)
    draw = ImageDraw.Draw(ink)
    _waves(draw, width * 2, height * 2)
    _rosette(draw, (width * 1.32, height * 0.86), height * 0.72, 11, 5)
    _rosette(draw, (width * 1.32, height * 0.86), height * 0.38, 7, 3)
    _rosette(draw, (width * 0.3, height * 1.5), height * 0.42, 9, 4)
    ink = ink.resize(size, Image.Resampling.LANCZOS)
    page.paste(Image.new("RGB", size, accent), mask=ink.point(lambda value: int(value * 0.34)))
    _word(page, size)
    return page


def _waves(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """Families of sines that drift against each other."""
    x = np.linspace(0, width, 240)
    for family, (length, swing) in enumerate(((0.5, 0.06), (0.31, 0.045), (0.83, 0.09))):
        for line in range(16):
            base = height * (line / 15)
            y = base + np.sin(x / (width * length) * 6.283 + line * 0.33 + family) * height * swing
            y += np.sin(x / (width * 0.11) + line) * height * 0.006
            draw.line([(float(a), float(b)) for a, b in zip(x, y, strict=True)], fill=150, width=2)


def _rosette(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, petals: int, turns: int) -> None:
    angle = np.linspace(0, 6.2832 * turns, 900)
    for ring in range(7):
        reach = radius * (0.58 + 0.06 * ring)
        r = reach * (1 + 0.24 * np.cos(angle * petals / turns + ring * 0.22))
        points = zip(centre[0] + r * np.cos(angle), centre[1] + r * np.sin(angle), strict=True)
        draw.line([(float(a), float(b)) for a, b in points], fill=205, width=2)


def _word(page: Image.Image, size: tuple[int, int]) -> None:
    """SPECIMEN across the paper, under the print, so that it can be seen and the print can be read."""
    width, height = size
    mask = Image.new("L", size, 0)
    letters = font(round(height * 0.25), bold=True)
    draw = ImageDraw.Draw(mask)
    draw.text((width * 0.54, height * 0.46), "SPECIMEN", 255, letters, anchor="mm", stroke_width=2)
    mask = mask.rotate(20, Image.Resampling.BICUBIC, center=(width * 0.54, height * 0.46))
    page.paste(Image.new("RGB", size, RED), mask=mask.point(lambda value: int(value * 0.13)))


def write(
    page: Image.Image, at: tuple[int, int], text: str, size: int, *, room: int, bold: bool = True, ink: Colour = INK,
    anchor: str = "la",
) -> None:  # fmt: skip
    """A line that shrinks until it fits into its room."""
    while size > 9 and font(size, bold).getlength(text) > room:
        size -= 1
    ImageDraw.Draw(page).text(at, text, ink, font(size, bold), anchor=anchor)


def field(page: Image.Image, at: tuple[int, int], label: str, value: str, *, room: int, scale: float = 1.0) -> None:
    """A label in two languages and the value below it; a long value takes a second line before it gets tiny."""
    write(page, at, label, round(17 * scale), room=room, bold=False, ink=(62, 84, 98))
    size = round(31 * scale)
    left, top = at[0], at[1] + round(20 * scale)
    if font(round(size * 0.68), bold=True).getlength(value) <= room or " " not in value:
        write(page, (left, top), value, size, room=room)
        return
    words, first = value.split(" "), ""
    while words and font(round(size * 0.62), bold=True).getlength(f"{first} {words[0]}") <= room:
        first = f"{first} {words.pop(0)}".strip()
    for line, text in enumerate((first, " ".join(words))):
        write(page, (left, top + line * round(21 * scale)), text, round(size * 0.62), room=room)


def zone(page: Image.Image, lines: list[str], left: int, top: int, pitch: float, leading: int) -> None:
    """The machine-readable lines: OCR-B, size 1, ten characters to the inch, each on its own place."""
    draw = ImageDraw.Draw(page)
    letters = ocr_b(round(pitch / 0.723))
    for row, line in enumerate(lines):
        for column, mark in enumerate(line):
            draw.text((left + column * pitch, top + row * leading), mark, (12, 12, 16), letters, anchor="ls")


def emblem(page: Image.Image, centre: tuple[int, int], radius: int, colour: Colour) -> None:
    """A crescent island in a ring: the seal of a state that is nowhere."""
    scale = 4
    seal = Image.new("L", (radius * 2 * scale, radius * 2 * scale), 0)
    draw = ImageDraw.Draw(seal)
    whole = radius * 2 * scale
    draw.ellipse((0, 0, whole - 1, whole - 1), fill=255)
    draw.ellipse((whole * 0.05, whole * 0.05, whole * 0.95, whole * 0.95), fill=0)
    draw.ellipse((whole * 0.09, whole * 0.09, whole * 0.91, whole * 0.91), fill=255)
    draw.ellipse((whole * 0.24, whole * 0.2, whole * 0.78, whole * 0.74), fill=0)
    draw.ellipse((whole * 0.36, whole * 0.24, whole * 0.66, whole * 0.54), fill=255)
    for ray in range(12):
        angle = ray * 0.5236
        x, y = whole * (0.5 + 0.465 * np.cos(angle)), whole * (0.5 + 0.465 * np.sin(angle))
        draw.ellipse((x - 6, y - 6, x + 6, y + 6), fill=0)
    seal = seal.resize((radius * 2, radius * 2), Image.Resampling.LANCZOS)
    page.paste(Image.new("RGB", seal.size, colour), (centre[0] - radius, centre[1] - radius), seal)


def signature(page: Image.Image, box: Box, name: str) -> None:
    """A scribble that depends on the name and spells nothing."""
    left, top, right, bottom = box
    seeds = np.frombuffer(name.encode().ljust(12, b"u")[:12], np.uint8).astype(float) / 255
    t = np.linspace(0, 1, 160)
    x = t + 0.05 * np.sin(t * (20 + 14 * seeds[0]))
    y = (
        0.5
        + sum((0.3 - 0.025 * n) * np.sin(t * (5 + 4 * n) + 9 * seeds[n]) * (0.4 + seeds[n]) for n in range(1, 6)) / 2.4
    )
    layer = Image.new("L", ((right - left) * 2, (bottom - top) * 2), 0)
    points = [(float(a) * layer.width * 0.92 + 8, float(b) * layer.height * 0.9) for a, b in zip(x, y, strict=True)]
    ImageDraw.Draw(layer).line(points, fill=255, width=5, joint="curve")
    layer = layer.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    page.paste(Image.new("RGB", layer.size, (26, 34, 92)), (left, top), layer)


def place(page: Image.Image, portrait: Image.Image, box: Box, fade: float = 0.0) -> None:
    """A portrait printed on the paper; faded for the second, smaller one."""
    left, top, right, bottom = box
    picture = portrait.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    if not fade:
        page.paste(picture, (left, top))
        ImageDraw.Draw(page).rectangle((left - 1, top - 1, right, bottom), outline=(120, 132, 138))
        return
    # Like a watermark: only what is darker than the studio's backdrop shows.
    grey = picture.convert("L").point(lambda value: round(255 - (255 - min(255, value * 1.18)) * (1 - fade)))
    screen = Image.new("L", grey.size, 255)
    for row in range(0, screen.height, 5):  # printed in lines, as second portraits are
        ImageDraw.Draw(screen).line((0, row, screen.width, row), fill=0, width=2)
    grey.paste(255, mask=screen.point(lambda value: 255 - value))
    page.paste(ImageChops.multiply(page.crop(box), grey.convert("RGB")), (left, top))
