"""What one person proposes and others agree to, for changes whose record has no proposed state of its own."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedJSONField, EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from controls import apart
from controls.models.people import Person

VALID = timedelta(days=7)


class ProposalQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """One's own, those whose quorum one's rights can serve, and everything to who audits. A program is not its
        owner: what the owner proposed is out of its sight."""
        rows: Self = apart.without(self, actor.away, exact=str)
        if actor.kind == "job" or actor.may("controls.view_audit"):
            return rows
        seen = Q(proposed_by_id=actor.person_id) if actor.kind == "person" else Q(pk__in=[])
        for permission in actor.permissions:
            seen |= Q(quorum__has_key=permission)
        return rows.filter(seen)

    def waiting(self) -> Self:
        return self.filter(status=Proposal.Status.PROPOSED)

    def to_decide(self, actor: Any) -> Self:
        """Those that a vote of this person can bring further."""
        asked = Q()
        for permission in actor.permissions:
            asked |= Q(quorum__has_key=permission)
        others = (
            self.waiting()
            .filter(asked, expires_at__gt=clock.now())
            .exclude(proposed_by_id__in=[actor.person_id, *actor.stands_in_for()])
        )
        return others.exclude(votes__person_id=actor.person_id) if actor.may("controls.decide") else self.none()

    def past_expiry(self) -> Self:
        return self.waiting().filter(expires_at__lte=clock.now())


class Proposal(Record, Stateful):
    """An action with its arguments, and the exact difference it makes, found by running it in a rolled-back block."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("waiting")
        AGREED = "agreed", _("agreed and done")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("expired")

    NEXT = {Status.PROPOSED: {Status.AGREED, Status.DECLINED, Status.WITHDRAWN, Status.EXPIRED}}

    action = models.CharField(_("action"), max_length=80)
    record_model = models.CharField(_("kind of record"), max_length=80, blank=True)
    record_id = models.CharField(_("record"), max_length=40, blank=True)
    arguments = EncryptedJSONField()
    difference = EncryptedJSONField()
    quorum = models.JSONField(help_text=_("permission: votes needed"))
    reason = EncryptedTextField()
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_by_actor = models.CharField(max_length=80)
    proposed_at = models.DateTimeField(_("proposed"), default=clock.now)
    expires_at = models.DateTimeField(_("expires"))
    decided_at = models.DateTimeField(_("decided"), null=True)

    audited = {
        "action": Mask.SHOWN,
        "record_model": Mask.SHOWN,
        "record_id": Mask.SHOWN,
        "arguments": Mask.MASKED,
        "difference": Mask.MASKED,
        "quorum": Mask.SHOWN,
        "reason": Mask.MASKED,
        "status": Mask.SHOWN,
        "proposed_by": Mask.SHOWN,
        "proposed_by_actor": Mask.SHOWN,
        "proposed_at": Mask.SHOWN,
        "expires_at": Mask.SHOWN,
        "decided_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ProposalQuerySet)()
    objects = RestrictedManager(ProposalQuerySet)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        default_manager_name = "all_unrestricted"
        ordering = ["-proposed_at"]
        indexes = [models.Index(fields=["status", "-proposed_at"], name="proposals_by_status")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="proposed", decided_at=None) | (~Q(status="proposed") & Q(decided_at__isnull=False)),
                name="a_proposal_is_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return self.action


class VoteQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        return self.filter(proposal__in=Proposal.objects.visible_to(actor))


class Vote(Record):
    """One person's answer to a proposal. `maker` repeats who proposed, so that the database itself refuses a vote
    on one's own proposal (a trigger holds the two equal)."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="votes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    maker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    permission = models.CharField(max_length=80, help_text=_("the part of the quorum this vote serves"))
    agrees = models.BooleanField(_("agrees"))
    reason = EncryptedTextField()
    at = models.DateTimeField(default=clock.now)

    audited = {
        "proposal": Mask.SHOWN,
        "person": Mask.SHOWN,
        "maker": Mask.SHOWN,
        "permission": Mask.SHOWN,
        "agrees": Mask.SHOWN,
        "reason": Mask.MASKED,
        "at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(VoteQuerySet)()
    objects = RestrictedManager(VoteQuerySet)

    class Meta:
        default_manager_name = "all_unrestricted"
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            models.UniqueConstraint(fields=["proposal", "person"], name="one_vote_a_person"),
            models.CheckConstraint(condition=~Q(person=F("maker")), name="nobody_votes_on_their_own_proposal"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {'agrees' if self.agrees else 'declines'}"
