"""seal: seals what is queued now. One JSON object a stream."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from controls import sealing
from controls.actor import Actor


class Command(BaseCommand):
    help = "Seals what is queued now, stream by stream."

    def handle(self, *args: Any, **options: Any) -> None:
        for done in sealing.seal(by=Actor.job("controls.sealer")):
            self.stdout.write(json.dumps(asdict(done)))
