"""Each quarter whoever answers for a role confirms or removes every grant of it that was in force when the review
opened. What nobody confirms lapses."""

from typing import Any, Self

from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from controls.models.clients import ApiClient
from controls.models.people import Person, RoleGrant
from controls.roles import ROLES, choices


class AccessReviewQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        return self if actor.kind == "job" or actor.may("controls.view_staff") else self.none()

    def open(self) -> Self:
        return self.filter(status=AccessReview.Status.OPEN)

    def with_figures(self) -> Self:
        """Each with how many of its grants are in which state."""
        return self.annotate(
            **{state.value: Count("grants", filter=Q(grants__status=state)) for state in ReviewedGrant.Status}
        )


class AccessReview(Record, Stateful):
    """The review of one quarter."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    NEXT = {Status.OPEN: {Status.CLOSED}}

    quarter = models.CharField(_("quarter"), max_length=7, unique=True, help_text=_("like 2026-Q4"))
    status = models.CharField(_("state"), max_length=6, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField(_("opened"), default=clock.now)
    due_at = models.DateTimeField(_("to be answered before"), help_text=_("what nobody confirmed lapses then"))
    closed_at = models.DateTimeField(_("closed"), null=True)
    size = models.PositiveIntegerField(_("grants"), help_text=_("in force when it opened"))

    audited = {
        "quarter": Mask.SHOWN,
        "status": Mask.SHOWN,
        "opened_at": Mask.SHOWN,
        "due_at": Mask.SHOWN,
        "closed_at": Mask.SHOWN,
        "size": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(AccessReviewQuerySet)()
    objects = RestrictedManager(AccessReviewQuerySet)

    class Meta:
        verbose_name = _("access review")
        verbose_name_plural = _("access reviews")
        default_manager_name = "all_unrestricted"
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None) | Q(status="closed", closed_at__isnull=False),
                name="an_access_review_is_closed_at_a_time",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("opened_at")), name="an_access_review_gives_time"),
        ]

    def __str__(self) -> str:
        return self.quarter


class ReviewedGrantQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor.kind == "job" or actor.may("controls.view_staff"):
            return self
        return self.filter(person_id=actor.person_id) if actor.kind == "person" else self.none()

    def pending(self) -> Self:
        """Not answered, and still in force: what ended by itself since needs no answer."""
        return self.filter(self._in_force(), status=ReviewedGrant.Status.PENDING)

    def over(self) -> Self:
        """Not answered, and ended in another way."""
        return self.filter(~self._in_force(), status=ReviewedGrant.Status.PENDING)

    def to_answer(self, actor: Any) -> Self:
        """What waits for this person: of the roles they answer for, but what they hold themselves."""
        roles = actor.roles | {role for role, _of in actor.borrowed}
        return self.pending().filter(owner_role__in=roles).exclude(person_id__in=own(actor))

    def overdue(self) -> Self:
        return self.pending().filter(review__due_at__lte=clock.now())

    @staticmethod
    def _in_force() -> Q:
        return Q(grant__in=RoleGrant.all_unrestricted.in_force().values("pk")) | Q(
            client__in=ApiClient.all_unrestricted.usable().values("pk")
        )


def own(actor: Any) -> set[Any]:
    """Whose grants this person may not review: their own, and of whom they stand in for."""
    return {actor.person_id, *actor.stands_in_for()}


class ReviewedGrant(Record, Stateful):
    """One grant in a review: a role that a person holds, or what a program of theirs may do. `owner_role` answers."""

    class Status(models.TextChoices):
        PENDING = "pending", _("to answer")
        CONFIRMED = "confirmed", _("confirmed")
        REMOVED = "removed", _("removed")
        LAPSED = "lapsed", _("lapsed")
        ENDED = "ended", _("ended otherwise")

    NEXT = {Status.PENDING: {Status.CONFIRMED, Status.REMOVED, Status.LAPSED, Status.ENDED}}

    review = models.ForeignKey(
        AccessReview, on_delete=models.PROTECT, related_name="grants", verbose_name=_("access review")
    )
    grant = models.ForeignKey(
        RoleGrant, null=True, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("role grant")
    )
    client = models.ForeignKey(
        ApiClient, null=True, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("API client")
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=40)
    owner_role = models.CharField(_("answered by the role"), max_length=40, choices=choices)
    status = models.CharField(_("state"), max_length=9, choices=Status, default=Status.PENDING)
    answered_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered"), null=True)

    audited = {
        "review": Mask.SHOWN,
        "grant": Mask.SHOWN,
        "client": Mask.SHOWN,
        "person": Mask.SHOWN,
        "role": Mask.SHOWN,
        "owner_role": Mask.SHOWN,
        "status": Mask.SHOWN,
        "answered_by": Mask.SHOWN,
        "answered_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ReviewedGrantQuerySet)()
    objects = RestrictedManager(ReviewedGrantQuerySet)

    class Meta:
        verbose_name = _("reviewed grant")
        verbose_name_plural = _("reviewed grants")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(fields=["owner_role", "person"], name="grants_to_be_answered", condition=Q(status="pending")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["review", "grant"], name="a_grant_is_reviewed_once_a_quarter"),
            models.UniqueConstraint(fields=["review", "client"], name="a_client_is_reviewed_once_a_quarter"),
            models.CheckConstraint(
                condition=Q(grant=None, client__isnull=False) | Q(grant__isnull=False, client=None),
                name="a_reviewed_grant_is_of_a_role_or_a_client",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", answered_by=None, answered_at=None)
                | Q(status__in=["lapsed", "ended"], answered_by=None, answered_at__isnull=False)
                | (
                    Q(status__in=["confirmed", "removed"], answered_by__isnull=False, answered_at__isnull=False)
                    & ~Q(answered_by=F("person"))
                ),
                name="nobody_reviews_their_own_grant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder}: {self.role_name}"

    @property
    def holder(self) -> str:
        """The person, or the program with who answers for it."""
        return f"{self.client} ({self.person})" if self.client else str(self.person)

    @property
    def role_name(self) -> str:
        return str(ROLES[self.role].name) if self.role in ROLES else self.role
