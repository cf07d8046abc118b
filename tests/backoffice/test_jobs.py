"""Jobs: what is tried again, what is not, and that a real worker does them over every broker."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, transaction

from backoffice import tasks
from backoffice.celery import app
from base.errors import WrongState
from base.tasks import Job, queue_of, wake
from tests.committed import CommittedDatabase

BROKERS = {
    "redis": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/13"),
    "rabbitmq": os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}


class Flaky(Job):
    """Fails as often as it is told, then works."""

    name = "tests.flaky"
    pauses = (0.0, 0.0)

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.runs = list(errors), 0

    def run(self) -> str:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.mark.django_db  # connections are looked after between tries
def test_a_failure_of_the_world_is_tried_again() -> None:
    flaky = Flaky(OperationalError("gone"), ConnectionError("reset"))
    assert (flaky(), flaky.runs) == ("done", 3)


@pytest.mark.django_db
def test_a_world_that_stays_away_ends_the_task() -> None:
    flaky = Flaky(*(ConnectionError("reset") for _ in range(9)))
    with pytest.raises(ConnectionError):
        flaky()
    assert flaky.runs == 3


def test_our_mistake_is_not_tried_again() -> None:
    flaky = Flaky(ValueError("ours"))
    with pytest.raises(ValueError, match="ours"):
        flaky()
    assert flaky.runs == 1


def test_a_refusal_is_an_answer() -> None:
    flaky = Flaky(WrongState("too late"))
    assert flaky() is None
    assert flaky.runs == 1


def test_every_scheduled_task_exists_and_runs_on_the_pulse_unless_it_is_long() -> None:
    """What takes minutes at night would keep the sealer waiting."""
    app.loader.import_default_modules()
    scheduled = [app.tasks[entry["task"]] for entry in app.conf.beat_schedule.values()]
    elsewhere = [task.name for task in scheduled if queue_of("", (), {}, {}, task=task) != {"queue": "pulse"}]
    assert elsewhere == ["controls.tasks.back_up", "kyc.tasks.remove_lost_files", "privacy.tasks.sweep"]


def test_every_task_runs_on_a_queue_that_has_a_worker() -> None:
    app.loader.import_default_modules()
    procfile = (Path(__file__).parents[2] / "Procfile").read_text()
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert ours
    for task in ours:
        assert f"-Q {task.runs_on} " in procfile, task.name


@pytest.mark.django_db
def test_a_wake_up_that_nobody_takes_is_no_failure(
    settings: Any, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, ...]] = []

    def away(*ids: str) -> None:
        sent.append(ids)
        raise ConnectionRefusedError

    monkeypatch.setattr(tasks.heartbeat, "delay", away)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        wake(tasks.heartbeat, "1")
        assert not sent
    assert sent == [("1",)]


class Worker:
    """`celery worker` as the Procfile starts it, on the test's own database and broker."""

    def __init__(self, broker: str, database: str, folder: Path) -> None:
        self.environment = os.environ | {
            "CELERY_BROKER_URL": broker,
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "VAR_DIR": str(folder),
            "WORKER_MEMORY_MB": "1",  # outgrown by the first task, which is said
            "PYTEST_XDIST_WORKER": "",
        }
        words = "worker -Q pulse -n pulse@%h -c 1 --without-gossip --without-mingle --without-heartbeat"
        command = [sys.executable, "-m", "celery", "-q", "-A", "backoffice", *words.split()]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def send(self) -> None:
        code = "import django; django.setup(); from backoffice.tasks import heartbeat; heartbeat.delay()"
        subprocess.run([sys.executable, "-c", code], env=self.environment, check=True, timeout=60)

    def end(self) -> str:
        self.process.terminate()
        said, _nothing = self.process.communicate(timeout=30)
        return said.decode()


def does_a_job(broker: str, database: CommittedDatabase, folder: Path) -> None:
    """Sends a task from one process, has another do it, and sees what it did in the database."""
    call_command("createcachetable", verbosity=0)
    cache.delete("heartbeat")
    worker = Worker(broker, database.url, folder)
    try:
        worker.send()
        deadline = time.monotonic() + 90
        while tasks.last_heartbeat() is None and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        said = worker.end()
    assert tasks.last_heartbeat() is not None, said
    assert worker.process.returncode == 0, said
    events = [json.loads(line)["event"] for line in said.splitlines() if line.startswith("{")]
    assert f"pulse@{platform.node()} ready." in events, said
    assert [event for event in events if event.startswith("child process exiting after exceeding memory")], said
    assert not [event for event in events if "%" in event], said


@pytest.fixture
def emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """The queue of a shared broker holds nothing from before, and nothing is left of it."""
    with app.connection_for_write(url=request.getfixturevalue("broker")) as link:
        link.default_channel.queue_delete("pulse")
        yield
        link.default_channel.queue_delete("pulse")


@pytest.mark.broker
def test_a_worker_does_jobs_over_the_file_system(committed_db: CommittedDatabase, tmp_path: Path) -> None:
    does_a_job("filesystem://localhost", committed_db, tmp_path)


@pytest.mark.broker
@pytest.mark.parametrize("broker", BROKERS.values(), ids=BROKERS.keys())
def test_a_worker_does_jobs_over_a_real_broker(
    broker: str, emptied: None, committed_db: CommittedDatabase, tmp_path: Path
) -> None:
    does_a_job(broker, committed_db, tmp_path)
