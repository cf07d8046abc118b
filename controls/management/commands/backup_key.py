"""backup_key FILE: a pair of keys for backups. The private one goes into FILE, which belongs on another machine; the
public one is printed. One JSON object.
"""

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from base import parcels


class Command(BaseCommand):
    help = "Makes a pair of keys for backups."
    requires_system_checks: list[str] = []  # works without a database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a new file for the private key; take it off this machine")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        private = parcels.new_private_key()
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            words = {"file": file, "why": error.strerror}
            raise CommandError(_("%(file)s: %(why)s") % words, returncode=2) from error
        with os.fdopen(handle, "w") as written:
            written.write(private + "\n")
        self.stdout.write(json.dumps({"public_key": parcels.public_of(private), "private_key_file": file}))
