"""How a task fails: every @shared_task of the product is a Job.

The world failed (no database, no network): it is tried again where it stands, after a second and after five; then
the sweep that finds waiting rows comes back to it. A refusal (RuleError) is an answer, noted and never repeated.
Anything else is our mistake and fails at once, with the place in the log.

    @shared_task(runs_on="documents")       documents, faces, outbox, pulse; default when nothing is said
    def check_document(document_id: str) -> None: ...

    wake(check_document, str(document.pk))  after commit; a lost wake-up costs the time until the next sweep
"""

import time
from typing import Any

import structlog
from celery import Task
from celery.exceptions import OperationalError as BrokerError
from django.db import InterfaceError, OperationalError, close_old_connections, transaction

from base.errors import RuleError

WORLD = (OperationalError, InterfaceError, ConnectionError, TimeoutError)
PAUSES = (1.0, 5.0)  # seconds; waited for in the worker, since the file-system broker keeps no message for later

log = structlog.get_logger(__name__)


class Job(Task):  # type: ignore[misc]
    """Takes ids or nothing, is safe to repeat, names itself as the actor and calls one action."""

    pauses = PAUSES
    runs_on = "default"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for pause in (*self.pauses, None):
            try:
                return self.run(*args, **kwargs)
            except RuleError as refused:
                log.info("task_refused", task=self.name, code=refused.code)
                return None
            except WORLD as error:
                if pause is None:
                    raise
                log.warning("task_tried_again", task=self.name, error=type(error).__name__)
                close_old_connections()
                time.sleep(pause)
        raise AssertionError("the last pause is None")


def queue_of(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **rest: Any) -> dict[str, str]:
    """Celery's router: a task says itself where it runs."""
    return {"queue": getattr(task, "runs_on", Job.runs_on)}


def wake(task: Any, *ids: str) -> None:
    """Sends the task once what is under way is committed. That nobody can be told is no reason to fail: the row
    waits, and the sweep finds it."""

    def send() -> None:
        try:
            task.delay(*ids)
        except (BrokerError, OSError) as error:
            log.warning("wake_up_not_sent", task=task.name, error=type(error).__name__)

    transaction.on_commit(send)
