"""Synthetic documents of invented people, for fixtures and demonstration: passport, cards, driving licence, selfies,
and what a telephone makes of them. Nothing here is a real person's; every page is marked SPECIMEN."""

from kyc.specimen.camera import SEVERITIES, photograph
from kyc.specimen.cases import Case, cases
from kyc.specimen.documents import card_lines, identity_card, licence, passport, passport_lines, td2, td2_lines
from kyc.specimen.people import Person, people, person
from kyc.specimen.portraits import far_portrait, portrait, selfie

__all__ = [
    "SEVERITIES",
    "Case",
    "Person",
    "card_lines",
    "cases",
    "far_portrait",
    "identity_card",
    "licence",
    "passport",
    "passport_lines",
    "people",
    "person",
    "photograph",
    "portrait",
    "selfie",
    "td2",
    "td2_lines",
]
