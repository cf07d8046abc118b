"""Long work, as a kind declares it and a worker runs it.

An app registers a kind in its `ready()`: `register(Kind("kyc.report", _("Report"), "kyc.view_application", make))`.
`make(run)` does the work: it reads `run.arguments` and `run.checkpoint`, says `run.step(done, total)` as often as it
likes, and `run.keep(checkpoint, done)` in the transaction of what it wrote. What it returns is the outcome.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from django.utils.translation import gettext as _

from base import clock
from base.errors import NotPermitted, RuleError
from controls.actor import Actor
from work import files
from work.actions import jobs as actions
from work.models import Job
from work.models.jobs import ATTEMPTS, LEASE

log = structlog.get_logger(__name__)

OFTEN = 0.4  # seconds between two notes of progress
BUDGET_SECONDS = 900  # then the worker lets go; the sweep finds the job again, and it goes on from its checkpoint
WORKER = "work.jobs"


@dataclass(frozen=True)
class Outcome:
    """What came of a job: numbers, where it leads, and a file if there is one."""

    counts: dict[str, Any] = field(default_factory=dict)
    file: files.Kept | None = None
    name: str = ""
    content_type: str = ""


@dataclass(frozen=True)
class Kind:
    """`permission` is asked of who asks when it is asked for and again when it runs. `check(arguments, by)` raises
    Invalid for arguments that are none. `link(job)` leads to what it is about."""

    name: str
    title: Any
    permission: str
    work: Callable[["Run"], Outcome]
    check: Callable[[dict[str, Any], Actor], None] = lambda arguments, by: None
    link: Callable[[Job], str] = lambda job: ""


KINDS = actions.KINDS


def register(kind: Kind) -> None:
    assert kind.name not in KINDS, f"two kinds of jobs are called {kind.name}"
    KINDS[kind.name] = kind


class Stopped(Exception):
    """The job is to end at this step: cancelled, taken over by another worker, or set aside for a while."""


class Cancelled(Stopped):
    pass


class LeaseLost(Stopped):
    pass


class SetAside(Stopped):
    pass


class Run:
    """One attempt at a job, by the worker that holds its lease. `by` is who asked, with the rights of now."""

    def __init__(self, job: Job, token: UUID, by: Actor, until: float) -> None:
        self.job, self.token, self.by, self.until = job, token, by, until
        self.arguments: dict[str, Any] = job.arguments
        self.checkpoint: dict[str, Any] = job.checkpoint
        self.noted, self.kept = time.monotonic(), False

    def step(self, done: int, total: int | None = None) -> None:
        """Notes how far it is, every 0.4 seconds at most, and ends the run when that is asked for."""
        now = time.monotonic()
        if now - self.noted < OFTEN:
            return
        self.noted = now
        if now > self.until and self.kept:
            raise SetAside
        self._write(done=done, **({} if total is None else {"total": total}))

    def keep(self, checkpoint: dict[str, Any], done: int, total: int | None = None) -> None:
        """In the same transaction as what was done: from here a later attempt goes on."""
        self.checkpoint, self.kept, self.noted = checkpoint, True, time.monotonic()
        words = {} if total is None else {"total": total}
        self._write(done=done, checkpoint=checkpoint, attempts=0, **words)

    def _write(self, **words: Any) -> None:
        now = clock.now()
        held = Job.all_unrestricted.live().filter(pk=self.job.pk, lease_token=self.token)
        if held.filter(cancel_asked_at=None).update(progress_at=now, lease_until=now + LEASE, **words):
            return
        raise Cancelled if held.exists() else LeaseLost


# --- the worker ---------------------------------------------------------------------------------------------------


def waits() -> bool:
    return bool(Job.all_unrestricted.free().exists())


def work_off(budget: float = BUDGET_SECONDS) -> int:
    """Runs what waits, the longest waiting first. Says how many attempts were made."""
    made, until = 0, time.monotonic() + budget
    while time.monotonic() < until and (job := Job.all_unrestricted.free().order_by("asked_at", "pk").first()):
        made += attempt(job, until)
    return made


def attempt(job: Job, until: float | None = None) -> bool:
    """One attempt; False when another worker was faster."""
    taken = actions.take(job)
    if taken is None:
        return False
    held, token = taken
    if held.cancel_asked_at:
        _end(actions.stop_job, held, token)
    elif held.attempts > ATTEMPTS:
        _end(actions.fail_job, held, token, why=_("Given up after three attempts."))
    else:
        _run(held, token, time.monotonic() + BUDGET_SECONDS if until is None else until)
    return True


def _run(job: Job, token: UUID, until: float) -> None:
    try:
        outcome = _work(job, token, until)
    except Cancelled:
        _end(actions.stop_job, job, token)
    except LeaseLost:
        log.info("job_lease_lost", job=job.kind, record=f"work.job:{job.pk}")
    except SetAside:
        actions.let_go(job, token)
    except RuleError as refused:
        log.info("job_refused", job=job.kind, record=f"work.job:{job.pk}", code=refused.code)
        _end(actions.fail_job, job, token, why=refused.text)
    except Exception as error:  # whatever a kind raises must not stop the others; it is tried again
        log.warning("job_fault", job=job.kind, record=f"work.job:{job.pk}", error=type(error).__name__, exc_info=True)
        actions.let_go(job, token, fault=type(error).__name__)
    else:
        _end(actions.finish_job, job, token, outcome=outcome)


def _work(job: Job, token: UUID, until: float) -> Outcome:
    kind, by = KINDS.get(job.kind), actions.asker(job)
    if kind is None:
        raise RuleError(_("This installation knows no such kind of job."))
    if not by.may(kind.permission):
        raise NotPermitted(_("Who asked for this may not do it any more."))
    outcome: Outcome = kind.work(Run(job, token, by, until))
    return outcome


def _end(verb: Any, job: Job, token: UUID, **words: Any) -> None:
    try:
        ended = verb(job, by=Actor.job(WORKER), token=token, **words)
    except RuleError as refused:  # another worker was faster: its row says what holds
        log.info("job_not_recorded", job=job.kind, record=f"work.job:{job.pk}", code=refused.code)
        return
    files.drop(*ended.checkpoint.get("parts", []))
    log.info("job_ended", job=job.kind, record=f"work.job:{job.pk}", count=ended.done, code=ended.status)
