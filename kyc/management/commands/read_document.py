"""read_document FILE...: what the pipeline reads in each file, one JSON object a line."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import RuleError
from kyc.vision import documents, intake

_NOTHING: dict[str, Any] = {
    "document_type": "unknown",
    "mrz": {"text": None, "raw": [], "changed": [], "check_digits": {}, "valid": False},
    "fields": {},
    "quality": {},
}


class Command(BaseCommand):
    help = "Prints what is read in each picture or PDF. Exit code 1 when a file is not accepted, 2 when it is missing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        files = [Path(name) for name in options["files"]]
        for path in files:
            if not path.is_file():
                raise CommandError(f"{path}: no such file", returncode=2)
        refused = 0
        for path in files:
            try:
                answer = self.read(path)
            except RuleError as error:
                refused += 1
                answer = {"file": str(path), **_NOTHING, "reasons": [f"{error.field}: {error.text}"]}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            self.stdout.flush()
        if refused:
            sys.exit(1)

    def read(self, path: Path) -> dict[str, Any]:
        """The first page that holds a document; the first page when none does."""
        accepted = intake.rebuild(path.read_bytes(), path.name)
        readings = (documents.read(page.data) for page in accepted.pages)
        first = next(readings)
        best = first if first.fields else next((reading for reading in readings if reading.fields), first)
        answer = best.as_json()
        answer["reasons"] = [*accepted.reasons, *answer["reasons"]]
        return {"file": str(path), **answer}
