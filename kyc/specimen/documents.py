"""Specimens of identity documents issued by Utopia: passport (TD3), identity card (TD1), larger card (TD2) and
driving licence. Labels in Esperanto and English; every page says SPECIMEN."""

from datetime import date

from PIL import Image, ImageDraw

from kyc.specimen import barcode, zone
from kyc.specimen.paper import RED, Colour, emblem, field, paper, place, signature, write
from kyc.specimen.paper import zone as print_zone
from kyc.specimen.people import Person
from kyc.specimen.portraits import portrait

PITCH = 30.48  # pixels between the characters of a zone: a tenth of an inch
NOTICE = "SPECIMEN · invented person · not a document of any state"


def passport(person: Person, *, face: Image.Image | None = None, lines: list[str] | None = None) -> Image.Image:
    """The data page, 125 x 88 mm. `face` and `lines` put a strange portrait or zone on it."""
    accent = (34, 96, 110)
    page = paper((1500, 1056), (226, 240, 238), accent).copy()
    face = face or portrait(person)
    _head(page, "PASPORTO / PASSPORT", accent, 1500)
    field(page, (470, 128), "Tipo / Type", "P", room=90)
    field(page, (640, 128), "Kodo de la ŝtato / Code", zone.ISSUER, room=220)
    field(page, (1130, 128), "Numero / Passport No.", person.number, room=320)
    left = 470
    field(page, (left, 204), "Familia nomo / Surname", person.surname.upper(), room=960)
    field(page, (left, 280), "Personaj nomoj / Given names", person.given_names.upper(), room=960)
    field(page, (left, 356), "Civitaneco / Nationality", person.nationality, room=300)
    field(page, (left + 380, 356), "Persona numero / Personal No.", person.personal_number, room=300)
    field(page, (left, 432), "Naskiĝdato / Date of birth", printed(person.born), room=300)
    field(page, (left + 380, 432), "Sekso / Sex", person.sex, room=120)
    field(page, (left, 508), "Naskiĝloko / Place of birth", person.birthplace.upper(), room=620)
    field(page, (left, 584), "Dato de eldono / Date of issue", printed(person.issued), room=300)
    field(page, (left + 380, 584), "Aŭtoritato / Authority", "AMAUROT", room=260)
    field(page, (left, 660), "Valida ĝis / Date of expiry", printed(person.expires), room=300)
    place(page, face, (52, 132, 436, 628))
    place(page, face, (1240, 452, 1410, 672), fade=0.62)
    signature(page, (64, 642, 420, 716), person.name)
    write(page, (1460, 738), NOTICE, 15, room=700, ink=RED, anchor="ra")
    write(page, (52, 738), "Subskribo / Holder's signature", 15, room=400, bold=False, ink=(62, 84, 98))
    _strip(page, 778)
    print_zone(page, lines or passport_lines(person), 80, 878, PITCH, 76)
    return page


def identity_card(person: Person, *, face: Image.Image | None = None) -> tuple[Image.Image, Image.Image]:
    """Both sides of a card of bank-card size, 85.6 x 54 mm; the zone is on the reverse."""
    accent = (86, 70, 128)
    front = paper((1027, 648), (236, 234, 246), accent).copy()
    face = face or portrait(person)
    _head(front, "IDENTIGA KARTO / IDENTITY CARD", accent, 1027, scale=0.8)
    place(front, face, (36, 112, 312, 468))
    place(front, face, (862, 398, 986, 558), fade=0.62)
    left, scale = 340, 0.92
    field(front, (left, 108), "Familia nomo / Surname", person.surname.upper(), room=640, scale=scale)
    field(front, (left, 178), "Personaj nomoj / Given names", person.given_names.upper(), room=640, scale=scale)
    field(front, (left, 248), "Sekso / Sex", person.sex, room=110, scale=scale)
    field(front, (left + 150, 248), "Civitaneco / Nationality", person.nationality, room=200, scale=scale)
    field(front, (left + 390, 248), "Naskiĝdato / Date of birth", printed(person.born), room=250, scale=scale)
    field(front, (left, 318), "Naskiĝloko / Place of birth", person.birthplace.upper(), room=460, scale=scale)
    field(front, (left, 388), "Dokumenta numero / Document No.", person.number, room=240, scale=scale)
    field(front, (left + 260, 388), "Valida ĝis / Date of expiry", printed(person.expires), room=230, scale=scale)
    field(front, (left, 458), "Persona numero / Personal No.", person.personal_number, room=240, scale=scale)
    _chip(front, (left + 270, 470))
    signature(front, (46, 486, 300, 556), person.name)
    write(front, (40, 566), "Subskribo / Signature", 14, room=260, bold=False, ink=(62, 84, 98))
    write(front, (991, 606), NOTICE, 16, room=900, ink=RED, anchor="ra")
    return front, _card_reverse(person, accent)


def td2(person: Person, *, face: Image.Image | None = None) -> Image.Image:
    """A residence card of the larger form, 105 x 74 mm."""
    accent = (126, 82, 52)
    page = paper((1260, 888), (246, 240, 228), accent).copy()
    face = face or portrait(person)
    _head(page, "LOĜPERMESO / RESIDENCE CARD", accent, 1260)
    place(page, face, (48, 128, 364, 536))
    left = 400
    field(page, (left, 126), "Familia nomo / Surname", person.surname.upper(), room=800)
    field(page, (left, 202), "Personaj nomoj / Given names", person.given_names.upper(), room=800)
    field(page, (left, 278), "Civitaneco / Nationality", person.nationality, room=250)
    field(page, (left + 300, 278), "Sekso / Sex", person.sex, room=120)
    field(page, (left + 480, 278), "Naskiĝdato / Date of birth", printed(person.born), room=300)
    field(page, (left, 354), "Naskiĝloko / Place of birth", person.birthplace.upper(), room=560)
    field(page, (left, 430), "Numero / Document No.", person.number, room=280)
    field(page, (left + 300, 430), "Dato de eldono / Date of issue", printed(person.issued), room=260)
    field(page, (left, 506), "Valida ĝis / Date of expiry", printed(person.expires), room=280)
    field(page, (left + 300, 506), "Persona numero / Personal No.", person.personal_number, room=280)
    place(page, face, (1050, 398, 1190, 578), fade=0.62)
    signature(page, (60, 548, 350, 606), person.name)
    write(page, (1220, 612), NOTICE, 15, room=800, ink=RED, anchor="ra")
    _strip(page, 648)
    print_zone(page, td2_lines(person), 82, 744, PITCH, 76)
    return page


def licence(person: Person, *, face: Image.Image | None = None) -> tuple[Image.Image, Image.Image]:
    """Both sides of a driving licence in the North American manner: a PDF417 on the reverse repeats the front."""
    accent = (40, 104, 62)
    front = paper((1027, 648), (232, 244, 232), accent).copy()
    face = face or portrait(person)
    _head(front, "STIRPERMESILO / DRIVING LICENCE", accent, 1027, scale=0.8)
    place(front, face, (36, 112, 312, 468))
    place(front, face, (862, 432, 986, 592), fade=0.62)
    left, scale = 340, 0.9
    field(front, (left, 106), "4d Numero / Licence No.", person.number, room=260, scale=scale)
    field(front, (left + 320, 106), "9 Klaso / Class", "C", room=140, scale=scale)
    field(front, (left, 174), "1 Familia nomo / Surname", person.surname.upper(), room=640, scale=scale)
    field(front, (left, 242), "2 Personaj nomoj / Given names", person.given_names.upper(), room=640, scale=scale)
    field(front, (left, 310), "8 Adreso / Address", ", ".join(person.address), room=640, scale=scale)
    field(front, (left, 378), "3 Naskiĝdato / Date of birth", printed(person.born), room=240, scale=scale)
    field(front, (left + 270, 378), "15 Sekso / Sex", person.sex, room=110, scale=scale)
    field(front, (left, 446), "4a Dato de eldono / Issued", printed(person.issued), room=240, scale=scale)
    field(front, (left + 270, 446), "4b Valida ĝis / Expires", printed(person.expires), room=230, scale=scale)
    field(front, (left, 514), "16 Alto / Height", f"{person.height_cm} cm", room=160, scale=scale)
    field(front, (left + 270, 514), "18 Okuloj / Eyes", person.eyes, room=160, scale=scale)
    signature(front, (46, 486, 300, 556), person.name)
    write(front, (40, 606), NOTICE, 16, room=800, ink=RED)
    return front, _licence_reverse(person, accent)


def passport_lines(person: Person) -> list[str]:
    return zone.td3(person)


def td2_lines(person: Person) -> list[str]:
    return zone.td2(person, code="AR")


def card_lines(person: Person) -> list[str]:
    return zone.td1(person)


def printed(day: date) -> str:
    """The date as documents print it, in English whatever the language of the machine."""
    return f"{day.day:02d} {MONTHS[day.month - 1]} {day.year}"


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _card_reverse(person: Person, accent: Colour) -> Image.Image:
    page = paper((1027, 648), (236, 234, 246), accent).copy()
    field(page, (48, 44), "Adreso / Address", ", ".join(person.address), room=560, scale=0.92)
    field(page, (48, 114), "Alto / Height", f"{person.height_cm} cm", room=200, scale=0.92)
    field(page, (260, 114), "Okuloj / Colour of eyes", person.eyes, room=240, scale=0.92)
    field(page, (48, 184), "Dato de eldono / Date of issue", printed(person.issued), room=260, scale=0.92)
    field(page, (330, 184), "Aŭtoritato / Authority", "AMAUROT", room=220, scale=0.92)
    if native := _native(person):
        field(page, (48, 254), "Nomo en propra skribo / Name in own script", native, room=640, scale=0.92)
    emblem(page, (880, 130), 84, accent)
    write(page, (979, 330), NOTICE, 16, room=900, ink=RED, anchor="ra")
    _strip(page, 368)
    print_zone(page, card_lines(person), 56, 448, PITCH, 68)
    return page


def _native(person: Person) -> str:
    """The bundled font knows Latin, Greek, Cyrillic and Arabic."""
    known = all(ord(letter) < 0x2E80 and not 0x0900 <= ord(letter) < 0x0E00 for letter in person.native_name)
    return person.native_name if known else ""


def _licence_reverse(person: Person, accent: Colour) -> Image.Image:
    page = paper((1027, 648), (232, 244, 232), accent).copy()
    code = barcode.pdf417(barcode.payload(person))
    left, top = (1027 - code.width) // 2, 44
    ImageDraw.Draw(page).rectangle((left - 20, top - 18, left + code.width + 20, top + code.height + 18), fill="white")
    page.paste(code, (left, top))
    below = top + code.height + 44
    emblem(page, (110, below + 82), 62, accent)
    field(
        page,
        (210, below),
        "9a Klaso C / Class C",
        "Veturiloj ĝis 11 794 kg / Vehicles up to 11 794 kg",
        room=740,
        scale=0.8,
    )
    field(page, (210, below + 62), "9a Limigoj / Restrictions", "NENIUJ / NONE", room=340, scale=0.8)
    field(
        page, (580, below + 62), "5 Dokumenta kodo / Document code", barcode.discriminator(person), room=380, scale=0.8
    )
    write(page, (210, below + 136), NOTICE, 16, room=760, ink=RED)
    return page


def _head(page: Image.Image, title: str, accent: Colour, width: int, scale: float = 1.0) -> None:
    high = round(104 * scale)
    band = Image.new("RGB", (width, high), accent)
    page.paste(Image.blend(page.crop((0, 0, width, high)), band, 0.86), (0, 0))
    emblem(page, (round(70 * scale), high // 2), round(38 * scale), (244, 240, 222))
    left = round(130 * scale)
    write(page, (left, round(14 * scale)), "UTOPIO / UTOPIA", round(38 * scale), room=width // 2, ink=(250, 248, 240))
    write(page, (left, round(62 * scale)), title, round(24 * scale), room=width // 2, bold=False, ink=(244, 240, 222))
    write(
        page,
        (width - round(40 * scale), high // 2),
        "SPECIMEN",
        round(44 * scale),
        room=width // 3,
        ink=(255, 226, 214),
        anchor="rm",
    )


def _strip(page: Image.Image, top: int) -> None:
    """The zone lies on paper almost without print, so that machines can read it."""
    box = (0, top, page.width, page.height)
    page.paste(
        Image.blend(page.crop(box), Image.new("RGB", (page.width, page.height - top), (252, 252, 250)), 0.78), box
    )
    ImageDraw.Draw(page).line((0, top, page.width, top), fill=(150, 160, 164), width=2)


def _chip(page: Image.Image, at: tuple[int, int]) -> None:
    left, top = at
    draw = ImageDraw.Draw(page)
    draw.rounded_rectangle((left, top, left + 124, top + 96), 16, fill=(206, 178, 106), outline=(140, 116, 60), width=2)
    for y in (top + 32, top + 64):
        draw.line((left, y, left + 40, y), fill=(140, 116, 60), width=2)
        draw.line((left + 84, y, left + 124, y), fill=(140, 116, 60), width=2)
    draw.rounded_rectangle((left + 40, top + 20, left + 84, top + 76), 8, outline=(140, 116, 60), width=2)
