"""Codes of states and issuers as travel documents print them: ISO 3166 and what ICAO Doc 9303-3, section 5, adds."""

from functools import cache
from typing import Any, cast

import pycountry
from django.utils.translation import gettext_lazy as _

# Codes that only travel documents know. The second column is the ISO code of the state behind it, where there is one.
ICAO_EXTRAS: dict[str, tuple[Any, str]] = {
    "D": (_("Germany"), "DEU"),
    "EUE": (_("European Union"), ""),
    "GBD": (_("British Overseas Territories citizen"), "GBR"),
    "GBN": (_("British National (Overseas)"), "GBR"),
    "GBO": (_("British Overseas citizen"), "GBR"),
    "GBP": (_("British protected person"), "GBR"),
    "GBS": (_("British subject"), "GBR"),
    "RKS": (_("Kosovo"), ""),
    "UNA": (_("United Nations agency"), ""),
    "UNK": (_("United Nations mission in Kosovo"), ""),
    "UNO": (_("United Nations"), ""),
    "UTO": (_("Utopia (specimens)"), ""),
    "XAA": (_("Stateless or of unknown nationality"), ""),
    "XBA": (_("African Development Bank"), ""),
    "XOM": (_("Sovereign Military Order of Malta"), ""),
    "XPO": (_("Interpol"), ""),
    "XXA": (_("Stateless person"), ""),
    "XXB": (_("Refugee (1951 Convention)"), ""),
    "XXC": (_("Refugee, other"), ""),
    "XXX": (_("Nationality not specified"), ""),
}


@cache
def _iso_codes() -> frozenset[str]:
    return frozenset(country.alpha_3 for country in pycountry.countries)


def is_document_code(code: str) -> bool:
    """Whether a travel document may print this code as issuer or nationality (`D<<` and `D` are the same)."""
    bare = code.rstrip("<")
    return bare in ICAO_EXTRAS or bare in _iso_codes()


def alpha_3(code: str) -> str:
    """The ISO code behind the code of a document, or nothing: specimens, organisations and the stateless have none."""
    bare = code.rstrip("<")
    if bare in ICAO_EXTRAS:
        return ICAO_EXTRAS[bare][1]
    return bare if bare in _iso_codes() else ""


def name(code: str) -> str:
    """The name people know it by, or the code itself when nobody does."""
    bare = code.rstrip("<")
    if bare in ICAO_EXTRAS:
        return str(ICAO_EXTRAS[bare][0])
    country = _by_code(bare)
    return cast(str, country.name) if country else bare


@cache
def choices() -> list[tuple[str, str]]:
    """Codes the product keeps with their names, by name: every state, and what only documents know."""
    states = [(country.alpha_2, country.name) for country in pycountry.countries]
    others = [(code, str(word)) for code, (word, iso) in ICAO_EXTRAS.items() if not iso and code_of(code) == code]
    return sorted([*states, *others, ("XK", name("RKS"))], key=lambda choice: choice[1])


@cache
def residences() -> list[tuple[str, str]]:
    """Where somebody can live: states, and the country of specimens."""
    return [choice for choice in choices() if len(choice[0]) == 2 or choice[0] == "UTO"]


def code_of(written: str) -> str:
    """The code the product keeps: two letters where ISO has them, else what documents print; nothing if unknown."""
    bare = written.strip().upper().rstrip("<")
    if bare in ("XK", "RKS", "UNK"):
        return "XK"
    found = _by_code(alpha_3(bare) or bare)
    return str(found.alpha_2) if found else bare if bare in ICAO_EXTRAS else ""


def _by_code(code: str) -> Any:
    return pycountry.countries.get(alpha_3=code) if len(code) == 3 else pycountry.countries.get(alpha_2=code)
