"""Asking for a job, cancelling it, and what workers do with it.

A lease and the progress are no business state: they are written without an entry, and mean nothing once lapsed."""

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from controls.actions import action
from controls.actor import Actor
from work.models import Job
from work.models.jobs import LEASE

FAULTS_KEPT = 20
KINDS: dict[str, Any] = {}  # filled through work.jobs.register


@action("work.ask_job")
def ask_job(*, by: Actor, kind: str, arguments: dict[str, Any]) -> Job:
    """The kind says who may ask for it, and which arguments make sense."""
    found = KINDS.get(kind)
    if found is None:
        raise Invalid(_("There is no such kind of job."), field="kind")
    if not by.may(found.permission):
        raise NotPermitted(_("Your role does not allow this."))
    found.check(arguments, by)
    return Job.all_unrestricted.create(
        kind=kind, arguments=arguments, asked_by=by.label, asked_person_id=by.person_id, asked_at=clock.now()
    )


def own(job: Job, by: Actor) -> RuleError | None:
    if job.asked_by == by.label:
        return None
    return NotPermitted(_("Only who asked for a job may do this with it."), code="not_yours")


def _cancellable(job: Job, by: Actor) -> str | RuleError | None:
    if refused := own(job, by):
        return refused
    if not job.is_live:
        return _("This job has ended.")
    return _("It is asked for already, and takes effect at the next step.") if job.cancel_asked_at else None


@action("work.ask_job", when=_cancellable)
def cancel_job(job: Job, *, by: Actor, reason: str = "") -> Job:
    """What waits ends at once; what runs ends at its next step. What it has done until then stays done."""
    job.cancel_asked_at = clock.now()
    if job.status == Job.Status.WAITING:
        job.move_to(Job.Status.CANCELLED)
        job.ended_at = clock.now()
    job.save(update_fields=["cancel_asked_at", "status", "ended_at"])
    return job


def _has_file(job: Job, by: Actor) -> str | RuleError | None:
    return own(job, by) or (None if job.result_file else _("This job has left no file."))


@action("work.ask_job", when=_has_file)
def read_result(job: Job, *, by: Actor) -> Job:
    """Changes nothing; its entry says that the file was taken. It may hold what its asker may not see any more."""
    found = KINDS.get(job.kind)
    if found is None or not by.may(found.permission):
        raise NotPermitted(_("You may not see any more what this file holds."))
    return job


# --- workers ------------------------------------------------------------------------------------------------------


def take(job: Job) -> tuple[Job, UUID] | None:
    """The lease of a job that nobody holds; None when another worker was faster."""
    with transaction.atomic():
        found = Job.all_unrestricted.free().select_for_update(no_key=True).filter(pk=job.pk).first()
        if found is None:
            return None
        now = clock.now()
        if found.status == Job.Status.WAITING:
            found.move_to(Job.Status.RUNNING)
            found.started_at = now
        found.lease_token, found.lease_until, found.progress_at = uuid4(), now + LEASE, now
        found.attempts += 1
        found.save(update_fields=["status", "started_at", "lease_token", "lease_until", "progress_at", "attempts"])
        return found, found.lease_token


def let_go(job: Job, token: UUID, fault: str = "") -> None:
    """The next attempt may begin at once; after a fault, when the lease lapses."""
    with transaction.atomic():
        held = Job.all_unrestricted.live().select_for_update(no_key=True).filter(pk=job.pk, lease_token=token).first()
        if held is None:
            return
        if fault:
            told = {"at": clock.now().isoformat(timespec="seconds"), "error": fault, "attempt": held.attempts}
            held.faults = [*held.faults, told][-FAULTS_KEPT:]
            held.lease_until = clock.now() + LEASE / 12
        else:
            held.lease_until, held.attempts = None, 0
        held.lease_token = None
        held.save(update_fields=["faults", "lease_until", "lease_token", "attempts"])


def asker(job: Job) -> Actor:
    """Who asked, with the rights they have now: suspended or moved to another role, they may do no more through a
    job than by hand."""
    kind, _sep, key = job.asked_by.partition(":")
    if kind == "job":
        return Actor.job(key)
    name = job.asked_person.name if job.asked_person else key
    return Actor("client" if kind == "client" else "person", key, name, job.asked_person_id).still()


def _runs(job: Job, by: Actor) -> str | None:
    return None if job.status == Job.Status.RUNNING else _("This job does not run.")


@action("work.run_jobs", when=_runs)
def finish_job(job: Job, *, by: Actor, token: UUID, outcome: Any) -> Job:
    _hold(job, token)
    job.counts = outcome.counts
    if job.total is not None:
        job.done = job.total
    if outcome.file:
        job.result_file, job.result_size = outcome.file.file, outcome.file.size
        job.result_sha256 = outcome.file.sha256
        job.result_name, job.result_type = outcome.name, outcome.content_type
    return _ended(job, Job.Status.DONE)


@action("work.run_jobs", when=_runs)
def fail_job(job: Job, *, by: Actor, token: UUID, why: str) -> Job:
    _hold(job, token)
    job.why = why
    return _ended(job, Job.Status.FAILED)


@action("work.run_jobs", when=_runs)
def stop_job(job: Job, *, by: Actor, token: UUID) -> Job:
    """It was cancelled, and this was its next step."""
    _hold(job, token)
    if job.cancel_asked_at is None:
        raise WrongState(_("Nobody asked to cancel this."))
    return _ended(job, Job.Status.CANCELLED)


def forget_result(job: Job) -> None:
    """The row no longer names its file: whom it is about is being erased. The file is the caller's to remove."""
    job.result_file, job.result_name, job.arguments = "", None, {}
    job.save(update_fields=["result_file", "result_name", "arguments"])


def _hold(job: Job, token: UUID) -> None:
    if job.lease_token != token:
        raise WrongState(_("Another worker has taken this job on."), code="job_lease_lost")


def _ended(job: Job, status: str) -> Job:
    job.move_to(status)
    job.ended_at = job.progress_at = clock.now()
    job.lease_token = job.lease_until = None
    job.save()
    return job
