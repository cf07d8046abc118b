"""Wake-ups. The rows are the queue: a message only says that something waits; a lost one costs ten seconds."""

from contextlib import suppress

from celery import shared_task

from base.errors import RuleError
from controls.actor import Actor
from kyc import actions, files, pipeline, waiting
from kyc.actions.checks import FACES, READING
from kyc.models import Application


@shared_task(runs_on="documents")  # type: ignore[untyped-decorator]
def read_documents() -> None:
    pipeline.read_waiting()


@shared_task(runs_on="faces")  # type: ignore[untyped-decorator]
def compare_faces() -> None:
    pipeline.compare_waiting()


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def look_again() -> None:
    """Every half a minute: a batch of what waits at the desk is brought up to date, each application every five
    minutes; whoever opens one or takes it on does not wait for that."""
    actions.look_again_at_the_desk()


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Every ten seconds: wakes the workers that have something to do, frees claims that lapsed, and ends what the
    applicant did not complete in time."""
    if pipeline.waits(READING):
        read_documents.delay()
    if pipeline.waits(FACES):
        compare_faces.delay()
    by = Actor.job("kyc.expiry")
    known = Application.objects.visible_to(by)
    for verb, rows in ((actions.expire_claim, known.claim_lapsed()), (actions.expire_application, known.past_expiry())):
        for application in rows.order_by("pk"):
            with suppress(RuleError):  # somebody was faster
                verb(application, by=by)


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def watch_the_desk() -> None:
    """Every minute: what waits at the desk longer than its service level becomes a task."""
    waiting.watch()


@shared_task(soft_time_limit=1800, time_limit=1830)  # type: ignore[untyped-decorator]
def remove_lost_files() -> None:
    """Every night. A file that no row names is no business state: nobody can see it, nobody decided on it."""
    files.remove_lost()
