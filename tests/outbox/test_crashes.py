"""A worker killed at any step: nothing is lost, the order stays, and what comes twice says so. With real processes and
SIGKILL; and several workers at once."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from base import clock
from outbox.models import Delivery, DeliveryAttempt, Event, Receiver
from tests.committed import CommittedDatabase
from tests.outbox import making
from tests.outbox.listening import Call, Listener, listening
from tests.outbox.worker_that_dies import STEPS

pytestmark = pytest.mark.large
EVENTS = 20


def begun(database: CommittedDatabase, step: str) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"DATABASE_URL": database.url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "tests.outbox.worker_that_dies", step]
    return subprocess.Popen(
        command, env=environment, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ended(worker: "subprocess.Popen[bytes]") -> int:
    _said, error = worker.communicate(timeout=120)
    assert worker.returncode in (0, -signal.SIGKILL), error.decode()
    return worker.returncode


def lapse() -> None:
    """The time of the lease passes."""
    Receiver.all_unrestricted.update(lease_until=clock.now() - timedelta(seconds=1))


def assert_told(listener: Listener, events: int) -> None:
    """Each event came; of what had come before, nothing without a mark; no number before a smaller one had come."""
    seen: dict[str, Call] = {}
    newest = 0
    for call in listener.calls:
        before = seen.get(call.headers["Webhook-Id"])
        assert before is None or call.attempt > before.attempt
        assert before is not None or call.number == newest + 1
        newest = max(newest, call.number)
        seen[call.headers["Webhook-Id"]] = call
    assert len(seen) == events


@pytest.mark.parametrize("step", [step for step in STEPS if step != "never"])
def test_a_worker_killed_at_any_step_loses_nothing(committed_db: CommittedDatabase, step: str) -> None:
    with listening() as one, listening() as another:
        making.active("one", url=one.url)
        making.active("another", url=another.url)
        making.happened(*range(EVENTS))
        assert ended(begun(committed_db, step)) == -signal.SIGKILL
        lapse()
        assert ended(begun(committed_db, "never")) == 0
        assert_told(one, EVENTS)
        assert_told(another, EVENTS)
    assert not Event.objects.filter(fanned_at=None).exists()
    assert set(Delivery.all_unrestricted.values_list("status", flat=True)) == {"delivered"}
    assert Delivery.all_unrestricted.count() == 2 * EVENTS
    assert DeliveryAttempt.all_unrestricted.filter(outcome="delivered").count() == 2 * EVENTS


def test_several_workers_share_the_lines_and_nothing_comes_twice(committed_db: CommittedDatabase) -> None:
    with listening() as one, listening() as another:
        making.active("one", url=one.url)
        making.active("another", url=another.url)
        for start in range(0, 300, 10):
            making.happened(*range(start, start + 10))
        workers = [begun(committed_db, "never") for _worker in range(3)]
        assert [ended(worker) for worker in workers] == [0, 0, 0]
        assert one.numbers == another.numbers == list(range(1, 301))
        assert {call.attempt for call in [*one.calls, *another.calls]} == {1}
