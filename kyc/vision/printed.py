"""What people read on a document (the printed zone), held against what the machine-readable zone says. Pure text."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rapidfuzz.distance import Levenshtein

from kyc import countries, mrz
from kyc.transliteration import spellings

SPELLINGS = 16  # of one printed line: Ü is UE or U
SURE = 0.97  # a printed line below this score may contradict nothing

# The first three letters of months as passports print them, in the languages that share our alphabet.
_MONTHS: dict[str, int] = {
    prefix: number
    for number, prefixes in enumerate(
        [
            "JAN ENE GEN STY OCA TAM",
            "FEB FEV LUT SUB FEV HEL",
            "MAR MRT MAE MRZ MAA",
            "APR AVR ABR KWI",
            "MAY MAI MEI MAJ MAG TOU",
            "JUN JUI CZE GIU KES",
            "JUL JUIL LIP LUG HEI",
            "AUG AOU AGO SIE ELO",
            "SEP SET WRZ SYY",
            "OCT OKT OUT OTT PAZ LOK",
            "NOV LIS MAR",
            "DEC DEZ DIC DES GRU JOU",
        ],
        1,
    )
    for prefix in prefixes.split()
    if not (prefix == "MAR" and number == 11)
}

_LABELS = {
    "birth_date": r"BIRTH|NAISSANCE|GEBURT|NACIMIENTO|NASCIMENTO|NASCITA|GEBOORTE|URODZ|SYNTYM|FODEL|GIMIMO",
    "expiry_date": r"EXPIR|GULTIG BIS|VALID UNTIL|VALABLE|CADUC|SCADENZA|GELDIG|WAZNO|GALIOJA",
}


class Text(Protocol):
    """A line of text with its place, as the OCR gives it."""

    @property
    def text(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def centre(self) -> tuple[float, float]: ...
    @property
    def height(self) -> float: ...


@dataclass(frozen=True)
class Finding:
    """How the printed zone stands to one field: it agrees, or differs and says this instead."""

    agrees: bool
    reads: str
    year: str = ""  # of a date, where it is printed with its century


def compare(zone: mrz.Zone, lines: Sequence[Text]) -> dict[str, Finding]:
    """Fields of the zone that the printed zone confirms or contradicts; what it does not show is absent."""
    fields = zone.fields
    names = zone.form.spans.get("names")
    cut_off = names is not None and not names.of(zone.lines).endswith("<")
    found = {
        "surname": _name(fields.surname, lines, cut_off=cut_off and not fields.given_names),
        "given_names": _name(fields.given_names, lines, cut_off=cut_off),
        "document_number": _number(fields.document_number, lines),
        "optional_data": _number(fields.optional_data, lines) if len(fields.optional_data) >= 6 else None,
        "birth_date": _date("birth_date", fields.birth_date, lines),
        "expiry_date": _date("expiry_date", fields.expiry_date, lines),
        "sex": _word(fields.sex, lines),
        "issuer": _country(fields.issuer, lines),
        "nationality": _country(fields.nationality, lines),
        "document_code": _word(fields.document_code, lines),
    }
    return {name: finding for name, finding in found.items() if finding is not None}


def _name(name: str, lines: Sequence[Text], *, cut_off: bool = False) -> Finding | None:
    if not name:
        return None
    nearest: tuple[int, str] | None = None
    for line in lines:
        for spelling in spellings(line.text, SPELLINGS):
            if _stands_in(name.split(), spelling.split(), cut_off) or _folded(spelling) == _folded(name):
                return Finding(True, line.text)
            distance = Levenshtein.distance(spelling, name)
            if line.score >= SURE and 0 < distance <= max(1, len(name) // 6) and (not nearest or distance < nearest[0]):
                nearest = distance, line.text
    return Finding(False, nearest[1]) if nearest and len(name) >= 4 and not cut_off else None


def _stands_in(wanted: list[str], words: list[str], cut_off: bool) -> bool:
    """The same words in a row; the last may go on where the zone had no more room."""
    for start in range(len(words) - len(wanted) + 1):
        *firsts, last = words[start : start + len(wanted)]
        if firsts == wanted[:-1] and (last == wanted[-1] or (cut_off and last.startswith(wanted[-1]))):
            return True
    return False


def _folded(name: str) -> str:
    """Letters that OCR takes for their neighbours (Æ for E, Þ for P) compare as those neighbours."""
    return re.sub("AE|OE|UE|AA|TH", lambda pair: {"AE": "E", "OE": "O", "UE": "U", "AA": "A", "TH": "P"}[pair[0]], name)


def _number(number: str, lines: Sequence[Text]) -> Finding | None:
    if len(number) < 5:
        return None
    nearest = None
    for line in lines:
        bare = re.sub("[^A-Z0-9]", "", line.text.upper())
        if number in bare:
            return Finding(True, line.text)
        if line.score >= SURE and len(bare) == len(number) and Levenshtein.distance(bare, number) <= 2:
            nearest = line.text
    return Finding(False, nearest) if nearest else None


def _word(word: str, lines: Sequence[Text]) -> Finding | None:
    """One or two letters prove something only when they stand alone: `F`, `K/F`, `P`."""
    for line in lines:
        if word and len(line.text) <= 5 and word in re.split("[^A-Z]+", line.text.upper()):
            return Finding(True, line.text)
    return None


def _country(code: str, lines: Sequence[Text]) -> Finding | None:
    name = _words(countries.name(code))
    for line in lines:
        words = _words(line.text)
        if (len(code) == 3 and code in words.split()) or (
            len(name) > 3 and re.search(rf"\b{re.escape(name)}\b", words)
        ):
            return Finding(True, line.text)
    return None


def _date(name: str, six: str, lines: Sequence[Text]) -> Finding | None:
    if not six.isdigit():
        return None
    dated = [(line, set(dates(line.text))) for line in lines]
    for line, found in dated:
        if same := sorted(one for one in found if one.endswith(six)):
            return Finding(True, line.text, same[0][:-4] if len(same[0]) == 8 else "")
    labels = [line for line in lines if re.search(_LABELS[name], _words(line.text))]
    beside = [line for line, found in dated if found and line.score >= SURE and _below(line, labels)]
    return Finding(False, beside[0].text) if beside else None


def _below(line: Text, labels: Iterable[Text]) -> bool:
    """The value of a label stands right under it."""
    return any(
        0 < line.centre[1] - label.centre[1] < 2.2 * label.height
        and abs(line.centre[0] - label.centre[0]) < 12 * label.height
        for label in labels
    )


_NUMERIC = re.compile(r"(?<!\d)(\d{1,4})\s*[./\- ]\s*(\d{1,2})\s*[./\- ]\s*(\d{2,4})(?!\d)")
_WORDED = re.compile(
    r"(?<!\d)(\d{1,2})\s*([A-Z]{3,9})\.?(?:\s*[/ ]\s*([A-Z0-9][A-Z]{2,8}))?\.?\s*((?:19|20)?\d{2})(?!\d)"
)
_COMPACT = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{2}|\d{4})(?!\d)")


def dates(text: str) -> Iterator[str]:
    """Every date in a text, as YYMMDD or CCYYMMDD; one that can be read two ways is given both ways."""
    upper = re.sub(r"\s+", " ", _plain_letters(text))
    for a, b, c in (match.groups() for match in _NUMERIC.finditer(upper)):
        if len(a) == 4:
            yield from _six(a, b, c)
        else:
            yield from _six(c, b, a)
            yield from _six(c, a, b)
    for day, month, other, year in (match.groups() for match in _WORDED.finditer(upper)):
        for word in (month, other or ""):
            number = _MONTHS.get(word[:4]) or _MONTHS.get(word[:3])
            if number:
                yield from _six(year, str(number), day)
    for day, month, year in (match.groups() for match in _COMPACT.finditer(upper)):
        yield from _six(year, month, day)


def _six(year: str, month: str, day: str) -> Iterator[str]:
    if len(year) in (2, 4) and 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
        yield f"{year}{int(month):02}{int(day):02}"


def _words(text: str) -> str:
    return " ".join(re.findall("[A-Z]+", _plain_letters(text)))


def _plain_letters(text: str) -> str:
    return unicodedata.normalize("NFD", text.upper()).encode("ascii", "ignore").decode()
