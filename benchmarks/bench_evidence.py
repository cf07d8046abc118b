"""How fast evidence is sealed and verified, and what it adds to an action. Each database is measured in a process of
its own, on a database of its own that is thrown away; EVIDENCE_ROWS (1,000,000) says how many entries."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROWS = int(os.environ.get("EVIDENCE_ROWS", "1000000"))
SERVER = os.environ.get("EVIDENCE_SERVER", "postgres://postgres@127.0.0.1:5432")
DATABASE = "evidence_bench"


def figures() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="evidence-bench-") as folder:
        measured = _measured("sqlite", f"sqlite:///{folder}/bench.sqlite3", folder)
        if _server_answers():
            measured += _measured("postgresql", f"{SERVER}/{DATABASE}", folder)
        else:
            print("evidence: no PostgreSQL answers, its figures are missing", file=sys.stderr)
        return measured


def _measured(name: str, url: str, folder: str) -> list[dict[str, Any]]:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "VAR_DIR": f"{folder}/{name}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_evidence", name],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"evidence on {name} ended with {done.returncode}")
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _server_answers() -> bool:
    import psycopg

    try:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=3) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{DATABASE}"')
    except psycopg.OperationalError:
        return False
    return True


# --- in the process of one database ------------------------------------------------------------------------------


def _on(name: str) -> list[dict[str, Any]]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    found = list(_action(name))
    _fill(ROWS)
    found += _sealing(name)
    found += _verifying(name)
    return found


def _figure(name: str, value: float, unit: str, reference: float | None = None, **more: Any) -> dict[str, Any]:
    figure: dict[str, Any] = {"name": name, "value": round(value, 2), "unit": unit, **more}
    if reference is not None:
        figure |= {"reference": reference, "ratio": round(value / reference, 3)}
    return figure


def _action(name: str) -> Iterator[dict[str, Any]]:
    """Suspending a person: as an action, and as the bare write that it makes."""
    from uuid import UUID

    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from base import clock
    from controls import staff
    from controls.actor import Actor
    from controls.models import Person, RoleGrant

    people = [Person(username=f"made_up_{n}", name=f"Made Up {n}", password="!") for n in range(601)]
    people[1].id = UUID(RECORD)  # whom the entries to be filled in are about
    Person.all_unrestricted.bulk_create(people)
    RoleGrant.all_unrestricted.create(person=people[0], role="compliance_officer", founder=2)
    officer = Actor.of(people[0], confirmed_at=clock.now())

    def plain(person: Person) -> None:
        with transaction.atomic():
            person.is_active = False
            person.save(update_fields=["is_active"])

    def action(person: Person) -> None:
        staff.suspend_person(person, by=officer, reason="A made-up reason.")

    bare = _milliseconds(plain, people[1:301])
    full = _milliseconds(action, people[301:600])
    with CaptureQueriesContext(connection) as caught:
        action(people[600])
    transactional = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")
    queries = [each for each in caught.captured_queries if not each["sql"].startswith(transactional)]
    yield _figure(f"{name}: an action more than its plain write", full - bare, "ms", 5.0, plain_ms=round(bare, 2))
    yield _figure(f"{name}: an action to its plain write", full / bare, "times")
    yield _figure(f"{name}: queries of an action", len(queries), "queries", 6)


def _milliseconds(work: Callable[[Any], None], over: list[Any]) -> float:
    """The median of one call."""
    times = []
    for each in over:
        began = time.perf_counter()
        work(each)
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


def _fill(rows: int) -> None:
    """Entries as actions write them, two values each, past the models for speed; the database queues them."""
    from controls import sealing
    from controls.actor import Actor

    sealing.seal(by=Actor.job("controls.sealer"))
    for start in range(0, rows, 20_000):
        made = [_made() for _each in range(start, min(start + 20_000, rows))]
        _insert("controls_auditentry", ENTRY, [entry for entry, _values in made])
        _insert("controls_auditvalue", ("ref", "values"), [values for _entry, values in made])


ENTRY = ("ref", "at", "actor", "person_id", "action", "record_model", "record_id", "content")
PERSON, RECORD = "018f0000-0000-7000-8000-00000000000a", "018f0000-0000-7000-8000-00000000000b"


def _made() -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    from uuid import UUID

    from base.crypto import encrypt
    from controls.entries import commitment

    ref = UUID(bytes=os.urandom(16), version=4)
    salts = [os.urandom(16).hex() for _each in range(2)]
    kept: dict[str, dict[str, Any]] = {
        "is_active": {"salt": salts[0], "old": True, "new": False, "mask": "shown"},
        "reason": {"salt": salts[1], "old": None, "new": "A made-up reason of usual length.", "mask": "shown"},
    }
    said = {
        "action": "controls.suspend_person",
        "actor": f"person:{PERSON}",
        "at": "2026-01-02T03:04:05.000006+00:00",
        "batch": "",
        "cause": None,
        "facts": {},
        "model": "controls.person",
        "person": PERSON,
        "record": RECORD,
        "ref": str(ref),
        "request": "0123456789abcdef",
        "v": 1,
        "values": {name: commitment(each["salt"], each["old"], each["new"]) for name, each in kept.items()},
    }
    content = json.dumps(said, separators=(",", ":"))
    sealed = encrypt(json.dumps(kept).encode(), f"controls_auditvalue.values.{ref}")
    entry = (ref, said["at"], said["actor"], UUID(PERSON), said["action"], said["model"], RECORD, content)
    return entry, (ref, sealed)


def _insert(table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    from uuid import UUID

    from django.db import connection, transaction

    names = ", ".join(f'"{column}"' for column in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("%s" for _column in columns)
        spelt = [[each.hex if isinstance(each, UUID) else each for each in row] for row in rows]
        if table == "controls_auditentry":
            spelt = [[row[0], str(row[1])[:26].replace("T", " "), *row[2:]] for row in spelt]
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", spelt)


def _sealing(name: str) -> Iterator[dict[str, Any]]:
    from django.db import connection

    from controls import sealing
    from controls.actor import Actor

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    began = time.perf_counter()
    (done,) = [each for each in sealing.seal(by=Actor.job("controls.sealer")) if each.stream == "audit"]
    reference = 50_000.0 if name == "postgresql" else 20_000.0
    yield _figure(f"{name}: sealing", done.rows / (time.perf_counter() - began), "entries/s", reference)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _verifying(name: str) -> Iterator[dict[str, Any]]:
    from controls import bundle, verification
    from controls.actor import Actor
    from controls.streams import STREAMS

    for values, what in ((False, "verify_audit"), (True, "verify_audit --values")):
        began, reach = time.perf_counter(), verification.Reach()
        assert not list(verification.verify(STREAMS["audit"], reach, values=values))
        yield _scaled(f"{name}: {what}", time.perf_counter() - began, reach.rows, 30.0 if not values else None)
    if name == "sqlite":
        return
    path = Path(tempfile.mkdtemp(prefix="evidence-bundle-")) / "bundle.zip"
    began = time.perf_counter()
    manifest = bundle.write(path, by=Actor.job("controls.export"))
    entries = manifest["entries"] + manifest["bare_leaves"]
    yield _scaled(f"{name}: export_audit", time.perf_counter() - began, entries)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "verify_evidence.py"), str(path)], capture_output=True, check=False
    )
    yield _scaled("verify_evidence.py", time.perf_counter() - began, entries, 30.0)
    path.unlink()
    path.parent.rmdir()
    assert done.returncode == 0, done.stdout.decode()


def _scaled(name: str, seconds: float, rows: int, reference: float | None = None) -> dict[str, Any]:
    return _figure(
        f"{name}, {rows:,} entries", seconds, "s", None if reference is None else reference * rows / 1_000_000
    )


if __name__ == "__main__":
    print(json.dumps(_on(sys.argv[1])))
