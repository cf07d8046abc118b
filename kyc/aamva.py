"""What the barcode of a North American licence says (AAMVA DL/ID card design standard, annex D), from 2000 to 2020.

Offsets in the header are often wrong, so they are not trusted: elements are found by their three letters at the
start of a line.
"""

import re
from dataclasses import dataclass, field
from datetime import date

CANADA = frozenset(("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"))
SEXES = {"1": "M", "2": "F", "9": "X", "M": "M", "F": "F", "X": "X"}
_EMPTY = frozenset(("NONE", "UNAVL", "UNAVAIL", "N/A"))


@dataclass(frozen=True)
class Licence:
    """A licence or identity card of a state or province."""

    kind: str  # "driving_licence" or "identity_card"
    issuer_number: str
    version: int
    country: str
    jurisdiction: str
    document_number: str
    surname: str
    given_name: str
    middle_names: str
    suffix: str
    birth_date: str
    issue_date: str
    expiry_date: str
    sex: str
    street: str
    street_2: str
    city: str
    postal_code: str
    elements: dict[str, str] = field(compare=False, repr=False)

    @property
    def given_names(self) -> str:
        return f"{self.given_name} {self.middle_names}".strip()


_HEADER = re.compile(r"(?:ANSI |AAMVA)\s?(\d{6})(\d{2})((?:\d\d){1,2})((?:[A-Z]{2}\d{8})+)")


def parse(payload: bytes | str) -> Licence:
    """Reads a payload; ValueError when it is not one of AAMVA's."""
    text = _clean(payload)
    header = _HEADER.search(text)
    if header is None:
        raise ValueError("not the payload of a North American licence")
    version = int(header[2])
    elements = _elements(text[header.end() :])
    jurisdiction = elements.get("DAJ", "")
    country = elements.get("DCG", "") or ("CAN" if jurisdiction in CANADA else "USA")
    names = _names(elements)
    dates = {
        code: _date(elements.get(code, ""), year_first=version <= 1 or country == "CAN")
        for code in ("DBB", "DBA", "DBD")
    }
    return Licence(
        kind="identity_card" if header[4].startswith("ID") else "driving_licence",
        issuer_number=header[1],
        version=version,
        country=country,
        jurisdiction=jurisdiction,
        document_number=elements.get("DAQ", ""),
        surname=names[0],
        given_name=names[1],
        middle_names=names[2],
        suffix=names[3],
        birth_date=dates["DBB"],
        issue_date=dates["DBD"],
        expiry_date=dates["DBA"],
        sex=SEXES.get(elements.get("DBC", ""), ""),
        street=_words(elements.get("DAG", "")),
        street_2=_words(elements.get("DAH", "")),
        city=_words(elements.get("DAI", "")),
        postal_code=_postal_code(elements.get("DAK", "")),
        elements=elements,
    )


def _clean(payload: bytes | str) -> str:
    text = payload if isinstance(payload, str) else _decoded(payload)
    return re.sub(r"[^\n\r\x1e\x20-\x7e\xa0-\uffff]|\ufeff", "", text)


def _decoded(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return payload.decode("latin-1")


def _elements(body: str) -> dict[str, str]:
    """Three letters and what follows them on the line; the subfile's own letters may stand before the first."""
    elements: dict[str, str] = {}
    for line in re.split("[\n\r\x1e]+", body):
        match = re.match(r"(?:DL(?=D)|ID(?=D)|EN(?=D)|(Z[A-Z])(?=\1))?([DZ][A-Z][A-Z0-9])(.*)", line)
        if match:
            elements.setdefault(match[2], match[3].strip())
    return elements


def _names(elements: dict[str, str]) -> tuple[str, str, str, str]:
    """Surname, first name, middle names, suffix: apart since 2009, given names together before, all in one in 2000."""
    suffix = _words(elements.get("DCU", ""))
    if "DAC" in elements:
        surname = elements.get("DCS", elements.get("DAB", ""))
        return _words(surname), _words(elements["DAC"]), _words(elements.get("DAD", "")), suffix
    if "DCT" in elements:
        first, _, middle = _words(elements["DCT"]).replace(",", " ").partition(" ")
        return _words(elements.get("DCS", "")), first, _words(middle), suffix
    whole = elements.get("DAA", "")
    if "," in whole:
        surname, given, *more = [part.strip() for part in f"{whole},".split(",")]
        first, _, middle = given.partition(" ")
        return surname, first, _words(" ".join([middle, *more])), suffix
    words = whole.split() or [""]
    return words[-1], words[0] if len(words) > 1 else "", " ".join(words[1:-1]), suffix


def _words(text: str) -> str:
    text = text.strip(" ,")
    return "" if text.upper() in _EMPTY else text


def _date(text: str, *, year_first: bool) -> str:
    """MMDDCCYY in the United States, CCYYMMDD in Canada and in the first version; the other where that is no date."""
    if not re.fullmatch(r"\d{8}", text):
        return ""
    orders = [f"{text[:4]}-{text[4:6]}-{text[6:]}", f"{text[4:]}-{text[:2]}-{text[2:4]}"]
    for order in orders if year_first else reversed(orders):
        try:
            if 1880 <= date.fromisoformat(order).year <= 2120:
                return order
        except ValueError:
            continue
    return ""


def _postal_code(text: str) -> str:
    bare = text.replace(" ", "").replace("-", "")
    return bare[:5] if re.fullmatch(r"\d{5}0000", bare) else bare
