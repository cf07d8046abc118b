"""Composes machine-readable zones (ICAO 9303-4, -5, -6) for specimens.

Written apart from the reader in `kyc.mrz` on purpose and sharing no line with it, so that a specimen that reads
right proves something.
"""

from datetime import date

from kyc.specimen.people import Person
from kyc.transliteration import transliterate

ISSUER = "UTO"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FILLER = "<"


def check_digit(text: str) -> str:
    """Weights 7, 3, 1 over the values of the characters, modulo 10 (ICAO 9303-3, 4.9)."""
    total = sum((0 if mark == FILLER else ALPHABET.index(mark)) * (7, 3, 1)[at % 3] for at, mark in enumerate(text))
    return str(total % 10)


def fill(text: str, length: int) -> str:
    assert len(text) <= length, f"{text!r} is longer than its {length} places"
    return text.ljust(length, FILLER)


def name_field(surname: str, given_names: str, length: int) -> str:
    """Surname, two fillers, given names. What does not fit is cut, and then the last place is a letter, which
    tells a reader that the name goes on (ICAO 9303-4, 4.2.3)."""
    primary = transliterate(surname).replace(" ", FILLER)
    secondary = transliterate(given_names).replace(" ", FILLER)
    whole = f"{primary}<<{secondary}" if secondary else primary
    if len(whole) <= length:
        return fill(whole, length)
    if secondary:
        primary = primary[: length - 3].rstrip(FILLER)
        whole = f"{primary}<<{secondary}"
    if whole[length - 1] == FILLER:
        # A filler in the last place would look like the end of the name: its longest part gives up a letter.
        longest = max(whole[:length].split(FILLER), key=len)
        whole = whole.replace(longest, longest[:-1], 1)
    return whole[:length]


def short_date(day: date) -> str:
    return day.strftime("%y%m%d")


def td3(person: Person) -> list[str]:
    """A passport: two lines of 44."""
    first = fill("P", 2) + fill(ISSUER, 3) + name_field(person.surname, person.given_names, 39)
    document, personal = _checked(fill(person.number, 9)), _checked(fill(person.personal_number, 14))
    birth, expiry = _checked(short_date(person.born)), _checked(short_date(person.expires))
    second = document + fill(person.nationality, 3) + birth + _sex(person.sex) + expiry + personal
    return [first, second + check_digit(document + birth + expiry + personal)]


def td2(person: Person, code: str = "I") -> list[str]:
    """A card of the larger form: two lines of 36."""
    first = fill(code, 2) + fill(ISSUER, 3) + name_field(person.surname, person.given_names, 31)
    document, rest = _long_number(person.number, "", 7)
    birth, expiry = _checked(short_date(person.born)), _checked(short_date(person.expires))
    second = document + fill(person.nationality, 3) + birth + _sex(person.sex) + expiry + rest
    return [first, second + check_digit(document + birth + expiry + rest)]


def td1(person: Person, code: str = "I") -> list[str]:
    """A card of bank-card size: three lines of 30."""
    document, rest = _long_number(person.number, person.personal_number, 15)
    birth, expiry = _checked(short_date(person.born)), _checked(short_date(person.expires))
    first = fill(code, 2) + fill(ISSUER, 3) + document + rest
    second = birth + _sex(person.sex) + expiry + fill(person.nationality, 3) + FILLER * 11
    composite = check_digit(document + rest + birth + expiry + FILLER * 11)
    return [first, second + composite, name_field(person.surname, person.given_names, 30)]


def _checked(text: str) -> str:
    return text + check_digit(text)


def _sex(sex: str) -> str:
    return sex if sex in ("F", "M") else FILLER


def _long_number(number: str, optional: str, room: int) -> tuple[str, str]:
    """A number over nine characters runs on into the optional data, its check digit after it (9303-5, note j)."""
    if len(number) <= 9:
        return _checked(fill(number, 9)), fill(optional, room)
    return number[:9] + FILLER, fill(number[9:] + check_digit(number) + FILLER + optional, room)
