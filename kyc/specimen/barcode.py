"""What the barcode of a driving licence says (AAMVA card design standard, version 10) and its picture."""

from datetime import date

import pdf417gen
from PIL import Image

from kyc.specimen.people import Person
from kyc.transliteration import transliterate

ISSUER_NUMBER = "999999"  # assigned to nobody
JURISDICTION = "XU"


def payload(person: Person) -> str:
    """One DL subfile after the header; line feeds between elements, a carriage return at the end."""
    elements = "\n".join(f"{code}{value}" for code, value in _elements(person).items())
    subfile = f"DL{elements}\r"
    offset = 21 + 10  # the header and one subfile designator
    return f"@\n\x1e\rANSI {ISSUER_NUMBER}100001DL{offset:04d}{len(subfile):04d}{subfile}"


def pdf417(text: str) -> Image.Image:
    """Black on white, three pixels a module."""
    codes = pdf417gen.encode(text, columns=13, security_level=5)
    picture: Image.Image = pdf417gen.render_image(codes, scale=3, ratio=3, padding=0)
    return picture.convert("RGB")


def discriminator(person: Person) -> str:
    return f"{person.issued:%y%m%d}{person.number}"


def _elements(person: Person) -> dict[str, str]:
    given = transliterate(person.given_names).split(" ")
    surname, first, middle = transliterate(person.surname), given[0], " ".join(given[1:])
    street, city, postcode = person.address
    return {
        "DAQ": person.number,
        "DCS": surname[:40],
        "DDE": "T" if len(surname) > 40 else "N",
        "DAC": first or "NONE",
        "DDF": "N",
        "DAD": middle or "NONE",
        "DDG": "N",
        "DCA": "C",
        "DCB": "NONE",
        "DCD": "NONE",
        "DBD": _day(person.issued),
        "DBB": _day(person.born),
        "DBA": _day(person.expires),
        "DBC": {"M": "1", "F": "2"}.get(person.sex, "9"),
        "DAU": f"{person.height_cm:03d} cm",
        "DAY": person.eyes,
        "DAG": street,
        "DAI": city,
        "DAJ": JURISDICTION,
        "DAK": postcode.replace(" ", "").ljust(11),
        "DCF": discriminator(person),
        "DCG": "UTO",
        "DDB": "01012021",
    }


def _day(day: date) -> str:
    return f"{day:%m%d%Y}"
