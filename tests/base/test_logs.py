"""Marked values go in through every door and never come out in a log."""

import io
import json
import logging
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from base import logs
from base.requests import valid_id
from base.tasks import Job
from controls.models import Person

MARK = "MARKEDVALUE"
MAIL = f"jane.{MARK}@example.com"


def breaks(request: HttpRequest) -> HttpResponse:
    """An address of this test only: fails with what it was sent in its message and its cause."""
    try:
        raise KeyError(request.POST.get("name"))
    except KeyError as error:
        logging.getLogger("some.library").error("could not store %s", MAIL)
        logging.getLogger("some.library").error(f"could not store {MAIL}")
        raise ValueError(f"{MAIL} cannot be stored") from error


handler500 = "base.problems.server_error"
urlpatterns = [path(f"static/breaks/{MARK}", breaks), path("static/breaks", breaks)]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged, as production writes it."""
    out, root = io.StringIO(), logging.getLogger()
    made = logs.config("DEBUG")["formatters"]["json"]
    handler = logging.StreamHandler(out)
    handler.setFormatter(made.pop("()")(**made))
    before = root.level
    root.addHandler(handler)
    root.setLevel("DEBUG")
    yield out
    root.removeHandler(handler)
    root.setLevel(before)


def logs_through_the_gate(written: io.StringIO, name: str) -> logging.Logger:
    """The logger of that name, writing into `written` whatever the suite's settings say of it."""
    logger = logging.Logger(name)
    logger.addHandler(next(h for h in logging.getLogger().handlers if getattr(h, "stream", None) is written))
    return logger


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.django_db
@pytest.mark.urls("tests.base.test_logs")
def test_a_request_that_breaks_says_where_and_not_with_what(written: io.StringIO) -> None:
    client = Client(raise_request_exception=False, HTTP_USER_AGENT=MARK, REMOTE_ADDR="192.0.2.77")
    client.cookies["sessionid"] = MARK
    headers = {"Authorization": f"Bearer {MARK}", "X-Request-ID": MARK, "X-Correlation-ID": MARK}
    answer = client.post(f"/static/breaks?name={MARK}", {"name": MAIL}, headers=headers)
    assert answer.status_code == 500
    failed = next(line for line in lines(written) if line["event"] == "request_failed")
    assert failed["route"] == "static/breaks"
    assert failed["request_id"] == answer["X-Request-ID"]
    assert failed["exception"][0] == "builtins.ValueError"
    assert any("test_logs.py" in place for place in failed["exception"])
    assert "builtins.KeyError" in failed["exception"]
    assert MARK not in written.getvalue()
    assert "192.0.2.77" not in written.getvalue()
    assert failed["request_id"] in (page := answer.content.decode())
    assert MARK not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("/sign-in/", {"username": MAIL, "password": MARK}),
        ("/sign-in/factor/", {"code": MARK}),
        ("/api/v1/controls/people", {"username": MAIL, "name": MARK}),
        (f"/admin/{MARK}/", {"name": MARK}),
        (f"/{MARK}", {}),
    ],
)
def test_what_people_and_programs_send_is_not_logged(written: io.StringIO, where: str, words: dict[str, str]) -> None:
    client = Client(raise_request_exception=False, REMOTE_ADDR="192.0.2.77")
    client.get(where, {"q": MARK})
    client.post(where, words, headers={"Authorization": f"Bearer {MARK}"})
    client.post(where, {**words, "file": io.BytesIO(MARK.encode())})
    assert [line for line in lines(written) if line["event"] == "request_finished"]
    assert MARK not in written.getvalue()
    assert "192.0.2.77" not in written.getvalue()


@pytest.mark.django_db
def test_what_a_database_complains_of_is_not_logged(written: io.StringIO) -> None:
    Person.all_unrestricted.create(username=MAIL, name=MARK)
    try:
        Person.all_unrestricted.create(username=MAIL, name=MARK)
    except IntegrityError:
        structlog.get_logger("x").exception("row_refused", detail=MARK)
    said = lines(written)[-1]
    assert said["exception"][0] == "django.db.utils.IntegrityError"
    assert MARK not in written.getvalue()
    connection.needs_rollback = False


@pytest.mark.django_db
def test_what_a_task_fails_on_is_not_logged(written: io.StringIO) -> None:
    class Breaks(Job):
        name = "tests.breaks"
        pauses = (0.0, 0.0)

        def run(self, who: str) -> None:
            raise ConnectionError(who)

    task = Breaks()
    with pytest.raises(ConnectionError):
        task(MAIL)
    logging.getLogger("celery.app.trace").error("Task %(name)s raised %(exc)r", {"name": "x", "exc": MAIL})
    assert MARK not in written.getvalue()


def test_a_value_of_a_declared_key_must_look_as_declared(written: io.StringIO) -> None:
    actor = f"person:{uuid4()}"
    structlog.get_logger("x").info("something_done", actor_id=actor, request_id=MARK, code=MAIL, name=MARK, count=3)
    said = lines(written)[-1]
    assert (said["event"], said["actor_id"], said["count"], said["dropped"]) == ("something_done", actor, 3, 3)
    assert MARK not in written.getvalue()


def test_an_event_with_values_in_it_is_unnamed(written: io.StringIO) -> None:
    structlog.get_logger("x").info(f"{MAIL} signed in")
    assert lines(written)[-1]["event"] == "unnamed"


def test_a_librarys_own_words_are_kept(written: io.StringIO) -> None:
    logging.getLogger("some.library").warning("the lock is held by %s", MARK)
    said = lines(written)[-1]
    assert (said["event"], said["level"]) == ("the lock is held by %s", "warning")


TASK_ID = "d6f5e668-c507-46ce-9984-aa31c1457895"  # not made here: it names a test, and workers must agree on names
SAID_BY = {"multiprocessing": "billiard.pool", "gunicorn.error": "gunicorn.arbiter"}
WORKERS_SAY = [
    ("celery.apps.worker", "%s ready.", ("documents@host-1",), "documents@host-1 ready."),
    (
        "celery.worker.request",
        "Hard time limit (%ss) exceeded for %s[%s]",
        (150, "kyc.tasks.read_documents", TASK_ID),
        f"Hard time limit (150s) exceeded for kyc.tasks.read_documents[{TASK_ID}]",
    ),
    (
        "celery.worker.consumer.consumer",
        "consumer: Cannot connect to %s: %s.\n%s\n",
        (f"redis://{MARK}:6379", ConnectionError(MAIL), "Trying again in 2.00 seconds... (1/100)"),
        "consumer: Cannot connect to ?: ?.\nTrying again in 2.00 seconds... (1/100)",
    ),
    (
        "multiprocessing",
        "Process %r pid:%r exited with %r",
        ("ForkPoolWorker-1", 4711, "signal 9 (SIGKILL)"),
        "Process ForkPoolWorker-1 pid:4711 exited with signal 9 (SIGKILL)",
    ),
    ("gunicorn.error", "WORKER TIMEOUT (pid:%s)", (4711,), "WORKER TIMEOUT (pid:4711)"),
]


@pytest.mark.parametrize(("logger", "message", "values", "words"), WORKERS_SAY)
def test_what_workers_say_of_themselves_is_a_sentence(
    written: io.StringIO, logger: str, message: str, values: tuple[Any, ...], words: str
) -> None:
    logs_through_the_gate(written, logger).error(message, *values)
    assert lines(written)[-1]["event"] == words


@pytest.mark.parametrize(("logger", "message"), logs.FILLED)
def test_a_declared_message_shows_only_values_of_its_shape(written: io.StringIO, logger: str, message: str) -> None:
    shapes = logs.FILLED[logger, message]
    for value in (MAIL, MARK, f"kyc.tasks.{MARK}", f"in 2 {MARK}", f"pulse@{MARK}@x", f"exitcode {MARK}", f"2 {MARK}"):
        logs_through_the_gate(written, logger).error(message, *([value] * len(shapes)))
        said = lines(written)[-1]["event"]
        assert said == message.replace("%r", "%s").replace("%s", "?").strip()
    assert MARK not in written.getvalue()


def test_a_declared_message_of_another_logger_is_not_filled_in(written: io.StringIO) -> None:
    logging.getLogger("some.library").error("%s ready.", "documents@host-1")
    assert lines(written)[-1]["event"] == "%s ready."


def test_a_worker_that_outgrew_its_memory_is_told(written: io.StringIO) -> None:
    said = "child process exiting after exceeding memory limit (2000KiB / 1000KiB)"
    logs_through_the_gate(written, "multiprocessing").warning(f"{said}\n")
    logs_through_the_gate(written, "multiprocessing").warning(f"{said} of {MARK}\n")
    assert [line["event"] for line in lines(written)][-2] == said
    assert MARK not in written.getvalue()


def test_declared_messages_stand_in_the_libraries_that_say_them() -> None:
    """After an upgrade of Celery a reworded message would be a place again, and nobody would notice."""
    for logger, message in logs.FILLED:
        module = import_module(SAID_BY.get(logger, logger))
        source = re.sub(r"'\s*\n\s*'|\\\n", "", Path(str(module.__file__)).read_text())
        message = message.removesuffix(" Perhaps out of memory?")  # said by the same line
        assert message in source or message.encode("unicode_escape").decode() in source, message


def test_only_a_uuid_is_a_request_id() -> None:
    given = str(uuid4())
    assert valid_id(given) == given
    assert valid_id(MARK) is None
