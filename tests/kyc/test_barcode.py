"""PDF417 codes: photographed ones, and licences made up here and held askew before a camera."""

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from kyc.vision import barcode
from kyc.vision.pictures import Pixels
from tests.kyc.test_aamva import MADE_UP

PHOTOS = Path(settings.BASE_DIR).parent / "shared" / "data" / "documents" / "pdf417"

pytestmark = pytest.mark.models


def askew(payload: bytes, seed: int) -> Pixels:
    """A licence's back on a table: turned up to 14 degrees, tilted, a little blurred, noisy."""
    import cv2
    import pdf417gen

    noise = np.random.default_rng(seed)
    code = pdf417gen.render_image(pdf417gen.encode(payload, columns=13, security_level=5), scale=3, ratio=3, padding=12)
    width = code.width
    card = Image.new("RGB", (round(width * 1.12), round(width * 0.7)), "#ebebeb")
    card.paste(code, ((card.width - width) // 2, card.height // 8))
    angle = np.radians(noise.uniform(-14, 14))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[0, 0], [card.width, 0], [card.width, card.height], [0, card.height]], np.float32)
    centre = corners.mean(axis=0)
    seen = (corners - centre) @ turn.T * (1100 / card.width) + (800, 600) + noise.uniform(-70, 70, (4, 2))
    matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    flat = cv2.warpPerspective(np.asarray(card), matrix, (1600, 1200), flags=cv2.INTER_AREA, borderValue=(90, 110, 120))
    photo = cv2.GaussianBlur(flat, (0, 0), 0.8) + noise.normal(0, 6, flat.shape)
    return np.asarray(np.clip(photo, 0, 255), np.uint8)


def test_licences_held_askew_are_read_and_none_wrongly() -> None:
    read = [barcode.read(askew(MADE_UP.encode(), seed)) for seed in range(8)]
    assert all(code.data == MADE_UP.encode() for code in read if code)
    assert sum(code is not None for code in read) >= 7


def test_a_picture_without_a_code_has_none() -> None:
    assert barcode.read(np.asarray(Image.linear_gradient("L").convert("RGB"))) is None


@pytest.mark.skipif(not PHOTOS.exists(), reason="the photographs of ../shared/data are absent")
@pytest.mark.parametrize("path", sorted(PHOTOS.glob("*.png")) if PHOTOS.exists() else [], ids=lambda path: path.stem)
def test_a_photographed_code_gives_its_bytes(path: Path) -> None:
    text, binary = path.with_suffix(".txt"), path.with_suffix(".bin")
    code = barcode.read(np.asarray(Image.open(path).convert("RGB")))
    assert code is not None
    assert code.data == (text if text.exists() else binary).read_bytes()
