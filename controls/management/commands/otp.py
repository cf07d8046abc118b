"""otp NAME: the code that a demonstration person's authenticator app shows now. Refused unless DEMO=1."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from controls.models import Authenticator


class Command(BaseCommand):
    help = "Prints the current one-time code of a demonstration person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="sign-in name")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Codes are printed in a demonstration only (DEMO=1).", returncode=2)
        factor = Authenticator.all_unrestricted.in_use().filter(user__username=options["name"]).first()
        if factor is None:
            raise CommandError(f"{options['name']} has no authenticator (or does not exist).", returncode=2)
        self.stdout.write(factor.code())
