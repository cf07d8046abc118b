"""Uploads of strangers: every hostile file is refused with a reason that names the field, or loses what was hostile."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pypdfium2
import pytest
from PIL import Image, ImageFile

from base.errors import Invalid
from kyc.vision.intake import MAX_BYTES, Intake, rebuild


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    out = io.BytesIO()
    if form == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    image.save(out, form, **options)
    return out.getvalue()


def pdf(pages: int = 1, side: float = 200) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(side, side)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        bundle.writestr("run.sh", "echo hello")
    return out.getvalue()


def png(side: int, packed: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def png_bomb() -> bytes:
    """144 million pixels in some kilobytes."""
    return png(12_000, zlib.compress(bytes(12_000 * (12_000 // 8 + 1)), 9))


def png_without_its_lower_half() -> bytes:
    rows = zlib.compress(bytes(index * index % 251 for index in range(400 * (400 // 8 + 1))))
    return png(400, rows[: len(rows) // 2])


def encrypted_pdf() -> bytes:
    """A standard security handler of revision 2, the kind every reader asks a password for."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
        b"4 0 obj<</Filter/Standard/V 1/R 2/P -4/O<" + b"28" * 32 + b">/U<" + b"29" * 32 + b">>>endobj\n"
        b"trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]/Size 5>>\n%%EOF"
    )


HOSTILE: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("an empty file", "a.jpg", bytes, "empty"),
    ("HTML named .jpg", "a.jpg", lambda: b"<!DOCTYPE html><script>alert(1)</script>", "unknown_type"),
    ("SVG named .png", "a.png", lambda: b'<?xml version="1.0"?><svg onload="alert(1)"/>', "unknown_type"),
    ("a program named .jpg", "a.jpg", lambda: b"MZ\x90\0" + bytes(500), "unknown_type"),
    ("a GIF", "a.gif", lambda: picture("GIF"), "unknown_type"),
    ("a TIFF", "a.tif", lambda: picture("TIFF"), "unknown_type"),
    ("noise", "a.jpg", lambda: bytes(range(256)) * 4, "unknown_type"),
    ("a PDF behind other bytes", "a.pdf", lambda: b"\n\n" + pdf(), "unknown_type"),
    ("half a JPEG", "a.jpg", lambda: picture(size=(400, 400))[:-900], "truncated"),
    ("half a PNG", "a.png", lambda: picture("PNG")[:-40], "truncated"),
    ("half a WEBP", "a.webp", lambda: picture("WEBP")[:-10], "truncated"),
    ("half a PDF", "a.pdf", lambda: pdf()[:60], "truncated"),
    ("a PNG without its lower half", "a.png", png_without_its_lower_half, "damaged"),
    ("a PNG with a wrong checksum", "a.png", lambda: picture("PNG").replace(b"IDAT", b"IDAT\0", 1), "truncated"),
    ("a JPEG and a ZIP at once", "a.jpg", lambda: picture() + archive(), "two_files"),
    ("a JPEG with HTML behind it", "a.jpg", lambda: picture() + b"<html><script>alert(1)</script>", "two_files"),
    ("a PNG with PHP behind it", "a.png", lambda: picture("PNG") + b"<?php system('id');", "two_files"),
    ("a PDF and a ZIP at once", "a.pdf", lambda: pdf() + archive(), "two_files"),
    ("a bomb of 144 million pixels", "a.png", png_bomb, "too_many_pixels"),
    ("a PDF page of ten metres", "a.pdf", lambda: pdf(side=14_000), "too_many_pixels"),
    ("an encrypted PDF", "a.pdf", encrypted_pdf, "encrypted"),
    ("a PDF of 200 pages", "a.pdf", lambda: pdf(pages=200), "too_many_pages"),
    ("a PDF that is none", "a.pdf", lambda: b"%PDF-1.7 nothing %%EOF", "damaged"),
    ("a tracking pixel", "a.png", lambda: picture("PNG", size=(1, 1)), "too_small"),
    (
        "a moving picture",
        "a.png",
        lambda: picture("PNG", save_all=True, append_images=[Image.new("RGB", (64, 48), "red")]),
        "moving",
    ),
    ("a file over the limit", "a.jpg", lambda: bytes(MAX_BYTES + 1), "too_large"),
]


@pytest.mark.parametrize(("name", "make", "code"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_file_is_refused_and_the_refusal_names_the_field(
    name: str, make: Callable[[], bytes], code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        rebuild(make(), name)
    assert (refusal.value.code, refusal.value.field) == (code, "file")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_an_honest_picture_comes_through_clean(form: str) -> None:
    suffix = {"JPEG": "jpg", "HEIF": "heic"}.get(form, form.lower())
    intake = rebuild(picture(form), f"me.{suffix}")
    assert (intake.verdict, intake.pages[0].width, intake.pages[0].height) == ("clean", 64, 48)


def test_a_pdf_of_five_pages_gives_five_pictures() -> None:
    assert len(rebuild(pdf(pages=5), "statement.pdf").pages) == 5


def neutralised(data: bytes, name: str = "a.jpg") -> Intake:
    intake = rebuild(data, name)
    assert intake.verdict == "neutralised"
    return intake


def test_a_script_in_the_comment_is_dropped() -> None:
    intake = neutralised(picture(comment=b"<?php system($_GET['c']); ?>"))
    assert b"php" not in intake.pages[0].data


def test_a_film_behind_the_picture_is_dropped_and_counted() -> None:
    intake = neutralised(picture() + b"\0\0\0\x18ftypmp42" + b"film" * 10)
    assert "52 bytes" in intake.reasons[0]


def test_where_and_with_what_it_was_taken_is_dropped_and_the_turn_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif[0x010F] = "MARKED-CAMERA"
    page = rebuild(picture(exif=exif), "a.jpg").pages[0]
    assert (page.width, page.height) == (48, 64)
    assert b"MARKED-CAMERA" not in page.data


def test_a_wrong_ending_is_noted() -> None:
    assert neutralised(picture("PNG"), "a.jpg").kind == "png"


def test_half_a_picture_is_refused_even_after_the_face_library_allowed_it() -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    with pytest.raises(Invalid):
        rebuild(png_without_its_lower_half(), "a.png")
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "I;16", "1"])
def test_every_way_of_storing_pixels_becomes_plain_colour(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.linear_gradient("L").convert(mode) if mode != "I;16" else Image.new("I;16", (64, 64), 40_000)
    out = io.BytesIO()
    image.save(out, form)
    page = rebuild(out.getvalue(), "a." + form.lower()).pages[0]
    with Image.open(io.BytesIO(page.data)) as painted:
        assert painted.mode == "RGB"
