"""backup FILE [--key PUBLIC]: one archive of the database and the files, which only the private key opens. One JSON
object.

Exit code 0: done; 1: done, but files were not there that rows name; 2: refused, nothing was written.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from base.canonical import plain
from base.errors import RuleError
from controls.actor import Actor
from controls.backup import taking


class Command(BaseCommand):
    help = "Takes a backup that only the holder of the private key can read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a new file")
        parser.add_argument("--key", default=settings.BACKUP_PUBLIC_KEY, metavar="PUBLIC", help="BACKUP_PUBLIC_KEY")

    def handle(self, *args: Any, file: str, key: str, **options: Any) -> None:
        try:
            backup = taking.take(Path(file), key, by=Actor.job("controls.backup"))
        except (RuleError, OSError) as error:
            where = f"{error.field}: " if isinstance(error, RuleError) and error.field else ""
            raise CommandError(f"{where}{error}", returncode=2) from error
        said = {name: getattr(backup, name) for name in ("at", "size", "files", "missing", "sha256", "recipient")}
        self.stdout.write(json.dumps({"file": file, **plain(said)}))
        if backup.missing:
            sys.exit(1)
