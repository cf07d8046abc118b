"""What a stranger uploads becomes pages of pixels, or is refused with a reason.

Nothing of the file itself reaches a reviewer: a page is painted anew from its pixels, without comments, metadata,
profiles, scripts or whatever was appended. The uploaded bytes are only ever stored sealed, as evidence.
"""

import hashlib
import io
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from base.errors import Invalid

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
MIN_SIDE = 32
MAX_PAGES = 5
PDF_DPI = 200
KEPT_SIDE = 4096  # pages are kept at most this large: nothing that reads them gains from more

_pdfium = threading.Lock()  # the PDF library is not thread-safe


@dataclass(frozen=True)
class Page:
    """One page painted anew: a plain JPEG and its size."""

    data: bytes
    width: int
    height: int
    media_type: str = "image/jpeg"


@dataclass(frozen=True)
class Intake:
    """What an upload turned out to be. `reasons` says what was left behind, verdict is then `neutralised`."""

    kind: str
    sha256: str
    size: int
    pages: tuple[Page, ...]
    reasons: tuple[str, ...]

    @property
    def verdict(self) -> str:
        return "neutralised" if self.reasons else "clean"


def rebuild(data: bytes, name: str) -> Intake:
    """Pages of an upload rebuilt from pixels. Raises Invalid(field="file") for what is not accepted."""
    if not data:
        raise _refuse("empty", _("The file is empty."))
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise _refuse("too_large", _("The file is larger than %(limit)s MB.") % {"limit": limit})
    kind = sniff(data)
    end = _ENDS[kind](data)
    if end is None:
        raise _refuse("truncated", _("The file breaks off before its end. Send the whole file."))
    reasons = [*_left_behind(data, end, kind), *_misnamed(name, kind)]
    with _strict_pictures():
        pages = _pdf_pages(data) if kind == "pdf" else (_picture_page(data, kind),)
    return Intake(kind, hashlib.sha256(data).hexdigest(), len(data), pages, tuple(reasons))


# --- what kind of file -----------------------------------------------------------------------------------------------

_OTHERS = (
    (rb"GIF8", "GIF"),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "TIFF"),
    (rb"MZ|\x7fELF", "program"),
    (rb"PK\x03\x04", "ZIP archive"),
    (rb"(?is)(\xef\xbb\xbf)?\s*(<\?xml.*?)?(<!--.*?-->\s*)?(<!doctype svg|<svg)", "SVG"),
    (rb"(?is)(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body|script)", "HTML page"),
)


def sniff(data: bytes) -> str:
    """The kind by the first bytes, whatever the name says. Raises Invalid for a kind that is not accepted."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"):
        return "heic"
    if data.startswith(b"%PDF-"):
        return "pdf"
    other = next((label for pattern, label in _OTHERS if re.match(pattern, data[:4096])), "")
    if other:
        text = _("This is a %(kind)s, whatever its name says. Send a JPEG, PNG, WEBP, HEIC or PDF.") % {"kind": other}
    else:
        text = _("This is not a picture that can be read. Send a JPEG, PNG, WEBP, HEIC or PDF.")
    raise _refuse("unknown_type", text)


_EXTENSIONS = {
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "png": (".png",),
    "webp": (".webp",),
    "heic": (".heic", ".heif"),
    "pdf": (".pdf",),
}


def _misnamed(name: str, kind: str) -> Iterator[str]:
    suffix = PurePath(name.lower()).suffix
    if suffix and suffix not in _EXTENSIONS[kind]:
        yield _("The name ends in %(suffix)s but the file is %(kind)s.") % {"suffix": suffix, "kind": kind.upper()}


# --- where a file should end -----------------------------------------------------------------------------------------

# Behind a picture these are a second file in the same bytes. Phones append films and depth maps, which are dropped.
_SECOND_FILE = re.compile(rb"(?i)PK\x03\x04|PK\x05\x06|<html|<script|<svg|<\?php|<!doctype|%PDF-|MZ\x90\0|\x7fELF|#!/")
_SCRIPT = re.compile(rb"(?i)<script|<\?php|<html|<svg|javascript:")


def _left_behind(data: bytes, end: int, kind: str) -> Iterator[str]:
    trailing = data[end:]
    if trailing.strip(b"\0\r\n\t "):
        if _SECOND_FILE.search(trailing):
            text = _("Another file is hidden behind the %(kind)s. Send the picture alone.") % {"kind": kind.upper()}
            raise _refuse("two_files", text)
        yield _("%(count)s bytes behind the end of the file were dropped.") % {"count": len(trailing)}
    if _SCRIPT.search(data[:end]) and kind != "pdf":
        yield _("Program text inside the file was dropped.")


def _jpeg_end(data: bytes) -> int | None:
    """Walks the segments: the end marker of a thumbnail inside a segment is not the end."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
        if marker != 0xDA:
            continue
        scan = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]").search(data, position)
        if scan is None:
            return None
        position = scan.start()
        if data[position + 1] == 0xD9:
            return position + 2
    return None


def _png_end(data: bytes) -> int | None:
    position = 8
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        position += 12 + length
        if kind == b"IEND":
            return position if position <= len(data) else None
    return None


def _webp_end(data: bytes) -> int | None:
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    return end + end % 2 if end <= len(data) else None


def _heic_end(data: bytes) -> int | None:
    """The boxes of the container; a box that is no box begins what was appended."""
    position = 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if not kind.isalnum() or not kind.islower():
            break
        if length == 0:
            return len(data)
        if length == 1 and position + 16 <= len(data):
            length = struct.unpack_from(">Q", data, position + 8)[0]
        if length < 8:
            break
        if position + length > len(data):
            return None
        position += length
    return position or None


def _pdf_end(data: bytes) -> int | None:
    last = data.rfind(b"%%EOF")
    return last + 5 if last >= 0 else None


_ENDS = {"jpeg": _jpeg_end, "png": _png_end, "webp": _webp_end, "heic": _heic_end, "pdf": _pdf_end}


# --- from a file to pixels -------------------------------------------------------------------------------------------


@contextmanager
def _strict_pictures() -> Iterator[None]:
    """Half a picture is no picture, and a small file with too many pixels is an attack, not a warning."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # the face library turns this on for the whole process
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise _too_many_pixels() from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, MemoryError) as error:
            raise _refuse("damaged", _("The file is damaged and cannot be read whole.")) from error


def _picture_page(data: bytes, kind: str) -> Page:
    form = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}[kind]
    if kind == "heic":
        _know_heic()
    with Image.open(io.BytesIO(data), formats=[form]) as image:
        _check_size(*image.size)
        if kind in ("png", "webp") and getattr(image, "n_frames", 1) > 1:
            raise _refuse("moving", _("This is a moving picture. Send a still one."))
        if kind in ("jpeg", "png"):
            image.verify()
    with Image.open(io.BytesIO(data), formats=[form]) as image:
        image.load()
        return _paint(ImageOps.exif_transpose(image) or image)


def _know_heic() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)


def _pdf_pages(data: bytes) -> tuple[Page, ...]:
    import pypdfium2 as pdfium

    with _pdfium:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            if "password" in str(error).lower():
                raise _encrypted() from error
            raise _refuse("damaged", _("The file is damaged and cannot be read whole.")) from error
        try:
            return tuple(_pdf_page(page) for page in _accepted_pages(document))
        except pdfium.PdfiumError as error:
            raise _refuse("damaged", _("The file is damaged and cannot be read whole.")) from error
        finally:
            document.close()


def _accepted_pages(document: Any) -> list[Any]:
    import pypdfium2.raw as pdfium_c

    if pdfium_c.FPDF_GetSecurityHandlerRevision(document.raw) != -1:
        raise _encrypted()
    if len(document) > MAX_PAGES:
        text = _("The PDF has %(count)s pages; at most %(limit)s are accepted. Send only the pages that matter.")
        raise _refuse("too_many_pages", text % {"count": len(document), "limit": MAX_PAGES})
    if len(document) == 0:
        raise _refuse("empty", _("The PDF has no page."))
    return list(document)


def _pdf_page(page: Any) -> Page:
    scale = PDF_DPI / 72
    width, height = page.get_size()
    _check_size(round(width * scale), round(height * scale))
    bitmap = page.render(scale=scale)
    try:
        return _paint(bitmap.to_pil())
    finally:
        bitmap.close()


def _paint(image: Image.Image) -> Page:
    """A new picture that has nothing but the pixels of the old one."""
    flat = _opaque(image)
    fresh = Image.frombytes(flat.mode, flat.size, flat.tobytes())
    fresh.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    fresh.save(out, "JPEG", quality=95, subsampling=0)
    return Page(out.getvalue(), *fresh.size)


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits a sample
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(paper, layer)
    return image.convert("RGB")


# --- refusals --------------------------------------------------------------------------------------------------------


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise _refuse("too_small", _("The picture is smaller than %(side)s pixels.") % {"side": MIN_SIDE})


def _too_many_pixels() -> Invalid:
    limit = MAX_PIXELS // 1_000_000
    text = _("The picture has more than %(limit)s million pixels. Send a smaller one.") % {"limit": limit}
    return _refuse("too_many_pixels", text)


def _encrypted() -> Invalid:
    return _refuse("encrypted", _("The PDF is protected with a password or encrypted. Send one that is not."))


def _refuse(code: str, text: str) -> Invalid:
    return Invalid(text, code=code, field="file")
