"""verify_audit [--known CHECKPOINT]: checks the evidence. One JSON object a line: findings, then how far it reached.

Exit code 0: all is as it was sealed; 1: it is not, and the first line names the first entry that is broken; 2: the
input cannot be read.
"""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from controls import verification, witness
from controls.streams import STREAMS


class Command(BaseCommand):
    help = "Checks sealed evidence for anything changed, removed, inserted, swapped or cut off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--known",
            action="append",
            default=[],
            metavar="CHECKPOINT",
            help="a checkpoint that a witness kept: a file of JSON lines, or the line itself; may be repeated",
        )
        parser.add_argument(
            "--values", action="store_true", help="also compare every value that is still kept with its commitment"
        )

    def handle(self, *args: Any, known: list[str], values: bool, **options: Any) -> None:
        points = [point for each in known for point in _points(each)]
        if stray := {point.get("stream") for point in points} - STREAMS.keys():
            raise CommandError(_("--known: there is no stream %(name)s.") % {"name": stray.pop()}, returncode=2)
        good = [self._stream(name, points, values) for name in STREAMS]
        if not all(good):
            sys.exit(1)

    def _stream(self, name: str, points: list[dict[str, Any]], values: bool) -> bool:
        began, reach = time.monotonic(), verification.Reach()
        found = 0
        findings = verification.verify(STREAMS[name], reach, points, values=values)
        for finding in islice(findings, verification.AT_MOST):
            found += 1
            self._say({"ok": False, "stream": name, **{key: each for key, each in asdict(finding).items() if each}})
        self._say(
            {
                "ok": not found,
                "stream": name,
                "entries": reach.rows,
                "batches": reach.batches,
                "hash": reach.hash,
                "waiting": reach.waiting,
                "values": values,
                "known": sum(point.get("stream") == name for point in points),
                "findings": found,
                "seconds": round(time.monotonic() - began, 2),
            }
        )
        return not found

    def _say(self, words: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(words, ensure_ascii=False))


def _points(given: str) -> list[dict[str, Any]]:
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        return witness.known(text)
    except (OSError, ValueError) as error:
        raise CommandError(_("--known: %(why)s") % {"why": error}, returncode=2) from error
