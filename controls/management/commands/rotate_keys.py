"""rotate_keys [--data] [--index] [--checkpoint FILE]: brings data and indexes to the newest key of FIELD_KEYS; hands
the signing of checkpoints over to a new key. One JSON object a part, then how it ended.

Exit code 0: nothing is under a former key any more; 1: something is (run it again; "broken" opens with no key);
2: refused. Without a choice: data and indexes. docs/keys.md says in which order.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from base import crypto
from base.errors import RuleError
from controls import handover, rotation
from controls.actor import Actor


class Command(BaseCommand):
    help = "Exchanges keys while the back office runs; safe to stop and to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", action="store_true", help="encrypted fields and files")
        parser.add_argument("--index", action="store_true", help="indexes by which encrypted values are found")
        parser.add_argument("--checkpoint", metavar="FILE", help="a new file for the new CHECKPOINT_KEY")

    def handle(self, *args: Any, data: bool, index: bool, checkpoint: str | None, **options: Any) -> None:
        by = Actor.job("controls.keys")
        everything = not (data or index or checkpoint)
        try:
            if checkpoint:
                self._say({"ok": True, "part": "checkpoint", **handover.hand_over(Path(checkpoint), by=by)})
            if data or index or everything:
                self._rotate(by, data or everything, index or everything)
        except (RuleError, OSError) as error:
            raise CommandError(str(error), returncode=2) from error

    def _rotate(self, by: Actor, data: bool, index: bool) -> None:
        whole = True
        for part in rotation.rotate(by=by, data=data, indexes=index):
            ok = not (part.broken or part.left)
            whole &= ok
            self._say({"ok": ok, "part": part.name, "done": part.done, "broken": part.broken, "left": part.left})
        self._say({"ok": whole, "key": crypto.newest_key()})
        if not whole:
            sys.exit(1)

    def _say(self, words: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(words, ensure_ascii=False))
        self.stdout.flush()
