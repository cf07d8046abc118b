"""restore FILE --key PRIVATE: brings an installation back into an empty place. JSON lines: what was restored, what
verify_audit says, that it is open.

Exit code 0: done and open; 1: the archive is damaged (nothing was put in place), or the evidence does not verify (what
was restored stays closed); 2: refused. `restore --finish` goes on where a restoration stopped before it was open.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from base.errors import RuleError
from base.parcels import Damaged, NotOurs
from controls.actor import Actor
from controls.backup import restoring

SHOWN = ("product", "at", "database", "files", "missing", "database_bytes")


class Command(BaseCommand):
    help = "Restores a backup into an empty place, proves it and opens it."
    requires_system_checks: list[str] = []  # there is no database yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="the archive")
        parser.add_argument("--key", metavar="PRIVATE", help="the file that backup_key wrote")
        parser.add_argument("--finish", action="store_true", help="open what was restored before")
        parser.add_argument(
            "--known", action="append", default=[], metavar="CHECKPOINT", help="as for verify_audit; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by, known = Actor.job("controls.restore"), list(options["known"])
        try:
            if not options["finish"]:
                known += self._restore(options["file"], options["key"], by)
            restoring.prepare()
            call_command("verify_audit", known=known, stdout=self.stdout)  # exits with 1 when something is wrong
            restoring.open_restored(by=by)
        except RuleError as error:
            raise CommandError(error.text, returncode=2) from error
        self._say({"ok": True, "open": True})

    def _restore(self, file: str | None, key: str | None, by: Actor) -> list[str]:
        if not file or not key:
            raise CommandError(_("FILE and --key are needed."), returncode=2)
        try:
            private = Path(key).read_text(encoding="ascii").strip()
            manifest = restoring.restore(Path(file), private, by=by)
        except Damaged as error:
            raise CommandError(_("%(why)s. Nothing was put in place.") % {"why": error}, returncode=1) from error
        except (NotOurs, OSError, ValueError) as error:
            raise CommandError(_("%(why)s. Nothing was put in place.") % {"why": error}, returncode=2) from error
        self._say({"ok": True, "restored": file, **{name: manifest[name] for name in SHOWN}})
        return list(manifest["checkpoints"])

    def _say(self, words: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(words, ensure_ascii=False))
