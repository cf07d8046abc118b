"""The table within an exported file."""

import csv
import io

from django.test import Client

PURPOSE = {"purpose": "Asked for by the auditor", "format": "csv"}


def table_of(body: bytes) -> list[dict[str, str]]:
    """What follows the lines that tell what the file is."""
    _about, _line, rows = body.decode("utf-8-sig").partition("\r\n\r\n")
    return list(csv.DictReader(io.StringIO(rows)))


def rows_of(body: bytes) -> list[list[str]]:
    _about, _line, rows = body.decode("utf-8-sig").partition("\r\n\r\n")
    return list(csv.reader(io.StringIO(rows)))


def taken(client: Client, path: str) -> bytes:
    answer = client.post(path, PURPOSE)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/csv")
    return answer.content
