"""How long the pages of the KYC desk take in the server, with few and with many applications: the median of 15 calls.
Each database is measured in a process of its own, on a database of its own that is thrown away; PAGES_ROWS
(100,10000,100000) says with how many rows. What 10,000 take is held against 100 ms, `to_few` against what 100 take."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROWS = [int(rows) for rows in os.environ.get("PAGES_ROWS", "100,10000,100000").split(",")]
SERVER = os.environ.get("EVIDENCE_SERVER", "postgres://postgres@127.0.0.1:5432")
DATABASE = "pages_bench"
TIMES = 15


def figures() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="pages-bench-") as folder:
        measured = _measured("sqlite", f"sqlite:///{folder}/bench.sqlite3", folder)
        if _database("CREATE DATABASE"):
            measured += _measured("postgresql", f"{SERVER}/{DATABASE}", folder)
            _database()
        else:
            print("pages: no PostgreSQL answers, its figures are missing", file=sys.stderr)
        return measured


def _measured(name: str, url: str, folder: str) -> list[dict[str, Any]]:
    environment = os.environ | {
        "DATABASE_URL": url,
        "VAR_DIR": f"{folder}/{name}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = [sys.executable, "-m", "benchmarks.bench_pages", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"pages on {name} ended with {done.returncode}")
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _database(then: str = "") -> bool:
    """Drops what an earlier run left, and makes it anew when asked to."""
    import psycopg

    try:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=3) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
            if then:
                connection.execute(f'{then} "{DATABASE}"')
    except psycopg.OperationalError:
        return False
    return True


# --- in the process of one database ------------------------------------------------------------------------------


def _on(name: str) -> list[dict[str, Any]]:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.DEBUG = False
    django.setup()
    call_command("migrate", verbosity=0)
    from tests.kyc import filling

    entity, first, client, next_one = _office()
    found: list[dict[str, Any]] = []
    few: dict[str, float] = {}
    filled = 0
    for rows in ROWS:
        filling.fill(rows - filled, entity, first, start=filled)
        filled = rows
        filling.analyse()
        works: dict[str, Callable[[], Any]] = {
            page: lambda address=address: _page(client, address)  # type: ignore[misc]
            for page, address in filling.pages()
        }
        for page, work in (works | {"claim_next": next_one}).items():
            taken = _milliseconds(work)
            few.setdefault(page, taken)
            found += _figures(f"{name}: {page}", rows, taken, few[page])
    return found


def _figures(name: str, rows: int, taken: float, few: float) -> list[dict[str, Any]]:
    figure: dict[str, Any] = {"name": f"{name}, {rows:,} rows", "value": round(taken, 1), "unit": "ms"}
    if rows == 10_000:
        figure |= {"reference": 100.0, "ratio": round(taken / 100, 2), "to_few": round(taken / few, 2)}
    return [figure]


def _office() -> tuple[Any, Any, Any, Callable[[], None]]:
    """A company, a first person, a senior reviewer's browser, and how she takes the next one and puts it back."""
    from django.test import Client

    from base import clock
    from controls.actor import Actor
    from controls.middleware import SESSION
    from controls.models import LegalEntity, Person, Session
    from kyc import actions
    from tests import people

    entity = LegalEntity.all_unrestricted.create(name="Example Exchange UAB", country="LT", zone="Europe/Vilnius")
    first, senior = (Person(username=name, name=name.title(), password="!") for name in ("first", "senior"))
    for person in (first, senior):
        person.save(force_insert=True)
    people.hold(senior, "senior_kyc_reviewer")
    session = Session.all_unrestricted.create(person=senior, confirmed_at=clock.now(), address="", browser="bench")
    client = Client(SERVER_NAME="localhost")
    client.force_login(senior)
    kept = client.session
    kept[SESSION] = str(session.pk)
    kept.save()

    def next_one() -> None:
        by = Actor.of(senior, confirmed_at=clock.now())
        found = actions.claim_next(by=by)
        assert found
        actions.release_claim(found, by=by)

    return entity, first, client, next_one


def _page(client: Any, address: str) -> None:
    assert client.get(address).status_code == 200, address


def _milliseconds(work: Callable[[], Any]) -> float:
    """The median, after a first call that fills caches."""
    times = []
    for _each in range(TIMES + 1):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return median(times[1:])


if __name__ == "__main__":
    print(json.dumps(_on(sys.argv[1])))
