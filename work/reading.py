"""Tables as people send them: CSV, XLSX and JSON, read line by line and never whole. Pure: bytes in, cells out.

What a file is made of (encoding, separator) is found out while it comes in, shown, and can be corrected. A line is
its number in the file and its cells as text; the first is the head.
"""

import codecs
import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from base.errors import Invalid
from work import files

Line = tuple[int, list[str]]

HEAD = 64 * 1024
SEPARATORS = (";", "\t", "|", ",")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso-8859-1")
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
NOT_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
UNZIPPED_AT_MOST = 1024 * 1024 * 1024
STRINGS_AT_MOST = 128 * 1024 * 1024  # the texts that an XLSX keeps apart are the one part that must lie in memory
OBJECT_AT_MOST = 256 * 1024
CELL_AT_MOST = 10_000
COLUMNS_AT_MOST = 200


@dataclass(frozen=True)
class Shape:
    """What a file is made of."""

    format: str
    encoding: str = ""
    separator: str = ""


@dataclass
class Sniffer:
    """Looks at a file while it passes."""

    head: bytes = b""
    newlines: int = 0
    is_utf8: bool = True
    in_1252: bool = True
    decoder: Any = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("strict"))

    def feed(self, piece: bytes) -> None:
        if len(self.head) < HEAD:
            self.head += piece[: HEAD - len(self.head)]
        self.newlines += piece.count(b"\n")
        self.in_1252 = self.in_1252 and not NOT_IN_1252.search(piece)
        if self.is_utf8:
            try:
                self.decoder.decode(piece)
            except UnicodeDecodeError:
                self.is_utf8 = False

    def shape(self) -> Shape:
        if self.head.startswith(b"PK\x03\x04"):
            return Shape("xlsx")
        if self.head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff")):
            raise Invalid(_("This is none of CSV, XLSX and JSON. Save it as one of them."), field="file")
        encoding = self.encoding()
        text = self.head.decode(encoding, errors="ignore")
        if not text.strip("\ufeff \r\n\t"):
            raise Invalid(_("The file is empty."), field="file")
        if text.lstrip("\ufeff \r\n\t")[0] in "[{":
            return Shape("json", encoding)
        return Shape("csv", encoding, separator_of(text))

    def encoding(self) -> str:
        for mark, name in MARKS:
            if self.head.startswith(mark):
                return name
        if b"\x00" in self.head[:200]:
            return "utf-16-le" if self.head[1:2] == b"\x00" else "utf-16-be"
        if self.is_utf8:
            return "utf-8"
        return "cp1252" if self.in_1252 else "iso-8859-1"


def separator_of(text: str) -> str:
    """The one that cuts most of the first lines into the same number of cells, more than one."""
    sample = text.splitlines()[:30]
    if len(text) >= HEAD // 4 and len(sample) > 1:
        sample = sample[:-1]  # may be cut off
    best, found = (0, 0), ","
    for separator in SEPARATORS:
        counts = Counter(len(cells) for cells in csv.reader(sample, delimiter=separator) if cells)
        columns, lines = max(counts.items(), key=lambda pair: (pair[0] > 1, pair[1]), default=(1, 0))
        if columns > 1 and (lines, columns) > best:
            best, found = (lines, columns), separator
    return found


def lines(stream: Any, shape: Shape) -> Iterator[Line]:
    """Raises Invalid, with the line, for what cannot be read on."""
    return {"csv": _csv, "xlsx": _xlsx, "json": _json}[shape.format](stream, shape)


def _csv(stream: Any, shape: Shape) -> Iterator[Line]:
    reader = csv.reader(io.TextIOWrapper(stream, shape.encoding, newline=""), delimiter=shape.separator, strict=True)
    try:
        for cells in reader:
            if cells and any(cells):
                yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise Invalid(
            _("Line %(line)d is not %(encoding)s. Choose another encoding.")
            % {"line": reader.line_num + 1, "encoding": shape.encoding},
            field="encoding",
            code="encoding",
        ) from error
    except csv.Error as error:
        raise _unreadable(reader.line_num, str(error)) from error


def _unreadable(line: int, why: str) -> Invalid:
    text = _("The file cannot be read on after line %(line)d: %(why)s.") % {"line": line, "why": why}
    return Invalid(text, field="file", code="unreadable")


# --- XLSX ---------------------------------------------------------------------------------------------------------


def _xlsx(stream: Any, shape: Shape) -> Iterator[Line]:
    from openpyxl import load_workbook

    _refuse_bombs(stream)
    try:
        book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        width = 0
        sheet.reset_dimensions()  # what a file says of its size may be wrong
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=COLUMNS_AT_MOST + 1), start=1):
            cells = [_as_text(value) for value in row]
            if any(cells):
                width = width or _used(cells)
                yield number, cells[: max(width, _used(cells))]
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, EOFError) as error:
        raise _unreadable(0, type(error).__name__) from error


def _refuse_bombs(stream: Any) -> None:
    try:
        parts = zipfile.ZipFile(stream).infolist()
    except zipfile.BadZipFile as error:
        raise _unreadable(0, _("it is no XLSX")) from error
    finally:
        stream.seek(0)
    strings = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    if sum(part.file_size for part in parts) > UNZIPPED_AT_MOST or strings > STRINGS_AT_MOST:
        raise Invalid(_("This workbook is too large. Save the sheet as CSV."), field="file", code="too_large")


def _used(cells: list[str]) -> int:
    return max((place for place, cell in enumerate(cells, start=1) if cell), default=0)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (value.date() if value.time() == datetime.min.time() else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# --- JSON ---------------------------------------------------------------------------------------------------------


def _json(stream: Any, shape: Shape) -> Iterator[Line]:
    """A list of objects, or an object a line. The names of the first are the head; a name that it lacks makes the line
    longer than the head, which is an error of that line. Lines are numbered as if the head were one."""
    head: list[str] = []
    for number, found in enumerate(_objects(io.TextIOWrapper(stream, shape.encoding)), start=2):
        if not isinstance(found, dict):
            raise _unreadable(number, _("what stands there is no object"))
        if not head:
            head = list(found)
            yield 1, head
        extra = [name for name in found if name not in head]
        yield number, [_plain(found.get(name)) for name in [*head, *extra]]


def _plain(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else _as_text(value)


def _objects(text: Any) -> Iterator[Any]:
    decode, buffer, count = json.JSONDecoder().raw_decode, "", 0
    while True:
        piece = text.read(HEAD)
        buffer += piece
        place = 0
        while place < len(buffer):
            if buffer[place] in "[], \r\n\t\ufeff":
                place += 1
                continue
            try:
                found, end = decode(buffer, place)
            except ValueError as error:
                if piece and len(buffer) - place <= OBJECT_AT_MOST:
                    break  # it goes on in the next piece
                raise _unreadable(count + 1, _("it is no JSON")) from error
            if end == len(buffer) and piece and not isinstance(found, dict):
                break
            yield found
            place, count = end, count + 1
        buffer = buffer[place:]
        if not piece:
            return


# --- the beginning ------------------------------------------------------------------------------------------------

PREVIEW = 5


def beginning(file: str, shape: Shape) -> tuple[list[str], list[list[str]]]:
    """The names of the columns and the first lines of a stored file."""
    with files.opened(file) as stream:
        found = lines(stream, shape)
        _number, columns = next(found, (0, []))
        columns = [column.strip("\ufeff ") for column in columns]
        _refuse_head(columns)
        preview = [[cell[:60] for cell in cells] for _number, cells in islice(found, PREVIEW)]
        return columns, preview


def _refuse_head(columns: list[str]) -> None:
    if not any(columns):
        raise Invalid(_("The file has no head: its first line names the columns."), field="file")
    if len(columns) > COLUMNS_AT_MOST:
        raise Invalid(_("The head has more than %(count)d columns.") % {"count": COLUMNS_AT_MOST}, field="file")
    twice = [name for name, count in Counter(columns).items() if count > 1 or not name.isprintable() or len(name) > 100]
    if twice:
        raise Invalid(_("The head is unclear: a name stands twice or cannot be read."), field="file")
