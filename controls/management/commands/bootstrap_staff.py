"""bootstrap_staff A B: the first administrator and the first compliance officer of an installation."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import RuleError
from controls.actor import Actor
from controls.staff import bootstrap


class Command(BaseCommand):
    help = "Creates the first two role-holders; refused once anybody holds a role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("administrator", help="sign-in name of the first administrator")
        parser.add_argument("officer", help="sign-in name of the first compliance officer")
        parser.add_argument("--entity", default="Main company", help="name of the company")

    def handle(self, *args: Any, **options: Any) -> None:
        first, second = (
            {"username": name, "name": name.title(), "password": secrets.token_urlsafe(15)}
            for name in (options["administrator"], options["officer"])
        )
        try:
            bootstrap(
                by=Actor.job("controls.bootstrap"),
                administrator=first,
                officer=second,
                entity=options["entity"],
            )
        except RuleError as error:
            raise CommandError(error.text, returncode=1) from error
        for details in (first, second):
            self.stdout.write(f"{details['username']}  password for the first sign-in: {details['password']}")
