"""compare_faces A B: how far apart two faces are, as one JSON object."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import RuleError
from kyc.vision import faces, intake

_NOTHING: dict[str, Any] = {
    "distance": None,
    "band": "inconclusive",
    "boxes": {"document": None, "selfie": None},
    "scores": {"document": None, "selfie": None},
}


class Command(BaseCommand):
    help = "Compares the portrait on a document (A) with a selfie (B). Exit code 1 when a file is not accepted."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("document", metavar="A")
        parser.add_argument("selfie", metavar="B")

    def handle(self, *args: Any, **options: Any) -> None:
        paths = {name: Path(options[name]) for name in ("document", "selfie")}
        for path in paths.values():
            if not path.is_file():
                raise CommandError(f"{path}: no such file", returncode=2)
        pages = {}
        for name, path in paths.items():
            try:
                pages[name] = intake.rebuild(path.read_bytes(), path.name).pages[0].data
            except RuleError as error:
                self.stdout.write(json.dumps({**_NOTHING, "reasons": [f"{name}: {error.text}"]}))
                sys.exit(1)
        self.stdout.write(json.dumps(faces.compare(pages["document"], pages["selfie"]).as_json(), ensure_ascii=False))
