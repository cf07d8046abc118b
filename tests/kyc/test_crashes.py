"""A worker killed at any step of the pipeline: nothing is lost, nothing is there twice, nothing is stuck beyond its
lease. With real models, real processes and SIGKILL."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from base import clock
from controls.models import AuditEntry, LegalEntity
from kyc import actions, pipeline
from kyc.actions.checks import FACES, READING
from kyc.models import Application, Check
from tests.committed import CommittedDatabase
from tests.kyc import making
from tests.kyc.worker_that_dies import STEPS

pytestmark = [pytest.mark.large, pytest.mark.models]
KINDS = {"documents": READING, "faces": FACES}


def work(database: CommittedDatabase, step: str, queue: str) -> int:
    """Runs a worker until it ends or dies; its return code."""
    environment = os.environ | {
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    command = [sys.executable, "-m", "tests.kyc.worker_that_dies", step, queue]
    done = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], timeout=300, capture_output=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode


def lapse(application: Application) -> None:
    """The time of the lease passes."""
    past = clock.now() - timedelta(seconds=1)
    application.checks.filter(lease_until__isnull=False).update(lease_until=past)


@pytest.mark.parametrize("queue", ["documents", "faces"])
@pytest.mark.parametrize("step", [step for step in STEPS if step != "never"])
def test_a_worker_killed_at_any_step_loses_nothing(
    committed_db: CommittedDatabase, entity: LegalEntity, step: str, queue: str
) -> None:
    application = making.handed_in(entity)
    assert work(committed_db, step, queue) == -signal.SIGKILL
    leases = application.checks.waiting().filter(lease_until__isnull=False)
    assert all(check.lease_until <= clock.now() + timedelta(minutes=3) for check in leases if check.lease_until)
    lapse(application)
    for again in KINDS:
        assert work(committed_db, "never", again) == 0
    assert_checked_once(application)


def test_a_picture_that_kills_its_worker_three_times_is_for_a_person(
    committed_db: CommittedDatabase, entity: LegalEntity
) -> None:
    application = making.handed_in(entity)
    for _attempt in range(3):
        assert work(committed_db, "before looking", "faces") == -signal.SIGKILL
        lapse(application)
    assert work(committed_db, "before looking", "faces") == 0  # it gives up without looking
    check = application.checks.current().get(kind=Check.Kind.FACE)
    assert (check.outcome, check.attempts) == (Check.Outcome.ERROR, 3)
    work(committed_db, "never", "documents")
    assert making.fresh(application).status == Application.Status.AWAITING_REVIEW


def assert_checked_once(application: Application) -> None:
    current = application.checks.current()
    assert sorted(current.values_list("kind", flat=True)) == sorted(Check.Kind.values)
    assert not current.filter(outcome=Check.Outcome.WAITING).exists()
    assert not pipeline.waits(READING)
    assert not pipeline.waits(FACES)
    assert making.fresh(application).status == Application.Status.AWAITING_REVIEW
    keys = [str(key) for key in current.values_list("pk", flat=True)]
    recorded = AuditEntry.all_unrestricted.filter(action="kyc.record_check", record_id__in=keys)
    assert recorded.count() == len(keys), "each result has one entry"
    assert actions.lease(application, (*READING, *FACES)) is None
