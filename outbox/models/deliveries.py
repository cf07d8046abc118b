"""One event for one receiver, and each try to hand it over."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from outbox.models.events import Event
from outbox.models.receivers import Receiver


class Status(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("given up")
    SKIPPED = "skipped", _("not sent")


class Outcome(models.TextChoices):
    DELIVERED = "delivered", _("taken")
    REFUSED = "refused", _("refused this event")
    FAILED = "failed", _("answered that it cannot now")
    TIMED_OUT = "timed_out", _("did not answer in time")
    UNREACHABLE = "unreachable", _("not reached")
    CLOSED = "closed", _("closed a connection that was kept open")
    NOT_ALLOWED = "not_allowed", _("lies at an address that is not allowed")
    UNTRUSTED = "untrusted", _("showed a certificate that is not trusted")
    NO_ADDRESS = "no_address", _("the person has no address, or no longer works here")
    BROKEN = "broken", _("could not be sent: a fault of ours, see the log")


def apart_from(rows: Any, actor: Any, field: str) -> Any:
    """Without those that tell of somebody whom the reader is related to."""
    return rows.exclude(**{f"{field}about__in": [key for _kind, key in actor.away]}) if actor.away else rows


class DeliveryQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        return apart_from(self, actor, "event__") if actor.may("outbox.view") else self.none()

    def waiting(self) -> Self:
        return self.filter(status=Status.WAITING)

    def dead(self) -> Self:
        return self.filter(status=Status.DEAD)

    def next_of(self, receiver: Receiver) -> Self:
        """Its line, in order."""
        return self.waiting().filter(receiver=receiver).order_by("number")


class Delivery(Record, Stateful):
    """One event in the line of one receiver. `attempts` is counted before a try begins, so that one that a killed
    worker may have made is never taken for the first."""

    Status = Status
    NEXT = {
        Status.WAITING: {Status.DELIVERED, Status.DEAD, Status.SKIPPED},
        Status.DEAD: {Status.WAITING},
    }

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("event"))
    receiver = models.ForeignKey(
        Receiver, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("receiver")
    )
    number = models.PositiveBigIntegerField(_("number in line"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    refusals = models.PositiveIntegerField(_("times refused"), default=0)
    made_at = models.DateTimeField(_("in line since"), default=clock.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    audited = {
        "event": Mask.SHOWN,
        "receiver": Mask.SHOWN,
        "number": Mask.SHOWN,
        "status": Mask.SHOWN,
        "attempts": Mask.OPERATIONAL,
        "refusals": Mask.OPERATIONAL,
        "made_at": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(DeliveryQuerySet)()
    objects = RestrictedManager(DeliveryQuerySet)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(
                fields=["receiver", "number"], condition=Q(status=Status.WAITING), name="deliveries_that_wait"
            ),
            models.Index(fields=["status", "id"], name="deliveries_by_status"),
            models.Index(fields=["receiver", "id"], name="deliveries_of_a_receiver"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["receiver", "number"], name="a_line_is_numbered"),
            models.UniqueConstraint(fields=["event", "receiver"], name="an_event_is_in_a_line_once"),
            models.CheckConstraint(
                condition=Q(status=Status.WAITING, ended_at=None)
                | (Q(status__in=(Status.DELIVERED, Status.DEAD, Status.SKIPPED)) & Q(ended_at__isnull=False)),
                name="a_delivery_waits_or_has_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receiver} {self.number}"


class DeliveryAttemptQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        rows = apart_from(self, actor, "delivery__event__")
        return rows if actor.may("outbox.view") else self.none()


class DeliveryAttempt(Record):
    """What came of one try. Nothing that was sent or answered is kept, only whether, how fast and with which code."""

    Outcome = Outcome

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="log", verbose_name=_("delivery"))
    number = models.PositiveIntegerField(_("try"))
    at = models.DateTimeField(_("at"), default=clock.now)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    code = models.PositiveSmallIntegerField(_("answer"), null=True)
    duration_ms = models.PositiveIntegerField(_("took, ms"))

    audited = {
        "delivery": Mask.OPERATIONAL,
        "number": Mask.OPERATIONAL,
        "at": Mask.OPERATIONAL,
        "outcome": Mask.OPERATIONAL,
        "code": Mask.OPERATIONAL,
        "duration_ms": Mask.OPERATIONAL,
    }

    all_unrestricted = models.Manager.from_queryset(DeliveryAttemptQuerySet)()
    objects = RestrictedManager(DeliveryAttemptQuerySet)

    class Meta:
        verbose_name = _("try")
        verbose_name_plural = _("tries")
        default_manager_name = "all_unrestricted"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}"
