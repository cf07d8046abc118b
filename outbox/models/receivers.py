"""Who is told, where, of what; and the secrets by which a webhook knows that it was us."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from controls.models import Person


class Kind(models.TextChoices):
    WEBHOOK = "webhook", _("webhook")
    EMAIL = "email", _("e-mail")


class Status(models.TextChoices):
    CREATED = "created", _("without a secret")
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")


class ReceiverQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Who may look at what leaves, and the job that pauses what fails."""
        return self if actor.may("outbox.view") or actor.may("outbox.pause") else self.none()

    def in_line(self) -> Self:
        """Those for whom deliveries are still put in line: a paused one gets all of it when it is resumed."""
        return self.exclude(status=Status.ENDED)

    def due(self, now: datetime) -> Self:
        """Something waits for them, nobody is at it, and their pause after a failure is over. Whoever was served
        longest ago comes first; who fails comes last."""
        from outbox.models.deliveries import Delivery  # deliveries stand above receivers

        rows = self.filter(Q(lease_until=None) | Q(lease_until__lte=now), status=Status.ACTIVE)
        rows = rows.filter(Q(retry_at=None) | Q(retry_at__lte=now))
        rows = rows.filter(Exists(Delivery.all_unrestricted.waiting().filter(receiver=OuterRef("pk"))))
        fails = ExpressionWrapper(Q(failures__gt=0), output_field=BooleanField())
        return rows.order_by(fails, F("lease_until").asc(nulls_first=True), "pk")

    def webhooks(self) -> Self:
        return self.filter(kind=Kind.WEBHOOK)

    def mailboxes(self) -> Self:
        return self.filter(kind=Kind.EMAIL)


class Receiver(Record, Stateful):
    """A webhook that two people agreed to, since data leaves through it; or the mailbox of a person who works here,
    which is there once something was written to them. Told strictly in order, one after the other."""

    Kind = Kind
    Status = Status
    NEXT = {
        Status.CREATED: {Status.ACTIVE, Status.ENDED},
        Status.ACTIVE: {Status.PAUSED, Status.ENDED},
        Status.PAUSED: {Status.ACTIVE, Status.ENDED},
    }

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CREATED)
    name = models.CharField(_("name"), max_length=100, blank=True)
    url = models.CharField(_("address"), max_length=500, blank=True)
    kinds = models.JSONField(_("hears of"), default=list, help_text=_("names of kinds of events"))
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    made_at = models.DateTimeField(_("made"), default=clock.now)
    paused_at = models.DateTimeField(_("paused"), null=True)
    delivered_at = models.DateTimeField(_("last reached"), null=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    retry_at = models.DateTimeField(_("tried again"), null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_number = models.PositiveBigIntegerField(_("last in line"), default=0)

    audited = {
        "kind": Mask.SHOWN,
        "status": Mask.SHOWN,
        "name": Mask.SHOWN,
        "url": Mask.SHOWN,
        "kinds": Mask.SHOWN,
        "person": Mask.SHOWN,
        "made_at": Mask.SHOWN,
        "paused_at": Mask.SHOWN,
        "delivered_at": Mask.OPERATIONAL,
        "failures": Mask.OPERATIONAL,
        "failing_since": Mask.OPERATIONAL,
        "retry_at": Mask.OPERATIONAL,
        "lease_token": Mask.OPERATIONAL,
        "lease_until": Mask.OPERATIONAL,
        "last_number": Mask.OPERATIONAL,
    }

    all_unrestricted = models.Manager.from_queryset(ReceiverQuerySet)()
    objects = RestrictedManager(ReceiverQuerySet)

    class Meta:
        verbose_name = _("receiver")
        verbose_name_plural = _("receivers")
        default_manager_name = "all_unrestricted"
        indexes = [models.Index(fields=["status", "kind"], name="receivers_by_status")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="receiver_status_is_known"),
            models.CheckConstraint(
                condition=(Q(kind=Kind.WEBHOOK, person=None) & ~Q(url="") & ~Q(name=""))
                | Q(kind=Kind.EMAIL, person__isnull=False, url=""),
                name="a_receiver_is_an_address_or_a_person",
            ),
            models.UniqueConstraint(fields=["person"], condition=Q(kind=Kind.EMAIL), name="a_person_has_one_mailbox"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(kind=Kind.WEBHOOK), name="webhooks_have_names_of_their_own"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.PAUSED, paused_at__isnull=False)
                | (~Q(status=Status.PAUSED) & Q(paused_at=None)),
                name="what_is_paused_says_since_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.person)


class SecretQuerySet(RestrictedQuerySet):
    def in_force(self) -> Self:
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()))

    def visible_to(self, actor: Any) -> Self:
        return self.filter(receiver__in=Receiver.objects.visible_to(actor))


class Secret(Record):
    """What a webhook is signed with. Shown once to whoever made it; while two are in force, both sign."""

    shown: str | None = None  # the secret itself, on the object that issuing returns and nowhere else

    receiver = models.ForeignKey(Receiver, on_delete=models.PROTECT, related_name="secrets", verbose_name=_("receiver"))
    value = EncryptedTextField(_("secret"))
    made_at = models.DateTimeField(_("made"), default=clock.now)
    ends_at = models.DateTimeField(_("ends"), null=True)

    audited = {
        "receiver": Mask.SHOWN,
        "value": Mask.SECRET,
        "made_at": Mask.SHOWN,
        "ends_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(SecretQuerySet)()
    objects = RestrictedManager(SecretQuerySet)

    class Meta:
        verbose_name = _("secret of a webhook")
        verbose_name_plural = _("secrets of webhooks")
        default_manager_name = "all_unrestricted"
