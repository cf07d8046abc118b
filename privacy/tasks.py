"""Wake-ups. The rows are the queue: what was not erased at this hour is erased at the next."""

from celery import shared_task

from privacy import sweeping


@shared_task(soft_time_limit=1800, time_limit=1830)  # type: ignore[untyped-decorator]
def sweep() -> None:
    sweeping.sweep()
