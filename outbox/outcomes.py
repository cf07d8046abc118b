"""What came of tries, written down: the log, the state of each delivery, and how long the receiver is left alone."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from base import clock
from base.errors import RuleError
from controls.actor import Actor
from outbox import actions, patience
from outbox.carrying import Parcel
from outbox.models import Delivery, DeliveryAttempt, Receiver
from outbox.models.deliveries import Outcome, Status
from outbox.posting import Answer


def record(receiver: Receiver, parcels: Sequence[Parcel], answers: Sequence[Answer]) -> int:
    """For the worker that holds the lease, in its transaction; the lease ends. How many were taken."""
    now = clock.now()
    tried = list(zip(parcels, answers, strict=False))
    DeliveryAttempt.all_unrestricted.bulk_create(_logged(parcel, answer, now) for parcel, answer in tried)
    taken = [parcel.delivery for parcel, answer in tried if answer.outcome == Outcome.DELIVERED]
    _end(taken, Status.DELIVERED, now)
    unsent = [parcel.delivery for parcel in parcels[len(answers) :]]
    Delivery.all_unrestricted.filter(pk__in=unsent).update(attempts=F("attempts") - 1)  # known not to have been sent
    if taken:
        receiver.failures, receiver.failing_since, receiver.retry_at, receiver.delivered_at = 0, None, None, now
    if len(tried) > len(taken):
        _not_taken(receiver, *tried[-1], now)
    receiver.lease_token, receiver.lease_until = None, now
    receiver.save(update_fields=["failures", "failing_since", "retry_at", "delivered_at", "lease_token", "lease_until"])
    return len(taken)


def _not_taken(receiver: Receiver, parcel: Parcel, answer: Answer, now: datetime) -> None:
    if answer.outcome == Outcome.NO_ADDRESS:
        _end([parcel.delivery], Status.SKIPPED, now)
        return
    if answer.outcome == Outcome.CLOSED:  # tried again at once, over a new connection, with the next number
        return
    receiver.failures += 1
    receiver.failing_since = receiver.failing_since or now
    receiver.retry_at = now + patience.pause(receiver.failures)
    if answer.outcome == Outcome.REFUSED:
        Delivery.all_unrestricted.filter(pk=parcel.delivery).update(refusals=F("refusals") + 1)
    if _given_up(receiver, parcel):
        _end([parcel.delivery], Status.DEAD, now)


def _given_up(receiver: Receiver, parcel: Parcel) -> bool:
    """A receiver that is there and refuses one event does not keep the next ones from their turn."""
    if receiver.kind == Receiver.Kind.EMAIL and parcel.attempt >= patience.MAIL_TRIES:
        return True
    refused = Delivery.all_unrestricted.filter(pk=parcel.delivery, refusals__gte=patience.REFUSALS)
    return refused.exists()


def pause_lost(receivers: Iterable[Receiver]) -> None:
    """A webhook that has failed too long waits for a person. Nothing of its line is lost meanwhile."""
    by, now = Actor.job("outbox.delivery"), clock.now()
    for receiver in receivers:
        since = receiver.failing_since
        if receiver.kind == Receiver.Kind.WEBHOOK and since and patience.lost(receiver.failures, since, now):
            with suppress(RuleError):  # somebody was faster
                actions.pause(receiver, by=by, reason=_("It failed %(count)d times.") % {"count": receiver.failures})


def _logged(parcel: Parcel, answer: Answer, now: datetime) -> DeliveryAttempt:
    return DeliveryAttempt(
        delivery_id=parcel.delivery,
        number=parcel.attempt,
        at=now,
        outcome=answer.outcome,
        code=answer.code,
        duration_ms=answer.duration_ms,
    )


def _end(deliveries: list[UUID], status: Status, now: datetime) -> None:
    """Many at once, each from waiting alone: what a person has ended meanwhile stays as they left it."""
    Delivery.all_unrestricted.waiting().filter(pk__in=deliveries).update(status=status, ended_at=now)
