"""demo: invented people for every role, made by the same actions that make real ones.

They have been through their first sign-in: each has a second factor. Their passwords lie in an ignored file under
var/, so that every `make run` can print them again.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from base import clock, registry
from controls import approvals, staff
from controls.actor import Actor
from controls.models import Person
from controls.roles import ROLES
from controls.signin.actions import replace_temporary_password
from controls.signin.demo import enrol_for_demo

COMPANY = "Invented Exchange UAB (demonstration)"
FIRST = {"administrator": "adam", "compliance_officer": "carla"}
OTHERS = {
    "kyc_reviewer": "rita",
    "senior_kyc_reviewer": "simon",
    "qa_reviewer": "quentin",
    "aml_analyst": "alma",
    "licence_officer": "lukas",
    "mlro": "mona",
    "deputy_mlro": "dario",
    "senior_management": "sofia",
    "finance_officer": "felix",
    "finance_controller": "fiona",
    "treasury": "tomas",
    "support_agent": "sara",
    "support_lead": "stefan",
    "data_protection_officer": "dora",
    "internal_auditor": "ines",
}
PEOPLE = FIRST | OTHERS
NEWCOMER = "nora"  # has no role yet, and has not signed in: shows the first sign-in


class Command(BaseCommand):
    help = "Fills an empty database with demonstration data; refused unless DEMO=1. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demonstration data needs DEMO=1; this installation may hold real people.")
        if not Person.all_unrestricted.exists():
            with transaction.atomic():
                passwords = {username: secrets.token_urlsafe(9) for username in (*PEOPLE.values(), NEWCOMER)}
                hire(passwords)
                remember(passwords)
        elif not Person.all_unrestricted.filter(username=FIRST["administrator"]).exists():
            raise CommandError("This database holds people already; demonstration data goes into an empty one.")
        if registry.demonstrations:
            self.stdout.write("Filling in what is missing: the first time it takes a minute or two.")
            self.stdout.flush()
        for fill in registry.demonstrations:
            fill()
        self.show()

    def show(self) -> None:
        if not notes().is_file():
            self.stdout.write(f"The demonstration people's passwords were kept in {notes()}, which is gone.")
            return
        passwords = json.loads(notes().read_text(encoding="utf-8"))
        self.stdout.write("Demonstration people (invented) and their passwords:")
        for role, username in PEOPLE.items():
            self.stdout.write(f"  {username:10} {passwords[username]:14} {ROLES[role].name}")
        self.stdout.write(f"  {NEWCOMER:10} {passwords[NEWCOMER]:14} no role yet: the first sign-in is still to come")
        self.stdout.write("The others are enrolled.")
        self.stdout.write("One-time code of the second factor: .venv/bin/python manage.py otp NAME")


def notes() -> Path:
    return Path(settings.VAR) / "demo-people.json"


def remember(passwords: dict[str, str]) -> None:
    notes().unlink(missing_ok=True)
    with open(os.open(notes(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(passwords, file)


def hire(passwords: dict[str, str]) -> None:
    """The first two start the installation; every other role is proposed by one of them and agreed by the other, once
    its holder has come in."""

    def details(username: str) -> dict[str, str]:
        return {
            "username": username,
            "name": f"{username.title()} Invented",
            "password": passwords[username] if username == NEWCOMER else secrets.token_urlsafe(15),
            "email": f"{username}@demonstration.example",
            "zone": "Europe/Vilnius",
        }

    staff.bootstrap(
        by=Actor.job("controls.bootstrap"),
        administrator=details(FIRST["administrator"]),
        officer=details(FIRST["compliance_officer"]),
        entity=COMPANY,
    )
    administrator, officer = (
        Actor.of(Person.all_unrestricted.get(username=username), confirmed_at=clock.now())
        for username in FIRST.values()
    )
    for who in (administrator, officer):
        come_in(Person.all_unrestricted.get(pk=who.id), passwords)
    staff.create_person(by=administrator, **details(NEWCOMER))
    for role, username in OTHERS.items():
        person = come_in(staff.create_person(by=administrator, **details(username)), passwords)
        proposal = approvals.propose(
            by=administrator,
            name="controls.grant_role",
            record=person,
            arguments={"role": role},
            reason="Demonstration.",
        )
        approvals.decide(proposal, by=officer, agrees=True, reason="Demonstration.")


def come_in(person: Person, passwords: dict[str, str]) -> Person:
    """What everybody does at the first sign-in, so that the printed password and `manage.py otp` work at once."""
    by = Actor.of(person, confirmed_at=clock.now())
    person = replace_temporary_password(person, by=by, password=passwords[person.username])
    enrol_for_demo(person)
    return person
