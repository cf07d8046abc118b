"""export_audit --from A --to B: a bundle of evidence that verify_evidence.py checks on a machine without the product.

A and B are dates, moments or sequence numbers, both included; without them everything sealed is exported.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from base.canonical import plain
from base.errors import RuleError
from controls import bundle
from controls.actor import Actor
from controls.models import Person


class Command(BaseCommand):
    help = "Writes a bundle of evidence for somebody outside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="since", default="", metavar="WHEN", help="date, moment or sequence")
        parser.add_argument("--to", dest="until", default="", metavar="WHEN", help="date, moment or sequence, included")
        parser.add_argument("--output", metavar="FILE", help="a new file; evidence.zip in this folder by default")
        parser.add_argument(
            "--reader",
            metavar="USERNAME",
            help="what this person may see is readable, the rest bare hashes; what an auditor may see by default",
        )

    def handle(self, *args: Any, since: str, until: str, **options: Any) -> None:
        path = Path(options["output"] or "evidence.zip")
        if path.exists() or not path.parent.is_dir():
            raise CommandError(_("--output %(file)s: not a new file in a folder.") % {"file": path}, returncode=2)
        try:
            manifest = bundle.write(path, by=_reader(options["reader"]), since=since, until=until)
        except RuleError as error:
            path.unlink(missing_ok=True)
            where = f"--{error.field}: " if error.field else ""
            raise CommandError(where + error.text, returncode=2) from error
        self.stdout.write(json.dumps({"file": str(path), **plain(manifest)}, ensure_ascii=False))


def _reader(username: str | None) -> Actor:
    if username is None:
        return Actor.job("controls.export")
    person = Person.all_unrestricted.filter(username=username).first()
    if person is None:
        raise CommandError(_("--reader %(name)s: there is no such person.") % {"name": username}, returncode=2)
    return Actor.of(person)
