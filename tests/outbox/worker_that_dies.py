"""A delivering process that is killed at a given step: `python -m tests.outbox.worker_that_dies STEP`.

It runs what Celery runs, on the database that DATABASE_URL names, and at the step sends itself SIGKILL: no handler
runs, no transaction ends in order.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

STEPS = {
    "in the middle of putting in line": ("outbox.fanning", "_put", "after", 1),
    "after putting in line": ("outbox.fanning", "fan_out", "after", 1),
    "while tries are counted": ("outbox.delivering", "packed", "after", 3),
    "before the first call": ("outbox.delivering", "carry", "before", 1),
    "in the middle of the calls": ("outbox.carrying", "_sent", "after", 7),
    "before anything is written": ("outbox.outcomes", "record", "before", 1),
    "while it is written": ("outbox.outcomes", "_end", "after", 1),
    "after it is written": ("outbox.outcomes", "pause_lost", "before", 1),
    "never": ("outbox.outcomes", "record", "never", 1),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(function: Callable[..., Any], when: str, after_calls: int) -> Callable[..., Any]:
    calls = [0]

    def call(*args: Any, **words: Any) -> Any:
        calls[0] += 1
        if when == "before" and calls[0] == after_calls:
            die()
        result = function(*args, **words)
        if when == "after" and calls[0] == after_calls:
            die()
        return result

    return call


def main(step: str) -> None:
    import django

    django.setup()
    from importlib import import_module

    from outbox import delivering
    from tests.outbox import making

    making.known()
    where, name, when, calls = STEPS[step]
    module = import_module(where)
    if when != "never":
        setattr(module, name, dying(getattr(module, name), when, calls))
    delivering.deliver()


if __name__ == "__main__":
    main(*sys.argv[1:])
