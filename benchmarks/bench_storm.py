"""Two minutes in which web server and workers are killed every five seconds under load: how soon all is well again."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SECONDS, ALLOWED = 120, 15


def figures() -> list[dict[str, Any]]:
    """The test itself, for longer: it fails when anything is lost or doubled, and then there is no figure."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "said.json"
        own = {"STORM_SECONDS": str(SECONDS), "STORM_RESULT": str(place)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/backoffice/test_storm.py"]
        subprocess.run(command, env=os.environ | own, timeout=SECONDS * 4, stdout=sys.stderr, check=True)
        said = json.loads(place.read_text())
    seconds = round(said["recovered"], 1)
    return [
        {
            "name": "well again after a storm",
            "value": seconds,
            "unit": "s",
            "reference": ALLOWED,
            "ratio": seconds / ALLOWED,
        },
        {"name": "kills of web server and workers", "value": said["kills"], "unit": "kills"},
        {"name": "requests answered once each", "value": said["answered"], "unit": "requests"},
    ]
