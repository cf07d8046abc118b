"""What a source says, as it comes in: one quote a row, from a program, a CSV or a JSON file. Text, never a float.

An adapter is anything with `quotes()`; the product asks no network by itself. `FileAdapter` is the one it comes with.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.utils.translation import gettext as _

from base.errors import Invalid
from base.units import SCALE_AT_MOST

COLUMNS = ("asset", "quote", "price", "at")
_PRICE = re.compile(r"(\d{1,40})(?:\.(\d{1,36}))?", re.ASCII)


@dataclass(frozen=True)
class Quote:
    """One whole `asset` is worth units / 10^scale of `quote`, at a moment."""

    asset: str
    quote: str
    units: int
    scale: int
    at: datetime


class Adapter(Protocol):
    """Brings the quotes of one source."""

    def quotes(self) -> Iterable[Quote]: ...


@dataclass(frozen=True)
class FileAdapter:
    """A CSV file with a line of heads, or a JSON list of objects: asset, quote, price, at."""

    text: str
    form: str  # "csv" or "json"

    def quotes(self) -> Iterator[Quote]:
        rows = _json(self.text) if self.form == "json" else _csv(self.text)
        return (quote_of(row, place) for place, row in rows)


def quotes_of(rows: Iterable[Mapping[str, Any]]) -> list[Quote]:
    """Rows as the API takes them; the first that is wrong is refused by its number and field."""
    return [quote_of(row, f"quotes[{number}]") for number, row in enumerate(rows)]


def quote_of(row: Mapping[str, Any], place: str) -> Quote:
    missing = [name for name in COLUMNS if not isinstance(row.get(name), str) or not row[name].strip()]
    if missing:
        raise Invalid(_("%(place)s: a text is needed.") % {"place": place}, field=f"{place}.{missing[0]}")
    asset, quote, price, at = (row[name].strip() for name in COLUMNS)
    if asset == quote:
        raise Invalid(_("%(place)s: nothing is priced in itself.") % {"place": place}, field=f"{place}.quote")
    return Quote(asset, quote, *_price(price, place), _moment(at, place))


def _price(text: str, place: str) -> tuple[int, int]:
    found = _PRICE.fullmatch(text)
    if found is None:
        words = _("%(place)s: write a price such as 1234.56, with a point and %(scale)d places at most.")
        raise Invalid(words % {"place": place, "scale": SCALE_AT_MOST}, field=f"{place}.price")
    places = (found[2] or "").rstrip("0")
    units = int(found[1] + places)
    if not units:
        raise Invalid(_("%(place)s: a price is above zero.") % {"place": place}, field=f"{place}.price")
    return units, len(places)


def _moment(text: str, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        words = _("%(place)s: write a time with its zone, such as 2026-11-25T09:00:00Z.") % {"place": place}
        raise Invalid(words, field=f"{place}.at")
    return moment


def _csv(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise Invalid(_("The file has no column %(name)s.") % {"name": missing[0]}, field="file")
    for row in reader:
        yield _("line %(number)d") % {"number": reader.line_num}, row


def _json(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise Invalid(_("The file is no JSON: %(error)s.") % {"error": error}, field="file") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid(_("The file holds no list of objects."), field="file")
    yield from ((_("row %(number)d") % {"number": number}, row) for number, row in enumerate(rows, start=1))
