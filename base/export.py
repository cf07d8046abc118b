"""Lists as CSV that a spreadsheet shows and never runs."""

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = set("=+-@\t\r\n|%＝＋－＠")


def neutralised(cell: object) -> str:
    """A cell whose text a spreadsheet would run as a formula gets an apostrophe before it (OWASP, CSV injection)."""
    text = "" if cell is None else str(cell)
    if isinstance(cell, str) and (text.lstrip()[:1] in FORMULA or text[:1] in FORMULA) and text:
        return "'" + text
    return text


def as_csv(head: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with a mark, which spreadsheets need to read it as such."""
    page = io.StringIO()
    writer = csv.writer(page, quoting=csv.QUOTE_ALL)
    writer.writerow([neutralised(cell) for cell in head])
    writer.writerows([neutralised(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + page.getvalue().encode()
