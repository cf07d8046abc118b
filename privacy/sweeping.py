"""What the clock brings: persons whose relationship ended are known, those whose time is over are erased, files that a
crash left are removed, and a restored backup forgets again."""

from contextlib import suppress
from datetime import datetime

import structlog
from django.apps import apps
from django.db import connection

from base import clock
from base.errors import RuleError
from controls.actor import Actor
from controls.policies import policy
from privacy import actions, keepings, log
from privacy.models import Certificate, Subject
from privacy.models.subjects import Status
from privacy.policies import RETENTION

ERASURE, REPLAY = Actor.job("privacy.erasure"), Actor.job("privacy.replay")
logger = structlog.get_logger(__name__)


def sweep() -> int:
    """How many were erased."""
    _track()
    for subject in Subject.all_unrestricted.due(clock.today()).iterator():
        try:
            actions.erase(subject, by=ERASURE)
        except RuleError as refused:  # they came back, or are held since; the day is computed anew
            logger.info("erasure_refused", record=f"privacy.subject:{subject.pk}", code=refused.code)
            with suppress(RuleError):
                actions.track(by=ERASURE, model=subject.model, person=subject.person)
    return _finish(ERASURE)


def _track() -> None:
    """Once under each version of the policy; erasure asks anew when the day has come."""
    digest = policy(RETENTION).digest
    known = {
        (model, str(person))
        for model, person in Subject.all_unrestricted.filter(policy=digest, ended_on__isnull=False).values_list(
            "model", "person"
        )
    }
    for model, person in keepings.ended():
        if (model, person) not in known:
            with suppress(RuleError):
                actions.track(by=ERASURE, model=model, person=person)


def _finish(by: Actor) -> int:
    emptied: set[str] = set()
    done = 0
    for subject in Subject.all_unrestricted.filter(status=Status.ERASING).select_related("certificate").order_by("pk"):
        with suppress(RuleError):  # another sweep was faster
            actions.finish_erasure(subject, by=by)
            emptied |= {label for label in subject.certificate.counts if "." in label}
            done += 1
    if done and not connection.in_atomic_block:
        _leave_no_trace(emptied | {"controls.auditvalue"})
    return done


def _leave_no_trace(labels: set[str]) -> None:
    """What was overwritten stays neither in the journal of SQLite (pages are zeroed: secure_delete) nor in former
    versions of rows of PostgreSQL."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for label in sorted(labels):
            cursor.execute(f'VACUUM "{apps.get_model(label)._meta.db_table}"')


def replay(state_of: datetime) -> None:
    """Called for a restored backup before anybody may sign in. Safe to repeat."""
    certified = Certificate.all_unrestricted.filter(subject__status=Status.ERASED).values_list("model", "person")
    log.refuse_without([log.Line(model, person) for model, person in certified])
    _finish(REPLAY)
    gone = set(Subject.all_unrestricted.filter(status=Status.ERASED).values_list("model", "person"))
    for line in log.lines():
        if (line.model, line.person) not in gone:
            actions.replay(by=REPLAY, model=line.model, person=line.person)
    _finish(REPLAY)
