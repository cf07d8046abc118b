"""Jobs of internal controls; each is safe to repeat."""

from contextlib import suppress
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from base.errors import RuleError
from controls import approvals, idempotency, limits, relations, reviews, sealing
from controls.actor import Actor
from controls.backup import schedule
from controls.models import Proposal, Relation

BACKUP_LIMITS = {"soft_time_limit": 6 * 3600, "time_limit": 6 * 3600 + 60}  # seconds


@shared_task(name="controls.seal", runs_on="pulse")  # type: ignore[untyped-decorator]
def seal() -> None:
    """Run by beat every few seconds."""
    every = timedelta(seconds=settings.CHECKPOINT_SECONDS)
    sealing.seal(by=Actor.job("controls.sealer"), checkpoint_at_most_every=every)


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def forget_calls() -> None:
    """Answers kept for an Idempotency-Key go after two days, counts of calls after ten minutes."""
    idempotency.forget()
    limits.forget()


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def forget_cookies() -> None:
    """Cookies whose time is over are worth nothing; their rows only fill the table. (Our own rows of sessions stay.)"""
    SessionStore.clear_expired()


@shared_task(runs_on="default", **BACKUP_LIMITS)  # type: ignore[untyped-decorator]
def back_up() -> None:
    """Run by beat every quarter of an hour; does nothing while the last backup is young enough."""
    schedule.take_when_due(by=Actor.job("controls.backup"))


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def find_relations() -> None:
    """Who was declared before they came. Run by beat."""
    by = Actor.job("controls.relations")
    for relation in Relation.objects.visible_to(by).to_nobody_yet().select_related("entity").order_by("pk"):
        if relations.is_known(relation):
            with suppress(RuleError):  # another sweep was faster
                relations.find_subject(relation, by=by)


@shared_task(name="controls.tidy", runs_on="pulse")  # type: ignore[untyped-decorator]
def tidy() -> None:
    """Ends proposals that nobody decided in time."""
    by = Actor.job("controls.expiry")
    for proposal in Proposal.objects.visible_to(by).past_expiry():
        approvals.expire(proposal, by=by)


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def review_access() -> None:
    """Each hour: the review of the quarter is opened once, what nobody confirmed in time lapses."""
    reviews.sweep(by=Actor.job("controls.access"))
