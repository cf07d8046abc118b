"""Applicants to try the product with: each a document, a selfie, and what a sound check should find."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from kyc.specimen.camera import SEVERITIES, photograph
from kyc.specimen.documents import identity_card, licence, passport, passport_lines, td2
from kyc.specimen.people import EXPIRED, PHOTOGRAPHED, Person, person
from kyc.specimen.portraits import far_portrait, portrait, selfie

Band = Literal["match", "review", "mismatch", "inconclusive"]

LOOKALIKE = ("Musterova", "Ångström-Exempel")  # two drawn faces that the model takes for near relatives
STRANGER = "D'Esempio"  # a drawn face that no model takes for the photographed one


@dataclass(frozen=True)
class Case:
    """`pages` are pictures of the document by their names, `band` what the comparison of faces should come to."""

    name: str
    holder: Person
    story: str
    band: Band
    draw: Callable[[], dict[str, Image.Image]]
    selfie_of: Person
    severity: str = "good"
    certain: bool = True  # whether the zone or barcode should be read without a contradiction

    def pages(self) -> dict[str, bytes]:
        return {
            name: photograph(page, _seed(self.name, at), **SEVERITIES[self.severity])
            for at, (name, page) in enumerate(self.draw().items())
        }

    def selfie(self) -> Image.Image:
        return selfie(self.selfie_of, _seed(self.name, 9))


def cases() -> list[Case]:
    """In the order in which somebody who tries the product would like to meet them."""
    photographed, expired = person(PHOTOGRAPHED), person(EXPIRED)
    resembling, resembled = (person(surname) for surname in LOOKALIKE)
    stranger, ana, ruta = person(STRANGER), person("Example"), person("Pavyzdaitė")
    jorg, quinn, mahina = person("Müller-Beispiel"), person("Specimen"), person("Tauira")
    return [
        _plain("passport", ana, "A passport and a selfie of its holder.", lambda: {"passport": passport(ana)}),
        _plain("photographed-face", photographed, "The same with a photographed face instead of a drawn one.",
               lambda: {"passport": passport(photographed)}),
        _plain("identity-card", ruta, "Both sides of an identity card.", lambda: _sides(identity_card(ruta))),
        _plain("residence-card", jorg, "A card of the larger form.", lambda: {"card": td2(jorg)}),
        _plain("driving-licence", quinn, "A driving licence with its barcode.", lambda: _sides(licence(quinn))),
        _plain("expired", expired, "The passport ran out.", lambda: {"passport": passport(expired)}),
        Case("somebody-else", photographed, "Somebody else holds the passport.", "mismatch",
             lambda: {"passport": passport(photographed)}, stranger),
        Case("swapped-portrait", photographed, "The portrait was exchanged; the selfie shows the rightful holder.",
             "mismatch", lambda: {"passport": passport(photographed, face=portrait(stranger))}, photographed),
        Case("lookalike", resembling, "The selfie is of somebody who resembles the holder.", "review",
             lambda: {"passport": passport(resembling)}, resembled),
        Case("far-portrait", mahina, "The head in the portrait is too small to compare.", "inconclusive",
             lambda: {"passport": passport(mahina, face=far_portrait(mahina))}, mahina),
        Case("wrong-check-digit", ana, "The expiry date in the zone was altered and its check digit was not.", "match",
             lambda: {"passport": passport(ana, lines=altered(ana))}, ana, certain=False),
        Case("zone-of-another", ana, "The zone names another person than the print.", "match",
             lambda: {"passport": passport(ana, lines=passport_lines(mahina))}, ana, certain=False),
        Case("hard-photo", ruta, "Taken in a hurry: askew, soft, with a reflection.", "match",
             lambda: {"passport": passport(ruta)}, ruta, severity="hard", certain=False),
    ]  # fmt: skip


def _plain(name: str, holder: Person, story: str, draw: Callable[[], dict[str, Image.Image]]) -> Case:
    return Case(name, holder, story, "match", draw, holder)


def _sides(pages: tuple[Image.Image, Image.Image]) -> dict[str, Image.Image]:
    return {"front": pages[0], "reverse": pages[1]}


def altered(holder: Person) -> list[str]:
    first, second = passport_lines(holder)
    decade = str((int(second[21]) + 1) % 10)
    return [first, second[:21] + decade + second[22:]]


def _seed(name: str, at: int) -> int:
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(name)) * 10 + at
