"""evaluate_faces PAIRS.csv DIR_OR_TAR: how good face comparison is on labelled pairs, as one JSON object."""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base.errors import RuleError
from kyc.vision import evaluation


class Command(BaseCommand):
    help = "Prints accuracy with its Wilson interval, and true and false accepts at the bands."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pairs", metavar="PAIRS.csv", help="columns img1, img2, same and, if any, fold")
        parser.add_argument("pictures", metavar="DIR_OR_TAR", help="a folder, or a tar that is read without unpacking")
        parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
        parser.add_argument("--at-least", type=float, default=0.0, help="exit with 1 when the accuracy is lower")

    def handle(self, *args: Any, **options: Any) -> None:
        pairs, pictures = Path(options["pairs"]), Path(options["pictures"])
        for path in (pairs, pictures):
            if not path.exists():
                raise CommandError(f"{path}: no such file", returncode=2)
        try:
            figures = evaluation.evaluate(evaluation.read_pairs(pairs), pictures, processes=options["processes"])
        except RuleError as error:
            raise CommandError(f"{error.field}: {error.text}", returncode=2) from error
        self.stdout.write(json.dumps(figures))
        if figures["accuracy"] < options["at_least"]:
            sys.exit(1)
