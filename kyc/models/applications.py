"""What a customer asks for, and how far it has come."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.canonical import canonical
from base.crypto import blind_index
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from controls import apart
from controls.models import Examination, LegalEntity, Person
from controls.models.examinations import scope_of
from controls.models.standing import holders_of
from kyc.models.customers import CUSTOMER, Customer, restricted

CLAIM = timedelta(minutes=15)
PATIENCE = timedelta(days=30)


class Status(models.TextChoices):
    COLLECTING = "collecting", _("collecting documents")
    AWAITING_CHECKS = "awaiting_checks", _("being checked")
    AWAITING_REVIEW = "awaiting_review", _("waiting for review")
    AWAITING_SECOND = "awaiting_second", _("waiting for a second person")
    AWAITING_SCREENING = "awaiting_screening", _("approved, waiting for name screening")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")


NEXT: dict[str, set[str]] = {
    Status.COLLECTING: {Status.AWAITING_CHECKS, Status.WITHDRAWN, Status.EXPIRED},
    Status.AWAITING_CHECKS: {Status.AWAITING_REVIEW, Status.WITHDRAWN},
    Status.AWAITING_REVIEW: {
        Status.AWAITING_SECOND,
        Status.AWAITING_SCREENING,
        Status.REJECTED,
        Status.COLLECTING,
        Status.WITHDRAWN,
    },
    Status.AWAITING_SECOND: {Status.AWAITING_SCREENING, Status.AWAITING_REVIEW, Status.WITHDRAWN},
}
OPEN = (Status.COLLECTING, Status.AWAITING_CHECKS, Status.AWAITING_REVIEW, Status.AWAITING_SECOND)
AT_THE_DESK = (Status.AWAITING_REVIEW, Status.AWAITING_SECOND)
APPROVED = (Status.AWAITING_SCREENING,)
WHO_MAY_TAKE = ("claimed_until", "claimed_by", "approved_by", "submitted_at")  # counted from the index alone
NOT_HANDED_IN = (Status.COLLECTING, Status.WITHDRAWN, Status.EXPIRED)


class Band(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")
    PROHIBITED = "prohibited", _("prohibited")


class ApplicationQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """An API client knows its own intake, the jobs know all, who views all knows all; a reviewer knows what was
        handed in and not taken back."""
        if actor is None:
            return self.none()
        if actor.kind == "client":
            own = self.filter(opened_by=actor.label) if actor.may("kyc.view_own_intake") else self.none()
            return own._in_sight(actor)
        if actor.away:
            return self._apart_from(actor)
        return self._known_to(actor)

    def _apart_from(self, actor: Any) -> Self:
        """Without those of who is related to the reader."""
        return self.exclude(customer__in=apart.keys(actor.away, CUSTOMER))._known_to(actor)

    def _known_to(self, actor: Any) -> Self:
        if actor.examines:
            return self._examined(scope_of(actor, "kyc.application"))._in_sight(actor)
        if actor.may("kyc.view_all_applications"):
            return self._in_sight(actor)
        if actor.may("kyc.record_checks") or actor.may("kyc.expire"):
            return self
        if not actor.may("kyc.view_application"):
            return self.none()
        handed_in = self.filter(submitted_at__isnull=False).exclude(status__in=(Status.WITHDRAWN, Status.EXPIRED))
        return handed_in._in_sight(actor)

    def _examined(self, grant: Examination | None) -> Self:
        """Opened or decided in the period, of that company, of the customers listed: whatever became of them."""
        if grant is None:
            return self.none()
        rows = self.filter(grant.within("opened_at", "decided_at"))
        rows = rows.filter(entity=grant.entity_id) if grant.entity_id else rows
        return rows.filter(customer__in=grant.listed) if grant.listed else rows

    def _in_sight(self, actor: Any) -> Self:
        """Without those of customers whose data is restricted, for whoever need not see them (GDPR art. 18)."""
        return self if actor.may("privacy.view_restricted") else self.exclude(customer__in=restricted())

    def awaiting_checks(self) -> Self:
        return self.filter(status=Status.AWAITING_CHECKS)

    def at_the_desk(self) -> Self:
        return self.filter(status__in=AT_THE_DESK)

    def claimable_by(self, actor: Any) -> Self:
        """What this person may decide and nobody has taken; a high-risk one they approved first is not theirs."""
        return self.filter(claimable(actor))

    def not_held(self) -> Self:
        """Nobody is on them: never taken, or the claim has lapsed."""
        return self.filter(not_held())

    def held_by(self, actor: Any) -> Self:
        return self.at_the_desk().filter(claimed_by=actor.person_id, claimed_until__gt=clock.now())

    def decidable_by(self, actor: Any) -> Self:
        return self.filter(decidable(actor))

    def claim_lapsed(self) -> Self:
        """Claims past their time, and those of people who may no longer decide there."""
        return self.filter(Q(claimed_until__lte=clock.now()) | (Q(claimed_until__isnull=False) & ~_by_who_may()))

    def past_expiry(self) -> Self:
        return self.filter(status=Status.COLLECTING, expires_at__lte=clock.now())

    def not_assessed_since(self, time: datetime) -> Self:
        """At the desk, the longest not looked at first."""
        rows = self.at_the_desk().filter(Q(assessed_at=None) | Q(assessed_at__lte=time))
        return rows.order_by(F("assessed_at").asc(nulls_first=True), "pk")

    def longest_waiting_first(self) -> Self:
        return self.order_by("waiting_since", "pk")


def claimable(actor: Any) -> Q:
    """What `claimable_by` asks, as a condition: for counts beside others in one query."""
    return decidable(actor) & not_held()


def decidable(actor: Any) -> Q:
    mine = Q(pk__in=[])
    if actor.may("kyc.approve"):
        mine |= Q(status=Status.AWAITING_REVIEW)
    if actor.may("kyc.approve_high_risk"):
        mine |= Q(status=Status.AWAITING_SECOND) & ~Q(approved_by__in=[actor.person_id, *actor.stands_in_for()])
    return mine


def not_held() -> Q:
    return Q(claimed_by=None) | Q(claimed_until__lte=clock.now())


def _by_who_may() -> Q:
    """Claimed by somebody who holds the right that the next decision asks for."""
    first, second = (holders_of(right, "claimed_by") for right in ("kyc.approve", "kyc.approve_high_risk"))
    return (Q(status=Status.AWAITING_REVIEW) & first) | (Q(status=Status.AWAITING_SECOND) & second)


class Application(Record, Stateful):
    """One request to be let in. Decided by one person, or by two when the risk is high; approved, it waits for name
    screening, which no part of the product can skip."""

    NEXT = NEXT
    Status = Status
    Band = Band

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="applications", verbose_name=_("customer")
    )
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+", verbose_name=_("company"))
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.COLLECTING)
    opened_by = models.CharField(_("opened by"), max_length=80)
    opened_at = models.DateTimeField(_("opened"), default=clock.now)
    expires_at = models.DateTimeField(_("expires unless handed in"))
    submitted_at = models.DateTimeField(_("handed in"), null=True)
    waiting_since = models.DateTimeField(_("waiting since"), default=clock.now)
    round = models.PositiveSmallIntegerField(_("round"), default=0, help_text=_("how often it came to the desk"))
    risk_band = models.CharField(_("risk"), max_length=10, choices=Band, blank=True)
    risk_points = models.PositiveSmallIntegerField(_("risk points"), default=0)
    risk_reasons = models.JSONField(_("why this risk"), default=list)
    assessed_at = models.DateTimeField(_("last assessed"), null=True)
    claimed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("claimed by")
    )
    claimed_until = models.DateTimeField(_("claimed until"), null=True)
    approved_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    agreed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("second person")
    )
    decided_at = models.DateTimeField(_("decided"), null=True)

    audited = {
        "customer": Mask.SHOWN,
        "entity": Mask.SHOWN,
        "status": Mask.SHOWN,
        "opened_by": Mask.SHOWN,
        "opened_at": Mask.SHOWN,
        "expires_at": Mask.SHOWN,
        "submitted_at": Mask.SHOWN,
        "waiting_since": Mask.SHOWN,
        "round": Mask.SHOWN,
        "risk_band": Mask.SHOWN,
        "risk_points": Mask.SHOWN,
        "risk_reasons": Mask.SHOWN,
        "assessed_at": Mask.OPERATIONAL,
        "claimed_by": Mask.SHOWN,
        "claimed_until": Mask.SHOWN,
        "approved_by": Mask.SHOWN,
        "agreed_by": Mask.SHOWN,
        "decided_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ApplicationQuerySet)()
    objects = RestrictedManager(ApplicationQuerySet)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        default_manager_name = "all_unrestricted"
        ordering = ["-opened_at"]
        indexes = [
            models.Index(fields=["status", "waiting_since", "id", *WHO_MAY_TAKE], name="applications_that_wait"),
            models.Index(fields=["waiting_since", "id"], name="applications_by_waiting"),
            models.Index(
                fields=["waiting_since", "id"], condition=Q(status__in=AT_THE_DESK), name="applications_at_the_desk"
            ),
            models.Index(fields=["claimed_until"], condition=Q(claimed_until__isnull=False), name="applications_held"),
            models.Index(fields=["opened_at"], name="applications_by_opening"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(status__in=OPEN), name="a_customer_has_one_open_application"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="application_status_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=NOT_HANDED_IN) | Q(submitted_at__isnull=False),
                name="what_is_past_collecting_was_handed_in",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by=None, claimed_until=None)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False, status__in=AT_THE_DESK),
                name="a_claim_has_an_end_and_lies_at_the_desk",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=(*APPROVED, Status.AWAITING_SECOND))
                | Q(approved_by__isnull=False, risk_band__in=(Band.LOW, Band.MEDIUM, Band.HIGH)),
                name="approval_names_a_person_and_a_risk_that_is_allowed",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=APPROVED, risk_band=Band.HIGH) | Q(agreed_by__isnull=False),
                name="high_risk_needs_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None) | (Q(approved_by__isnull=False) & ~Q(agreed_by=F("approved_by"))),
                name="the_second_person_is_another_person",
            ),
        ]

    def __str__(self) -> str:
        return str(self.customer)

    def is_claimed(self) -> bool:
        return self.claimed_until is not None and self.claimed_until > clock.now()

    def is_held_by(self, actor: Any) -> bool:
        return self.is_claimed() and actor.person_id is not None and self.claimed_by_id == actor.person_id

    def seen_digest(self) -> str:
        """SHA-256 over what a reviewer has in front of them: pictures, checks, risk, the customer's own words, and
        whose document number is the same (all of them, also those that this reviewer may not know of).
        A decision keeps it; a page hands back the one it showed, so that nobody decides on what they did not see."""
        from kyc.models.checks import Check  # checks and documents stand above applications
        from kyc.models.documents import Picture

        pictures = Picture.all_unrestricted.current().filter(document__application=self)
        checks = Check.all_unrestricted.current().filter(application=self)
        others = Customer.all_unrestricted.sharing_a_number_with(self.customer)
        seen = {
            "application": [self.pk, self.round, self.risk_band, self.risk_points, self.risk_reasons],
            "customer": words_digest(self.customer),
            "pictures": sorted([str(key), digest] for key, digest in pictures.values_list("pk", "sha256")),
            "checks": sorted(
                [str(key), kind, outcome, reasons]
                for key, kind, outcome, reasons in checks.values_list("pk", "kind", "outcome", "reasons")
            ),
            "same_number": sorted(str(key) for key in others.values_list("pk", flat=True)),
        }
        return digest_of(seen)


def stated(customer: Customer) -> list[Any]:
    """What the customer says of themselves, as far as documents can confirm it."""
    return [
        customer.given_names,
        customer.family_name,
        customer.birth_date,
        customer.nationality,
        customer.document_number,
        customer.residence,
        customer.address,
    ]


def words_digest(customer: Customer) -> str:
    """Keyed, because birth dates could be guessed from a plain hash."""
    return blind_index(canonical(stated(customer)), "kyc.stated")


def digest_of(value: Any) -> str:
    return sha256(canonical(value).encode()).hexdigest()
