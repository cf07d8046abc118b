"""reopen A B --reason ...: two suspended people come in again, when nobody is left who could restore them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import RuleError
from controls import unit, wayback
from controls.actor import Actor
from controls.models import Person


class Command(BaseCommand):
    help = "Opens the accounts of two suspended people again; refused while two others could restore them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("people", nargs=2, help="sign-in names: one may propose roles, the other agree to them")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        found = {person.username: person for person in Person.all_unrestricted.filter(username__in=options["people"])}
        if len(found) != 2:
            raise CommandError("Name two different people by their sign-in names.", returncode=1)
        try:
            unit.outermost(lambda: _reopen(list(found.values()), options["reason"]))
        except RuleError as error:
            raise CommandError(error.text, returncode=1) from error
        self.stdout.write(f"{' and '.join(found)} can sign in again.")


def _reopen(pair: list[Person], reason: str) -> None:
    by = Actor.job("controls.bootstrap")
    for person, other in (pair, reversed(pair)):
        if not person.is_active:
            wayback.reopen(person, by=by, other=other, reason=reason)
