"""A worker process that is killed at a given step: `python -m tests.kyc.worker_that_dies STEP QUEUE`.

It runs the very task that Celery runs, on the database that DATABASE_URL names. At the step it sends itself SIGKILL:
no handler runs, no transaction ends in order, as if the machine had lost its power.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

STEPS = {
    "after the lease": ("kyc.actions", "lease", "after"),
    "before looking": ("kyc.files", "read", "before"),
    "after looking": ("kyc.actions", "record_results", "before"),
    "between two results": ("kyc.actions.checks", "record_check", "after"),
    "before the commit": ("kyc.actions.checks", "to_the_desk_when_checked", "after"),
    "after the commit": ("kyc.actions", "record_results", "after"),
    "never": ("kyc.actions", "lease", "never"),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(function: Callable[..., Any], when: str) -> Callable[..., Any]:
    def call(*args: Any, **words: Any) -> Any:
        if when == "before":
            die()
        result = function(*args, **words)
        if when == "after":
            die()
        return result

    return call


def main(step: str, queue: str) -> None:
    import django

    django.setup()
    from importlib import import_module

    from kyc import tasks

    where, name, when = STEPS[step]
    module = import_module(where)
    if when != "never":
        setattr(module, name, dying(getattr(module, name), when))
    {"documents": tasks.read_documents, "faces": tasks.compare_faces}[queue]()


if __name__ == "__main__":
    main(*sys.argv[1:])
