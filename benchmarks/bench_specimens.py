"""How many simulated photos of specimens are read exactly, by how hard they are to read."""

import os
from typing import Any

from kyc import specimen

PHOTOS = 4  # of each severity: a photo takes seconds, and a benchmark is to end


def figures() -> list[dict[str, Any]]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    return [_severity(severity) for severity in specimen.SEVERITIES]


def _severity(severity: str) -> dict[str, Any]:
    people = specimen.people()[::9][:PHOTOS]
    exact = sum(_read_exactly(person, at, severity) for at, person in enumerate(people))
    return {"name": f"simulated photos read exactly, {severity}", "value": exact, "unit": f"of {len(people)}"}


def _read_exactly(person: specimen.Person, at: int, severity: str) -> bool:
    """Passports and cards by turns; exact means every character of the zone."""
    from kyc.vision import documents

    page, lines = (
        (specimen.identity_card(person)[1], specimen.card_lines(person))
        if at % 2
        else (specimen.passport(person), specimen.passport_lines(person))
    )
    photo = specimen.photograph(page, 100 + at, **specimen.SEVERITIES[severity])
    found = documents.read(photo).zone
    return found is not None and list(found.zone.lines) == lines
