"""Rows are the queue: the sweep looks for what waits, a message only wakes the worker."""

from celery import shared_task

from outbox import delivering


@shared_task(runs_on="outbox")  # type: ignore[untyped-decorator]
def deliver() -> None:
    delivering.deliver()


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Every two seconds: wakes the worker when something is due that nobody is at. A message that nobody took in time
    is worth nothing, since the next look sends another."""
    if delivering.waits():
        deliver.apply_async(expires=30)
