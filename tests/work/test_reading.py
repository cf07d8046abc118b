"""What a file is made of, and its lines, whatever wrote it."""

import io
import json
import zipfile

import pytest
from openpyxl import Workbook

from base.errors import Invalid
from work import reading
from work.reading import Shape, Sniffer

NAMES = "reference;name\r\n1;Žaneta Müller\r\n2;José, the second\r\n"


def shape_of(content: bytes) -> Shape:
    sniffer = Sniffer()
    for start in range(0, len(content), 7):
        sniffer.feed(content[start : start + 7])
    return sniffer.shape()


def read(content: bytes, shape: Shape | None = None) -> list[reading.Line]:
    return list(reading.lines(io.BytesIO(content), shape or shape_of(content)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_unicode_is_found_out(encoding: str) -> None:
    found = read(NAMES.encode(encoding))
    assert [line for line, _cells in found] == [1, 2, 3]
    assert found[1][1] == ["1", "Žaneta Müller"]


@pytest.mark.parametrize(("encoding", "called"), [("cp1252", "cp1252"), ("iso-8859-1", "cp1252")])
def test_western_encodings_without_a_mark_are_found_out(encoding: str, called: str) -> None:
    content = NAMES.replace("Ž", "Z").encode(encoding)
    assert shape_of(content) == Shape("csv", called, ";")
    assert read(content)[1][1] == ["1", "Zaneta Müller"]


def test_the_first_letter_that_tells_may_come_late() -> None:
    content = ("reference;name\r\n" + "1;plain\r\n" * 20_000 + "2;Müller\r\n").encode("cp1252")
    assert shape_of(content).encoding == "cp1252"


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_the_separator_is_the_one_that_cuts_every_line_alike(separator: str) -> None:
    rows = [["reference", "amount", "words"], ["1", "1.000", "a b"], ["2", "7", "c d"]]
    content = "\n".join(separator.join(row) for row in rows).encode()
    assert shape_of(content).separator == separator
    assert [cells for _line, cells in read(content)] == rows


def test_commas_inside_of_cells_mislead_nobody() -> None:
    assert shape_of(b"a;b\n1,5;2,5\n2,5;3,5\n").separator == ";"


def test_a_wrong_encoding_is_refused_with_its_line() -> None:
    content = "a;b\r\n1;x\r\n2;Müller\r\n".encode("cp1252")
    with pytest.raises(Invalid) as refused:
        read(content, Shape("csv", "utf-8", ";"))
    assert refused.value.field == "encoding"


@pytest.mark.parametrize("content", [b"", b"  \r\n", b"\xd0\xcf\x11\xe0\xa1\xb1", b"%PDF-1.7", b"\xff\xd8\xff\xe0"])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        shape_of(content)
    assert refused.value.field == "file"


def test_a_cell_may_hold_lines_and_is_counted_where_it_ends() -> None:
    assert read(b'a,b\n1,"two\nlines"\n2,x\n')[-1] == (4, ["2", "x"])


@pytest.mark.parametrize("by_line", [True, False])
def test_json_is_read_object_by_object(by_line: bool) -> None:
    rows = [{"a": str(number), "b": "ü" * 100, "c": None} for number in range(3000)]
    text = "\n".join(json.dumps(row, ensure_ascii=by_line) for row in rows) if by_line else json.dumps(rows, indent=1)
    found = read(text.encode())
    assert found[0] == (1, ["a", "b", "c"])
    assert found[-1] == (3001, ["2999", "ü" * 100, ""])
    assert len(found) == 3001


def test_json_with_a_name_that_the_head_lacks_is_a_longer_line() -> None:
    assert read(b'[{"a": 1}, {"a": 2, "z": 3}]')[2] == (3, ["2", "3"])


@pytest.mark.parametrize("content", [b"[1, 2]", b'[{"a": 1}, nonsense]', b'[{"a": 1}, {"b": '])
def test_broken_json_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read(content)


def workbook(*rows: list[object]) -> bytes:
    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(out)
    return out.getvalue()


def test_xlsx_is_read_row_by_row_and_keeps_formulas_as_such() -> None:
    found = read(workbook(["a", "b", "c"], [1.0, True, "=1+1"], [None, None, None], ["x", 2.5, None]))
    assert found == [(1, ["a", "b", "c"]), (2, ["1", "true", "=1+1"]), (4, ["x", "2.5", ""])]


def test_a_bomb_is_refused_before_it_is_unzipped(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"0" * 2_000_000)
    monkeypatch.setattr(reading, "STRINGS_AT_MOST", 1_000_000)
    with pytest.raises(Invalid) as refused:
        read(out.getvalue())
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("content", [b"PK\x03\x04 and nothing more", b"PK\x03\x04" + b"\x00" * 100])
def test_a_broken_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read(content)
