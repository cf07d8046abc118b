"""Wake-ups. The rows are the queue: a message only says that something waits; a lost one costs five seconds."""

from celery import shared_task

from work import jobs, watching


@shared_task(soft_time_limit=1800, time_limit=1830)  # type: ignore[untyped-decorator]
def work_off() -> None:
    jobs.work_off()


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Every five seconds: wakes a worker while a job waits or has lost its worker."""
    if jobs.waits():
        work_off.delay()


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def watch() -> None:
    """Every minute: proposals that wait become tasks, late tasks go up, notices become mail."""
    watching.sweep()
