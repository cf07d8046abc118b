"""How a name is spelled in a machine-readable zone, which knows only A to Z (ICAO 9303-3, section 6).

A state may choose between spellings (Ü is UE, UXX or U); `transliterate` gives the recommended one, `spellings`
all that a zone may rightly hold. Chinese, Japanese and Korean names have no table: the state prints a Latin
form and that is what is spelled.
"""

import unicodedata
from itertools import product

# Where the standard leaves a choice, the recommended spelling is first.
CHOICES = {
    "Ä": ("AE", "A"),
    "Å": ("AA", "A"),
    "Ñ": ("N", "NXX"),
    "Ö": ("OE", "O"),
    "Ø": ("OE", "O"),
    "Ü": ("UE", "UXX", "U"),
    "Æ": ("AE",),
    "Œ": ("OE",),
    "Ĳ": ("IJ",),
    "ẞ": ("SS",),
    "Þ": ("TH",),
    "Ð": ("D",),
    "Đ": ("D",),
    "Ħ": ("H",),
    "Ł": ("L",),
    "Ŀ": ("L",),
    "Ŋ": ("N",),
    "Ŧ": ("T",),
    "Ə": ("E",),
}

CYRILLIC = dict(
    zip(
        "АБВГДЕЁЖЗИІЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЂЃЄЅЇЈЉЊЋЌЎЏҐ",
        "A B V G D E E ZH Z I I I K L M N O P R S T U F KH TS CH SH SHCH IE Y - E IU IA "
        "D G IE DZ I J LJ NJ C K U DZ G".replace("-", "").split(" "),
        strict=True,
    )
)

# X escapes letters that have no Latin neighbour, so that the Arabic name can be rebuilt from the zone.
ARABIC = {
    "ء": "XE", "آ": "XAA", "أ": "XAE", "ؤ": "U", "إ": "I", "ئ": "XI", "ا": "A", "ب": "B", "ة": "XTA",
    "ت": "T", "ث": "XTH", "ج": "J", "ح": "XH", "خ": "XKH", "د": "D", "ذ": "XDH", "ر": "R", "ز": "Z",
    "س": "S", "ش": "XSH", "ص": "XSS", "ض": "XDZ", "ط": "XTT", "ظ": "XZZ", "ع": "E", "غ": "G", "ف": "F",
    "ق": "Q", "ك": "K", "ل": "L", "م": "M", "ن": "N", "ه": "H", "و": "W", "ى": "XAY", "ي": "Y",
    "پ": "P", "چ": "XC", "ژ": "XJ", "ک": "XKK", "گ": "XGG", "ی": "XYA",
}  # fmt: skip

PARTS = " -‐‑–,/"  # what separates the components of a name


def transliterate(name: str) -> str:
    """Components of A to Z separated by single spaces: "Müller-O'Neil" becomes "MUELLER ONEIL"."""
    return " ".join("".join(choices[0] for choices in _choices(part)) for part in _components(name))


def spellings(name: str, limit: int = 64) -> list[str]:
    """Every spelling a zone may rightly hold, the recommended one first; at most `limit`."""
    letters: list[tuple[str, ...]] = []
    for part in _components(name):
        letters += [(" ",), *_choices(part)] if letters else _choices(part)
    found = dict.fromkeys("".join(choice) for choice, _ in zip(product(*letters), range(limit * 4), strict=False))
    return list(found)[:limit]


def _components(name: str) -> list[str]:
    # ẞ before upper(), which would make SS of ß by itself; both spell SS.
    text = unicodedata.normalize("NFC", name.replace("ß", "ẞ")).upper()
    for mark in PARTS:
        text = text.replace(mark, " ")
    return [part for part in text.split() if any(_choices(part))]


def _choices(part: str) -> list[tuple[str, ...]]:
    return [choices for position, letter in enumerate(part) if (choices := _letter(letter, position + 1 == len(part)))]


def _letter(letter: str, last: bool) -> tuple[str, ...]:
    """Nothing for apostrophes, points and vowel marks: the zone leaves them out."""
    if "A" <= letter <= "Z":
        return (letter,)
    if letter in CHOICES:
        return CHOICES[letter]
    if letter == "ة" and last:
        return ("XAH",)
    if letter in ARABIC or letter in CYRILLIC:
        spelled = ARABIC.get(letter) or CYRILLIC.get(letter)
        return (spelled,) if spelled else ()
    base = unicodedata.normalize("NFD", letter)[0]
    if base == letter:
        return ()
    return _letter(base, last)
