"""The one way a list leaves: CSV, XLSX or JSON, with who took it, when and what for inside, and nothing in it that a
spreadsheet would run. Each format is made piece by piece, so that its length costs no memory."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FORMULA = set("=+-@\t\r\n|%＝＋－＠")
TOGETHER = 500  # rows in a piece

Rows = Iterable[Sequence[object]]


@dataclass(frozen=True)
class About:
    """What a file says of itself."""

    title: str
    by: str
    at: datetime
    purpose: str
    asked: str
    rows: int

    def lines(self) -> list[tuple[str, object]]:
        return [
            (_("Export"), self.title),
            (_("Exported by"), self.by),
            (_("Exported at"), in_zone(self.at)),
            (_("Purpose"), self.purpose),
            (_("Filter"), self.asked or _("none")),
            (_("Rows"), self.rows),
        ]

    def file_name(self, ending: str) -> str:
        """With day, time and zone: of two files of one list, which is the newer."""
        moment = timezone.localtime(self.at)
        zone = timezone.get_current_timezone_name().replace("/", "-")
        return f"{slugify(self.title) or 'list'} {moment:%Y-%m-%d %H%M} {zone}.{ending}"


@dataclass(frozen=True)
class Format:
    title: Any
    content_type: str
    pieces: Callable[[About, Sequence[object], Rows], Iterator[bytes]]


def in_zone(moment: datetime) -> str:
    """In the reader's zone, which is said."""
    local = timezone.localtime(moment)
    return f"{local:%Y-%m-%d %H:%M:%S} {timezone.get_current_timezone_name()}"


def neutralised(cell: object) -> str:
    """A cell whose text a spreadsheet would run as a formula gets an apostrophe before it (OWASP, CSV injection)."""
    text = "" if cell is None else str(cell)
    if isinstance(cell, str) and (text.lstrip()[:1] in FORMULA or text[:1] in FORMULA) and text:
        return "'" + text
    return text


def _together(rows: Rows) -> Iterator[list[Sequence[object]]]:
    waiting: list[Sequence[object]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == TOGETHER:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


# --- CSV ----------------------------------------------------------------------------------------------------------


def as_csv(about: About, head: Sequence[object], rows: Rows) -> Iterator[bytes]:
    """UTF-8 with a mark, which spreadsheets need to read it as such; what it is, an empty line, then the table."""
    yield b"\xef\xbb\xbf" + _csv([*about.lines(), (), head])
    for few in _together(rows):
        yield _csv(few)


def _csv(rows: Rows) -> bytes:
    page = io.StringIO()
    csv.writer(page, quoting=csv.QUOTE_ALL).writerows([neutralised(cell) for cell in row] for row in rows)
    return page.getvalue().encode()


# --- JSON ---------------------------------------------------------------------------------------------------------


def as_json(about: About, head: Sequence[object], rows: Rows) -> Iterator[bytes]:
    names = [str(name) for name in head]
    said = json.dumps({name: str(value) for name, value in about.lines()}, ensure_ascii=False)
    yield f'{{"about": {said},\n"rows": ['.encode()
    before = "\n"
    for few in _together(rows):
        objects = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=str) for row in few)
        yield (before + ",\n".join(objects)).encode()
        before = ",\n"
    yield b"\n]}\n"


# --- XLSX ---------------------------------------------------------------------------------------------------------

PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/worksheets/sheet2.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="xl/workbook.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    '<Relationship Id="rId2" Target="worksheets/sheet2.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Rows" sheetId="1" r:id="rId1"/><sheet name="About" sheetId="2" r:id="rId2"/></sheets></workbook>',
}
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
LONGEST = 32_767  # characters a cell may hold


class _Out(io.RawIOBase):
    """What the archive has written since it was last asked."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def taken(self) -> bytes:
        found, self.waiting = bytes(self.waiting), bytearray()
        return found


def as_xlsx(about: About, head: Sequence[object], rows: Rows) -> Iterator[bytes]:
    """Two sheets, texts within their cells: nothing is kept until the end, nor put into a temporary file in the clear,
    as libraries do."""
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write((SHEET + _row(head)).encode())
            for few in _together(rows):
                sheet.write("".join(_row(row) for row in few).encode())
                yield out.taken()
            sheet.write(b"</sheetData></worksheet>")
        about_rows = "".join(_row(line) for line in about.lines())
        archive.writestr("xl/worksheets/sheet2.xml", f"{SHEET}{about_rows}</sheetData></worksheet>")
    yield out.taken()


def _row(cells: Sequence[object]) -> str:
    return f"<row>{''.join(_cell(cell) for cell in cells)}</row>"


def _cell(cell: object) -> str:
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) < 10**15:
        return f"<c><v>{cell}</v></c>"
    text = "".join(sign for sign in neutralised(cell)[:LONGEST] if sign in "\t\n\r" or sign >= " ")
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: dict[str, Format] = {
    "csv": Format(gettext_lazy("CSV"), "text/csv; charset=utf-8", as_csv),
    "xlsx": Format(gettext_lazy("Excel (XLSX)"), XLSX_TYPE, as_xlsx),
    "json": Format(gettext_lazy("JSON"), "application/json", as_json),
}
