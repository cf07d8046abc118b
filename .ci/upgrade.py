"""Does the code of one release run on the schema of the next? During an upgrade both do: the schema is migrated first,
while processes of the former release still answer.

    python .ci/upgrade.py OLD NEW

OLD and NEW are folders with the product. An empty database is migrated by NEW; then OLD works on it: its commands write
people, roles and evidence through its own actions, seal, and verify. Ends with 1 and the step's
words when a step of OLD fails.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

MIGRATION = ["migrate", "--verbosity", "0"]
WORK = [
    ["bootstrap_staff", "first_admin", "first_officer"],
    ["seal"],
    ["verify_audit", "--values"],
]


def manage(folder: Path, place: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    own = {"VAR_DIR": str(place), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    own["DATABASE_URL"] = f"sqlite:///{place / 'db.sqlite3'}"
    given = [sys.executable, "manage.py", *command]
    return subprocess.run(given, cwd=folder, env=os.environ | own, capture_output=True, text=True, timeout=300)


def main(old: Path, new: Path) -> int:
    with tempfile.TemporaryDirectory() as name:
        for folder, command in [(new, MIGRATION), *((old, each) for each in WORK)]:
            done = manage(folder, Path(name), command)
            if done.returncode:
                print(f"{folder}: {' '.join(command)} failed on the new schema\n{done.stdout}{done.stderr}")
                return 1
    print("the former release works on the new schema")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
