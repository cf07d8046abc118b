"""A worker process that is killed: `python -m tests.work.worker_that_dies BEFORE|AFTER COUNT`.

It runs the very task that Celery runs, on the database that DATABASE_URL names. At the checkpoint with that number,
just before it is written or just after it is committed, it sends itself SIGKILL. A count of 0 lets it live.
"""

import os
import signal
import sys
from typing import Any


def main(when: str, at: int) -> None:
    import django

    django.setup()
    from work import jobs, tasks

    real, calls = jobs.Run.keep, []

    def keep(self: Any, *args: Any, **words: Any) -> None:
        calls.append(1)
        if when == "before" and len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        real(self, *args, **words)

    def step(self: Any, *args: Any, **words: Any) -> None:
        if when == "after" and len(calls) == at and at:
            os.kill(os.getpid(), signal.SIGKILL)
        stepped(self, *args, **words)

    stepped = jobs.Run.step
    jobs.Run.keep, jobs.Run.step = keep, step  # type: ignore[method-assign]
    tasks.work_off()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
