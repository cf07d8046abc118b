"""The machine-readable zone of travel documents (ICAO Doc 9303, parts 3 to 7), as rules without a picture.

`parse` reads lines that have the right shape and says which check digits hold. `repair` comes before it and turns what
a camera saw into that shape: it changes only what the rules force (a letter where only letters may stand, fillers
that were lost or doubled) or what a check digit proves, and says of every changed position why. A wrong check
digit is never made right by inventing one: that is what forgeries look like.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product

from kyc.countries import is_document_code

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
FILLER = "<"
VALUES = {sign: value for value, sign in enumerate(DIGITS + LETTERS)} | {FILLER: 0}
WEIGHTS = (7, 3, 1)


def check_digit(text: str) -> str:
    """Doc 9303-3, 4.9: the sum of values weighted 7, 3, 1, modulo 10."""
    return str(sum(VALUES[sign] * WEIGHTS[index % 3] for index, sign in enumerate(text)) % 10)


# --- the six forms ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """A stretch of one line."""

    line: int
    start: int
    stop: int

    def of(self, lines: Sequence[str]) -> str:
        return lines[self.line][self.start : self.stop]


@dataclass(frozen=True)
class Check:
    """A check digit: where it stands and what it covers."""

    digit: Span
    covers: tuple[Span, ...]
    may_be_filler: bool = False  # optional data of a passport, when there is none

    def holds(self, lines: Sequence[str]) -> bool:
        text = "".join(span.of(lines) for span in self.covers)
        digit = self.digit.of(lines)
        if digit == FILLER:
            return self.may_be_filler and not text.strip(FILLER)
        return digit == check_digit(text)


@dataclass(frozen=True)
class Form:
    """One layout of Doc 9303 (or of the old French card)."""

    name: str
    lines: int
    width: int
    spans: dict[str, Span]
    checks: dict[str, Check]

    def fits(self, lines: Sequence[str]) -> bool:
        return len(lines) == self.lines and all(len(line) == self.width for line in lines)


def _two_lines(name: str, width: int, *, composite: bool, optional_stop: int) -> Form:
    """Passports, visas and TD2 cards differ only in width, optional data and the last digits."""
    spans = {
        "document_code": Span(0, 0, 2),
        "issuer": Span(0, 2, 5),
        "names": Span(0, 5, width),
        "document_number": Span(1, 0, 9),
        "nationality": Span(1, 10, 13),
        "birth_date": Span(1, 13, 19),
        "sex": Span(1, 20, 21),
        "expiry_date": Span(1, 21, 27),
        "optional_data": Span(1, 28, optional_stop),
    }
    checks = {
        "document_number": Check(Span(1, 9, 10), (Span(1, 0, 9),)),
        "birth_date": Check(Span(1, 19, 20), (Span(1, 13, 19),)),
        "expiry_date": Check(Span(1, 27, 28), (Span(1, 21, 27),)),
    }
    if name == "TD3":
        checks["optional_data"] = Check(Span(1, 42, 43), (Span(1, 28, 42),), may_be_filler=True)
    if composite:
        covered = (Span(1, 0, 10), Span(1, 13, 20), Span(1, 21, width - 1))
        checks["composite"] = Check(Span(1, width - 1, width), covered)
    return Form(name, 2, width, spans, checks)


TD3 = _two_lines("TD3", 44, composite=True, optional_stop=42)
MRVA = _two_lines("MRV-A", 44, composite=False, optional_stop=44)
TD2 = _two_lines("TD2", 36, composite=True, optional_stop=35)
MRVB = _two_lines("MRV-B", 36, composite=False, optional_stop=36)
TD1 = Form(
    "TD1",
    3,
    30,
    {
        "document_code": Span(0, 0, 2),
        "issuer": Span(0, 2, 5),
        "document_number": Span(0, 5, 14),
        "optional_data": Span(0, 15, 30),
        "birth_date": Span(1, 0, 6),
        "sex": Span(1, 7, 8),
        "expiry_date": Span(1, 8, 14),
        "nationality": Span(1, 15, 18),
        "optional_data_2": Span(1, 18, 29),
        "names": Span(2, 0, 30),
    },
    {
        "document_number": Check(Span(0, 14, 15), (Span(0, 5, 14),)),
        "birth_date": Check(Span(1, 6, 7), (Span(1, 0, 6),)),
        "expiry_date": Check(Span(1, 14, 15), (Span(1, 8, 14),)),
        "composite": Check(Span(1, 29, 30), (Span(0, 5, 30), Span(1, 0, 7), Span(1, 8, 15), Span(1, 18, 29))),
    },
)
FRENCH = Form(
    "FRA",
    2,
    36,
    {
        "document_code": Span(0, 0, 2),
        "issuer": Span(0, 2, 5),
        "surname": Span(0, 5, 30),
        "optional_data": Span(0, 30, 36),
        "document_number": Span(1, 0, 12),
        "given_names": Span(1, 13, 27),
        "birth_date": Span(1, 27, 33),
        "sex": Span(1, 34, 35),
    },
    {
        "document_number": Check(Span(1, 12, 13), (Span(1, 0, 12),)),
        "birth_date": Check(Span(1, 33, 34), (Span(1, 27, 33),)),
        "composite": Check(Span(1, 35, 36), (Span(0, 0, 36), Span(1, 0, 35))),
    },
)
FORMS = {form.name: form for form in (TD1, TD2, TD3, MRVA, MRVB, FRENCH)}


def form_of(lines: Sequence[str]) -> Form | None:
    """The form these lines have. Visas start with V, the old French card with IDFRA on 36 characters."""
    first = lines[0] if lines else ""
    for form in (TD1, TD2, TD3):
        if form.fits(lines):
            if form is TD3 and first.startswith("V"):
                return MRVA
            if form is TD2 and first.startswith("V"):
                return MRVB
            return FRENCH if form is TD2 and first.startswith("IDFRA") else form
    return None


# --- reading and writing ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fields:
    """What the zone says, fillers taken off. Dates stay six signs (YYMMDD): the century is not in the zone."""

    document_code: str
    issuer: str
    surname: str
    given_names: str
    document_number: str
    nationality: str
    birth_date: str
    sex: str
    expiry_date: str
    optional_data: str = ""
    optional_data_2: str = ""


@dataclass(frozen=True)
class Zone:
    """Lines of the right shape, what they say, and which check digits hold."""

    form: Form
    lines: tuple[str, ...]
    fields: Fields
    check_digits: dict[str, bool]

    @property
    def valid(self) -> bool:
        return all(self.check_digits.values())

    @property
    def well_formed(self) -> bool:
        """What no check digit covers still follows rules: a letter first, known codes, names of letters, a sex."""
        return (
            self.fields.document_code[:1] in tuple("PIACV")
            and is_document_code(self.fields.issuer)
            and is_document_code(self.fields.nationality)
            and bool(self.fields.surname)
            and not re.search("[0-9]", self.fields.surname + self.fields.given_names)
            and self.fields.sex in ("M", "F", "X", "")
        )


def parse(lines: Sequence[str]) -> Zone:
    """Reads lines of an exact form; ValueError for any other shape or sign."""
    form = form_of(lines)
    if form is None or any(sign not in VALUES for line in lines for sign in line):
        raise ValueError("not the lines of a machine-readable zone")
    texts = {name: span.of(lines) for name, span in form.spans.items()}
    if long := _long_number(form, lines):
        texts["document_number"], texts["optional_data"] = long.number, long.rest
    if "names" in texts:
        texts["surname"], _, texts["given_names"] = texts.pop("names").partition("<<")
    if form is FRENCH:
        texts |= {"nationality": texts["issuer"], "expiry_date": ""}
    fields = Fields(**{name: _bare(name, text) for name, text in texts.items()})
    return Zone(
        form, tuple(lines), fields, {name: check.holds(lines) for name, check in checks_of(form, lines).items()}
    )


def _bare(name: str, text: str) -> str:
    if name in ("surname", "given_names"):
        return " ".join(re.split("<+", text.strip(FILLER)))
    if name in ("birth_date", "expiry_date"):
        return text if text.strip(FILLER) else ""
    return text.rstrip(FILLER)


@dataclass(frozen=True)
class _LongNumber:
    number: str
    rest: str
    check: Check


def _long_number(form: Form, lines: Sequence[str]) -> _LongNumber | None:
    """A number longer than nine signs goes on in the optional data, its check digit behind it (Doc 9303-5, 4.2.2)."""
    if form not in (TD1, TD2):
        return None
    digit, optional = form.checks["document_number"].digit, form.spans["optional_data"]
    start = form.spans["document_number"]
    tail, _, rest = optional.of(lines).partition(FILLER)
    if digit.of(lines) != FILLER or FILLER in start.of(lines) or len(tail) < 2:
        return None
    end = optional.start + len(tail)
    covers = (start, Span(optional.line, optional.start, end - 1))
    return _LongNumber(start.of(lines) + tail[:-1], rest, Check(Span(optional.line, end - 1, end), covers))


def checks_of(form: Form, lines: Sequence[str]) -> dict[str, Check]:
    """The check digits of these lines: a long number moves one of them."""
    long = _long_number(form, lines)
    return form.checks | {"document_number": long.check} if long else form.checks


def compose(form: Form, fields: Fields) -> tuple[str, ...]:
    """The lines that say this, with their check digits; ValueError when a value does not fit."""
    rows = [[FILLER] * form.width for _ in range(form.lines)]
    texts = {name: getattr(fields, name) for name in form.spans if name != "names"}
    if "names" in form.spans:
        texts["names"] = f"{fields.surname}<<{fields.given_names}"[: form.width]
    texts, long_digit = _split_long_number(form, texts)
    for name, span in form.spans.items():
        text = re.sub("[ '’-]", FILLER, texts[name])
        if len(text) > span.stop - span.start:
            if not name.endswith("names"):
                raise ValueError(f"{name} is too long for {form.name}")
            text = text[: span.stop - span.start]
        rows[span.line][span.start : span.start + len(text)] = text
    for name, check in form.checks.items():
        covered = "".join("".join(rows[span.line])[span.start : span.stop] for span in check.covers)
        empty = check.may_be_filler and not covered.strip(FILLER)
        is_long = long_digit and name == "document_number"
        rows[check.digit.line][check.digit.start] = FILLER if empty or is_long else check_digit(covered)
    return tuple("".join(row) for row in rows)


def _split_long_number(form: Form, texts: dict[str, str]) -> tuple[dict[str, str], bool]:
    number = texts["document_number"]
    if form not in (TD1, TD2) or len(number) <= 9:
        return texts, False
    rest = f"{number[9:]}{check_digit(number)}<{texts['optional_data']}".rstrip(FILLER)
    return texts | {"document_number": number[:9], "optional_data": rest}, True


# --- two-digit years -------------------------------------------------------------------------------------------------


def birth_date(text: str, today: date) -> str:
    """ISO date of a YYMMDD birth date: the latest that is not in the future. Unknown parts (`<<`) are left out."""
    if not (match := re.fullmatch(r"(\d\d)(\d\d|<<)(\d\d|<<)", text)):
        return ""
    for century in (today.year // 100, today.year // 100 - 1):
        parts = [f"{century:02}{match[1]}", *(part for part in match.groups()[1:] if part != "<<")]
        if match[2] == "<<":
            parts = parts[:1]
        if _exists(parts) and "-".join(parts) <= today.isoformat():
            return "-".join(parts)
    return ""


def expiry_date(text: str, today: date) -> str:
    """ISO date of a YYMMDD expiry: no document is valid for more than 20 years to come, so the latest before that."""
    if not re.fullmatch(r"\d{6}", text):
        return ""
    for century in (today.year // 100 + 1, today.year // 100, today.year // 100 - 1):
        parts = [f"{century:02}{text[:2]}", text[2:4], text[4:]]
        if _exists(parts) and int(parts[0]) <= today.year + 20:
            return "-".join(parts)
    return ""


def century_is_certain(expiry: str, today: date) -> bool:
    """Beyond ten years ago the century of an expiry date is a guess."""
    return bool(expiry) and int(expiry[:4]) >= today.year - 10


def _exists(parts: list[str]) -> bool:
    try:
        date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError:
        return False
    return True


# --- from what a camera saw to lines of the right shape --------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One position of the zone that is not what was read, and what forces it."""

    line: int
    position: int
    was: str
    now: str
    why: str  # "alphabet", "filler", "length", "check_digit"


@dataclass(frozen=True)
class Repaired:
    """The lines as read, the lines as they must have been, and every difference."""

    raw: tuple[str, ...]
    zone: Zone
    changed: tuple[Change, ...]

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Better readings are greater: valid ones, more digits that hold, fewer changes."""
        holding = list(self.zone.check_digits.values())
        return self.zone.valid and self.zone.well_formed, sum(holding) / len(holding), -len(self.changed)


_LOOK_ALIKES = str.maketrans(
    {"«": "<<", "‹": "<", "＜": "<", "く": "<", "《": "<<", "〈": "<", "≤": "<", "(": "<", "£": "E"}
)
# The recogniser knows other alphabets too and writes their letters for Latin ones of the same shape.
_LATIN = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТУХ", "ABEZHIKMNOPTYXABEKMHOPCTYX")
_TO_LETTER = str.maketrans("0158624", "OISBGZA")
_LETTERS_OF = {"0": "ODQC", "1": "IL", "5": "S", "8": "B", "6": "G", "2": "Z", "4": "A", "7": "T"}
_TO_DIGIT = str.maketrans("OQDUILSBGZTAY", "0000115862744")
# Pairs that OCR takes for one another and a check digit tells apart (G and 6, L and 1 it cannot: same value mod 10).
_TWINS = dict(zip("O0I1S5B8Z2DQ", "0O1I5S8B2Z00", strict=True))
_CODE_FIRST = "PIACV"
_SEXES = "MFX<"


def plain(text: str) -> str:
    """One line of text reduced to the alphabet of the zone."""
    return re.sub("[^A-Z0-9<]", "", text.upper().translate(_LOOK_ALIKES).translate(_LATIN).upper())


def repair(raw: Sequence[str]) -> Repaired | None:
    """The best zone these lines of text can be, or None when they cannot be one."""
    lines = [plain(line) for line in raw]
    found = [repaired for form in FORMS.values() if (repaired := _as_form(tuple(raw), lines, form))]
    return max(found, key=lambda one: one.rank, default=None)


def _as_form(raw: tuple[str, ...], lines: list[str], form: Form) -> Repaired | None:
    if len(lines) != form.lines or not _may_start(lines[0], form):
        return None
    changed: list[Change] = []
    fitted = []
    for number, line in enumerate(lines):
        fit = _fit(line, number, form)
        if fit is None:
            return None
        fitted.append(fit[0])
        changed += fit[1]
    shaped = _drop_noise(_by_alphabet(fitted, form, changed), form, changed)
    if form_of(shaped) is not form:
        return None
    proved = _by_check_digit(shaped, form, changed)
    return Repaired(raw, parse(proved), tuple(changed))


def _may_start(first: str, form: Form) -> bool:
    if form is FRENCH:
        return first.translate(_TO_LETTER).startswith("IDFRA")
    return first.startswith("V") == (form in (MRVA, MRVB))


def _fit(line: str, number: int, form: Form) -> tuple[str, list[Change]] | None:
    """Pads or cuts runs of fillers only; whatever else is too long or too short is not this form."""
    changed: list[Change] = []
    if number == 0 and len(line) < form.width and _filler_was_lost(line):
        line = f"{line[0]}<{line[1:]}"
        changed.append(Change(0, 1, "", FILLER, "filler"))
    missing = form.width - len(line)
    if not missing:
        return line, changed
    run = _run_to_stretch(line, number, form)
    if run is None or missing > 12 or (missing < 0 and run.end() - run.start() + missing < 1):
        return None
    kept = FILLER * (run.end() - run.start() + missing)
    changed.append(Change(number, run.start(), run.group(), kept, "length"))
    return line[: run.start()] + kept + line[run.end() :], changed


def _filler_was_lost(first: str) -> bool:
    """PUTOERIKSSON<<: the filler after P, I or V is gone."""
    code = first.translate(_TO_LETTER)
    return code[:1] in tuple("PIV") and is_document_code(code[1:4]) and not is_document_code(code[2:5])


def _run_to_stretch(line: str, number: int, form: Form) -> "re.Match[str] | None":
    """Fillers are lost or doubled where many stand together: at the end of a name, or in the longest run."""
    runs = list(re.finditer("<+", line))
    names = form.spans.get("names")
    if names and names.line == number:
        return next((run for run in runs if run.end() == len(line)), None)
    longest = max(runs, key=lambda run: run.end() - run.start(), default=None)
    return longest if longest and longest.end() - longest.start() >= 2 else None


def _alphabet(form: Form) -> Iterator[tuple[int, int, str]]:
    """Which positions hold letters only and which digits only."""
    for name, span in form.spans.items():
        kind = {"document_code": "code", "sex": "sex", "birth_date": "digit", "expiry_date": "digit"}.get(name)
        if name in ("issuer", "nationality", "names", "surname", "given_names"):
            kind = "letter"
        if kind:
            yield from ((span.line, position, kind) for position in range(span.start, span.stop))
    for check in form.checks.values():
        yield check.digit.line, check.digit.start, "digit"


def _by_alphabet(lines: Sequence[str], form: Form, changed: list[Change]) -> list[str]:
    rows = [list(line) for line in lines]
    for name in ("issuer", "nationality"):
        if name in form.spans:
            _by_country(rows, form.spans[name], changed)
    for line, position, kind in _alphabet(form):
        was = rows[line][position]
        now = was.translate(_TO_DIGIT if kind == "digit" else _TO_LETTER)
        if now != was:
            rows[line][position] = now
            changed.append(Change(line, position, was, now, "alphabet"))
    return ["".join(row) for row in rows]


def _by_country(rows: list[list[str]], span: Span, changed: list[Change]) -> None:
    """A digit in a country code is one of several letters: the one that makes a code that exists."""
    was = rows[span.line][span.start : span.stop]
    if not any(sign.isdigit() for sign in was):
        return
    for letters in product(*(_LETTERS_OF.get(sign, sign) for sign in was)):
        if is_document_code("".join(letters)):
            rows[span.line][span.start : span.stop] = letters
            pairs = enumerate(zip(was, letters, strict=True), span.start)
            changed += [Change(span.line, at, old, new, "alphabet") for at, (old, new) in pairs if old != new]
            return


def _drop_noise(lines: list[str], form: Form, changed: list[Change]) -> list[str]:
    """After the given names only fillers may follow: C, K, E, A and S among them are fillers misread."""
    names = form.spans.get("names")
    if names is None:
        return lines
    text = names.of(lines)
    match = re.fullmatch(r"([A-Z]+(?:<[A-Z]+)*<<(?:[A-Z]+(?:<[A-Z]+)*)?<<)([<CKEAS]*)", text)
    if match is None or not match[2].strip(FILLER):
        return lines
    for offset, sign in enumerate(match[2]):
        if sign != FILLER:
            changed.append(Change(names.line, names.start + match.end(1) + offset, sign, FILLER, "filler"))
    line = lines[names.line][: names.start] + match[1] + FILLER * len(match[2])
    return [line if number == names.line else old for number, old in enumerate(lines)]


def _by_check_digit(lines: list[str], form: Form, changed: list[Change]) -> list[str]:
    """Swaps look-alikes where exactly one way of doing so makes a failing check digit hold, and breaks no other."""
    fixed = {(line, position) for line, position, _ in _alphabet(form)}
    for name in ("document_number", "optional_data", "composite"):
        check = checks_of(form, lines).get(name)
        if check is None or check.holds(lines):
            continue
        places = [
            (span.line, position)
            for span in check.covers
            for position in range(span.start, span.stop)
            if (span.line, position) not in fixed and lines[span.line][position] in _TWINS
        ]
        solutions = [
            swapped for chosen in _few_of(places) if _proves(swapped := _swap(lines, chosen), lines, form, check)
        ]
        if len(solutions) == 1:
            for line, position in places:
                was, now = lines[line][position], solutions[0][line][position]
                if was != now:
                    changed.append(Change(line, position, was, now, "check_digit"))
            lines = solutions[0]
    return lines


def _few_of(places: list[tuple[int, int]]) -> Iterable[tuple[tuple[int, int], ...]]:
    """One look-alike swapped; two only where there are few, for two swaps satisfy one digit in ten by chance."""
    yield from combinations(places, 1)
    if len(places) <= 3:
        yield from combinations(places, 2)


def _swap(lines: list[str], places: Iterable[tuple[int, int]]) -> list[str]:
    rows = [list(line) for line in lines]
    for line, position in places:
        rows[line][position] = _TWINS[rows[line][position]]
    return ["".join(row) for row in rows]


def _proves(swapped: list[str], lines: list[str], form: Form, check: Check) -> bool:
    before = {name: one.holds(lines) for name, one in checks_of(form, lines).items()}
    after = {name: one.holds(swapped) for name, one in checks_of(form, swapped).items()}
    return check.holds(swapped) and all(after[name] for name, held in before.items() if held)
