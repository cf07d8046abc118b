"""A million lines: how long a dry run takes, what memory it needs, and how often it tells how far it is.

In a process of its own, whose memory is nothing else's; `python -m benchmarks.bench_intake 100000` for fewer lines.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LINES = 1_000_000
HEAD = "reference,given_names,family_name,birth_date,residence,nationality,document_number,address\r\n"


def figures() -> list[dict[str, Any]]:
    found = measured(int(os.environ.get("BENCH_LINES", LINES)))
    lines = f"{found['lines']:,} lines"
    return [
        _figure(f"dry run of {lines}", found["seconds"], "s", 60),
        _figure("reading the same lines and nothing else", found["reading_seconds"], "s", None),
        _figure("memory of the worker at most", found["memory_mb"], "MB", 400),
        _figure("longest time without progress", found["silence"], "s", 1),
        _figure("upload into the storage", found["upload_seconds"], "s", None),
        _figure(f"applying {found['applied']:,} lines", found["apply_seconds"], "s", None),
    ]


def _figure(name: str, value: float, unit: str, reference: float | None) -> dict[str, Any]:
    found = {"name": name, "value": round(value, 2), "unit": unit}
    return found if reference is None else found | {"reference": reference, "ratio": value / reference}


def measured(lines: int, database: str = "") -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        where = {"VAR_DIR": folder, "MEDIA_ROOT": f"{folder}/media"}
        where["DATABASE_URL"] = database or f"sqlite:///{folder}/bench.sqlite3"
        environment = os.environ | where | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
        command = [sys.executable, "-m", "benchmarks.bench_intake", str(lines)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        found: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
        return found


def pieces(lines: int) -> Iterator[bytes]:
    yield HEAD.encode()
    for first in range(0, lines, 1000):
        yield "".join(
            f"OLD-{n},Ana Maria,Example,19{n % 40 + 50}-01-{n % 28 + 1:02},LT,LTU,X{n:07},Sample street {n}\r\n"
            for n in range(first, min(first + 1000, lines))
        ).encode()


class Upload:
    """A file on its way in that lies nowhere whole."""

    def __init__(self, lines: int) -> None:
        self.lines, self.size = lines, 1

    def chunks(self) -> Iterator[bytes]:
        return pieces(self.lines)


def most_memory_mb() -> float:
    """Of this program alone: `ru_maxrss` would count what the process that started it held when it forked."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def child(lines: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from controls.actor import Actor
    from controls.models import LegalEntity, Person
    from tests import people
    from work import intake as work_intake
    from work import jobs, uploads
    from work.actions import intake as actions
    from work.models import Intake

    def somebody(name: str, role: str) -> Actor:
        from base import clock

        person = Person(username=name, name=name)
        person.set_unusable_password()
        person.save(force_insert=True)
        people.hold(person, role)
        return Actor.of(person, confirmed_at=clock.now())

    officer, mlro = somebody("officer", "compliance_officer"), somebody("mlro", "mlro")
    entity = LegalEntity.all_unrestricted.create(name="Example Exchange UAB", country="LT", zone="Europe/Vilnius")

    def brought_in(count: int) -> Intake:
        kept, shape, about = uploads.keep(Upload(count), 10**12)
        made: Intake = actions.upload_intake(
            by=officer,
            target="kyc.customers",
            source="Bench",
            entity=entity,
            name="x",
            file=kept,
            shape=shape,
            lines=about,
        )
        return made

    mapping = {name: name for name in HEAD.strip().split(",")}
    began = time.perf_counter()
    intake = brought_in(lines)
    uploaded = time.perf_counter()
    read = sum(1 for _line in work_intake._lines(intake))
    assert read == lines
    reading = time.perf_counter() - uploaded
    actions.try_intake(intake, by=officer, mapping=mapping)
    began_trying = time.perf_counter()
    written, times = jobs.Run._write, [began_trying]

    def noting(self: Any, **words: Any) -> None:
        times.append(time.perf_counter())
        written(self, **words)

    jobs.Run._write = noting  # type: ignore[method-assign]
    jobs.work_off()
    tried = time.perf_counter()
    times.append(tried)
    checked = Intake.all_unrestricted.get(pk=intake.pk)
    assert (checked.rows, checked.wrong) == (lines, 0), (checked.rows, checked.wrong, checked.errors[:3])
    memory = most_memory_mb()
    few = brought_in(min(lines, 20_000))
    actions.try_intake(few, by=officer, mapping=mapping)
    jobs.work_off()
    actions.apply_intake(few, by=mlro, reason="Measured.")
    applying = time.perf_counter()
    jobs.work_off()
    few.refresh_from_db()
    assert few.status == "applied"
    return {
        "lines": lines,
        "seconds": tried - began_trying,
        "reading_seconds": reading,
        "upload_seconds": uploaded - began,
        "memory_mb": memory,
        "silence": max(later - earlier for earlier, later in pairwise(times)),
        "applied": few.applied,
        "apply_seconds": time.perf_counter() - applying,
        "digest": checked.digest,
    }


if __name__ == "__main__":
    print(json.dumps(child(int(sys.argv[1]))))
