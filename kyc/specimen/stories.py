"""Applicants of the demonstration: whose papers they show, what is odd, and how far they come. Only draws."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

from kyc.specimen.camera import SEVERITIES, photograph
from kyc.specimen.cases import altered
from kyc.specimen.documents import identity_card, licence, passport
from kyc.specimen.people import Person, person
from kyc.specimen.portraits import far_portrait, selfie

PHOTO = (1200, 900)

Pictures = list[tuple[str, str, bytes]]  # kind, side, bytes


@dataclass(frozen=True)
class Story:
    """An applicant: whose papers, what is odd about them, and how far the application has come."""

    surname: str
    comes_to: str
    papers: str = "passport"
    severity: str = "good"
    selfie_of: str = ""
    typed: dict[str, Any] = field(default_factory=dict)


# In this order they are handed in and checked; those that people decided come first.
STORIES = [
    Story("Paradeigma", "approved"),
    Story("Ångström-Exempel", "agreed", typed={"residence": "MM"}),
    Story("Pavyzdaitė", "second", typed={"residence": "VE"}),
    Story("Müller-Beispiel", "rejected", typed={"residence": "IR"}),
    Story("X", "asked"),
    Story("Orbiter", "review", selfie_of="D'Esempio", typed={"given_names": "Erin"}),
    Story("Tauira", "review", papers="far portrait"),
    Story("Example", "review", papers="altered"),
    Story("Okechukwu-Misali", "review", severity="fair"),
    Story("Orbiter", "review"),
    Story("Przykładowski", "claimed"),
    Story("Nguyễn Văn", "review"),
    Story("Specimen", "review", papers="licence"),
    Story("Musterova", "review", selfie_of="Ångström-Exempel"),
    Story("Példaházi", "review", typed={"birth_date": date(1972, 8, 21)}),
    Story("O'Sample", "review"),
    Story("Příkladová", "review", papers="card"),
    Story("Örnekoğlu", "review", severity="hard"),
    Story("Þórsdóttir-Dæmi", "review"),
    Story("Exemplaire de la Tour-Fictive", "review"),
    Story("Wolfeschlegelsteinhausenbergerdorffmuster", "review"),
    Story("Al-Mithali", "review", typed={"residence": "YE"}),
    Story("Mfano", "review", typed={"document_number": "X0000000"}),
    Story("Ouyang", "review", papers="card"),
    Story("Modelo da Silva e Exemplo", "withdrawn"),
    Story("Li", "collecting"),
    Story("Udaharan", "collecting"),
    Story("Gyeonbon", "opened"),
]


def draw(story: Story) -> Pictures:
    """The pictures of a story, as a telephone would send them."""
    if story.comes_to == "opened":
        return []
    holder = person(story.surname)
    kind, pages = PAPERS[story.papers](holder)
    seed = sum(map(ord, story.surname))
    pictures: Pictures = [
        (kind, side, photograph(page, seed, size=PHOTO, **SEVERITIES[story.severity]))
        for side, page in zip(("front", "back"), pages, strict=False)
    ]
    if story.comes_to == "collecting":
        return pictures
    out = BytesIO()
    selfie(person(story.selfie_of or story.surname)).save(out, "JPEG", quality=90)
    return [*pictures, ("selfie", "front", out.getvalue())]


PAPERS: dict[str, Callable[[Person], tuple[str, tuple[Any, ...]]]] = {
    "passport": lambda holder: ("passport", (passport(holder),)),
    "altered": lambda holder: ("passport", (passport(holder, lines=altered(holder)),)),
    "far portrait": lambda holder: ("passport", (passport(holder, face=far_portrait(holder)),)),
    "card": lambda holder: ("identity_card", identity_card(holder)),
    "licence": lambda holder: ("driving_licence", licence(holder)),
}
