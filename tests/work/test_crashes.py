"""Workers killed with SIGKILL while they try and apply a file: the end is that of a run that nobody disturbed. And a
million lines in little memory."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from base import clock
from benchmarks import bench_intake
from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity
from kyc.models import Customer
from tests.committed import CommittedDatabase
from tests.work.bringing import ANA, MAPPING, fresh, table, uploaded
from work import files, intake
from work.actions import intake as actions
from work.models import Intake, Job

pytestmark = pytest.mark.large
LINES = 120_500  # several checkpoints of a dry run, and a last part


def work(database: CommittedDatabase, when: str = "never", at: int = 0) -> int:
    """Runs a worker until it ends or dies; its return code."""
    environment = os.environ | {
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    command = [sys.executable, "-m", "tests.work.worker_that_dies", when, str(at)]
    done = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], timeout=600, capture_output=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode


def lapse() -> None:
    """The time of the lease passes."""
    Job.all_unrestricted.live().update(lease_until=clock.now() - timedelta(seconds=1))


def file_with_errors() -> bytes:
    rows = [(f"OLD-{number}", *ANA[1:]) for number in range(LINES)]
    for number in (10, 60_000, 120_499):
        rows[number] = ("OLD-5", "=1+1", *ANA[2:])
    return table(*rows)


def tried(
    database: CommittedDatabase, by: Actor, entity: LegalEntity, content: bytes, *kills: tuple[str, int]
) -> Intake:
    found = uploaded(by, entity, content)
    actions.try_intake(found, by=by, mapping=MAPPING)
    for when, at in kills:
        assert work(database, when, at) == -signal.SIGKILL
        lapse()
    assert work(database) == 0
    return fresh(found)


def said(found: Intake) -> tuple[object, ...]:
    job = found.dry_run
    assert job
    with files.opened(job.result_file) as opened:
        listed = opened.read()
    return found.status, found.rows, found.wrong, found.errors, found.digest, job.counts, listed


def test_a_dry_run_killed_again_and_again_says_what_one_says_that_was_not(
    committed_db: CommittedDatabase, officer: Actor, entity: LegalEntity
) -> None:
    content = file_with_errors()
    undisturbed = tried(committed_db, officer, entity, content)
    killed = tried(committed_db, officer, entity, content, ("before", 1), ("after", 1), ("before", 2))
    assert said(killed) == said(undisturbed)
    assert (killed.rows, killed.wrong) == (LINES, 3)


def test_applying_killed_again_and_again_applies_every_line_once(
    committed_db: CommittedDatabase, officer: Actor, mlro: Actor, entity: LegalEntity
) -> None:
    count = 9_000
    found = tried(committed_db, officer, entity, table(*((f"OLD-{number}", *ANA[1:]) for number in range(count))))
    actions.apply_intake(found, by=mlro, reason="Reconciled.")
    for when, at in (("before", 1), ("before", 2), ("after", 1), ("before", 2)):
        assert work(committed_db, when, at) == -signal.SIGKILL
        lapse()
    assert work(committed_db) == 0
    done = fresh(found)
    assert (done.status, done.applied, done.applied_digest) == ("applied", count, done.digest)
    assert Customer.all_unrestricted.filter(brought_in=done).count() == count
    batches = -(-count // intake.TOGETHER)
    assert AuditEntry.all_unrestricted.filter(action="kyc.import_customers").count() == batches


def test_a_million_lines_take_little_memory_and_little_more_than_reading_them(committed_db: CommittedDatabase) -> None:
    found = bench_intake.measured(1_000_000, committed_db.url)
    assert found["memory_mb"] <= 400
    assert found["seconds"] < 40 * found["reading_seconds"]
