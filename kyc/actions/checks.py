"""What workers do: take a check on for a while, record what came out, give up after three attempts.

A lease is no business state: it is taken without an entry, and means nothing once it has lapsed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from base import clock
from base.errors import WrongState
from controls.actions import action
from controls.actor import Actor
from kyc import telling
from kyc.actions.assessment import assess
from kyc.models import Application, Check, Document
from kyc.models.checks import ATTEMPTS, LEASE
from kyc.models.customers import number_index
from kyc.results import Result

READING = (Check.Kind.QUALITY, Check.Kind.MRZ, Check.Kind.EXPIRY, Check.Kind.AGREEMENT)
FACES = (Check.Kind.FACE,)


@dataclass(frozen=True)
class Lease:
    """The right to answer these checks until it lapses. `worn_out`: every attempt was used; a person must look."""

    token: UUID
    kinds: tuple[str, ...]
    worn_out: bool


def lease(application: Application, kinds: tuple[str, ...]) -> Lease | None:
    """Takes on the waiting checks of these kinds together; None when there are none or another worker has them."""
    with transaction.atomic():
        rows = Check.all_unrestricted.waiting().filter(application=application, kind__in=kinds)
        found = list(rows.select_for_update(no_key=True).order_by("pk"))
        now = clock.now()
        if not found or any(check.lease_until and check.lease_until > now for check in found):
            return None
        taken = Lease(uuid4(), tuple(check.kind for check in found), any(c.attempts >= ATTEMPTS for c in found))
        for check in found:
            check.lease_token, check.lease_until = taken.token, now + LEASE
            check.attempts += not taken.worn_out
            check.save(update_fields=["lease_token", "lease_until", "attempts"])
        return taken


def release_lease(taken: Lease) -> None:
    """The attempt failed: the next may begin at once."""
    Check.all_unrestricted.waiting().filter(lease_token=taken.token).update(lease_token=None, lease_until=None)


def _being_checked(application: Application, by: Actor) -> str | None:
    if application.status == Application.Status.AWAITING_CHECKS:
        return None
    return _("This application is not being checked.")


@action("kyc.record_checks", when=_being_checked)
def record_results(
    application: Application,
    *,
    by: Actor,
    token: UUID,
    results: Mapping[str, Result],
    readings: Mapping[UUID, Any] | None = None,
) -> Application:
    """Records what a worker found under its lease; the last result brings the application to the desk."""
    under_lease = application.checks.waiting().filter(lease_token=token).values_list("kind", flat=True)
    if set(under_lease) != set(results):  # the readings, too, belong to whoever holds the lease
        raise _lease_lost()
    for key, reading in (readings or {}).items():
        keep_reading(application.documents.get(pk=key), by=by, reading=reading)
    for check in application.checks.waiting().filter(kind__in=results).order_by("pk"):
        record_check(check, by=by, token=token, result=results[check.kind])
    to_the_desk_when_checked(application)
    return application


def _waiting(check: Check, by: Actor) -> str | None:
    return None if check.outcome == Check.Outcome.WAITING and not check.replaced_at else _("This check has its result.")


@action("kyc.record_checks", when=_waiting)
def record_check(check: Check, *, by: Actor, token: UUID, result: Result) -> Check:
    if check.lease_token != token:
        raise _lease_lost()
    assert result.outcome in Check.Outcome.values, result.outcome
    check.outcome = result.outcome
    check.reasons, check.scores, check.thresholds = result.reasons, result.scores, result.thresholds
    check.models_used, check.details, check.policies = result.models, result.details, result.policies
    check.computed_at = clock.now()
    check.lease_token = check.lease_until = None
    check.save()
    return check


def _lease_lost() -> WrongState:
    return WrongState(_("Another worker has taken this check on."), code="lease_lost")


@action("kyc.record_checks")
def keep_reading(document: Document, *, by: Actor, reading: Any) -> Document:
    """What the reading pipeline found on the pictures of a document, and by which number it is found again."""
    document.reading = reading
    document.number_index = number_index(document.sure_number())
    document.save(update_fields=["reading", "number_index"])
    return document


def to_the_desk_when_checked(application: Application) -> None:
    """With the last result the risk is known and a person may look."""
    if application.checks.waiting().exists():
        return
    assess(application)
    application.waiting_since = clock.now()
    telling.moved(application, Application.Status.AWAITING_REVIEW)
    application.save()
