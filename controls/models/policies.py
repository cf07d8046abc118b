"""Policies: what people agree on and the product then follows, in versions that never change.

Levels, thresholds, points, reason codes, shares and mappings are documents with a schema (controls.policies). A version
is agreed to by two people and holds from a day on; a record keeps the digest of the version it was decided under, and
by the digest the very words are found again.
"""

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from base import clock
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from controls.models.people import Person


class PolicyVersionQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Everybody who holds a role may know by what rules; programs know what they are told."""
        return self if actor.kind == "job" or actor.may("controls.view_home") else self.none()

    def of(self, name: str) -> Self:
        return self.filter(name=name)

    def in_force(self, on: date) -> Self:
        """The one that holds on that day first: of those that have begun the latest, of one day the newest."""
        return self.filter(effective_on__lte=on).order_by("-effective_on", "-number")

    def with_state(self, on: date) -> Self:
        """Each with `.holds`: whether it is the one that holds on that day."""
        now = PolicyVersion.all_unrestricted.filter(name=OuterRef("name")).in_force(on).values("pk")[:1]
        return self.annotate(holds=Q(pk=Subquery(now)))


class PolicyVersion(Record):
    """One version of a policy: the whole document, from when it holds, who proposed it and who agreed. Number 0 is what
    the product came with."""

    name = models.CharField(_("policy"), max_length=60)
    number = models.PositiveIntegerField(_("version"))
    effective_on = models.DateField(_("holds from"), help_text=_("in UTC"))
    document = models.JSONField(_("document"))
    changes = models.JSONField(_("changes"), default=list, help_text=_("path, old, new: against the version before"))
    digest = models.CharField(_("digest"), max_length=64, help_text=_("SHA-256 of the canonical document"))
    made_at = models.DateTimeField(_("made"), default=clock.now)
    proposed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    agreed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("agreed by")
    )

    audited = {
        "name": Mask.SHOWN,
        "number": Mask.SHOWN,
        "effective_on": Mask.SHOWN,
        "document": Mask.OPERATIONAL,  # the digest commits to it, and the row is append-only
        "changes": Mask.SHOWN,
        "digest": Mask.SHOWN,
        "made_at": Mask.SHOWN,
        "proposed_by": Mask.SHOWN,
        "agreed_by": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(PolicyVersionQuerySet)()
    objects = RestrictedManager(PolicyVersionQuerySet)

    class Meta:
        verbose_name = _("version of a policy")
        verbose_name_plural = _("policies")
        default_manager_name = "all_unrestricted"
        ordering = ["name", "-number"]
        indexes = [models.Index(fields=["digest"], name="policies_by_digest")]
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="versions_of_a_policy_are_numbered"),
            models.CheckConstraint(
                condition=Q(number=0, proposed_by=None, agreed_by=None)
                | (
                    Q(number__gt=0, proposed_by__isnull=False, agreed_by__isnull=False) & ~Q(proposed_by=F("agreed_by"))
                ),
                name="a_policy_is_agreed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class PolicyDraftQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Everybody's own."""
        return self.filter(person_id=actor.person_id) if actor.kind == "person" else self.none()

    def open(self) -> Self:
        return self.filter(status=PolicyDraft.Status.DRAFT)


class PolicyDraft(Record, Stateful):
    """What one person writes before they propose it: one open draft a policy and person, kept as it was typed, whether
    it fits or not. `base_digest` names the version it was begun from."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("proposed")
        WITHDRAWN = "withdrawn", _("discarded")

    NEXT: ClassVar[dict[str, set[str]]] = {"draft": {"proposed", "withdrawn"}}

    name = models.CharField(_("policy"), max_length=60)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    document = models.JSONField(_("document"))
    base_digest = models.CharField(_("begun from"), max_length=64)
    effective_on = models.DateField(_("holds from"), null=True, help_text=_("in UTC"))
    reason = models.TextField(_("reason"), max_length=2000, default="")
    revision = models.PositiveIntegerField(_("saved so often"), default=1)
    saved_at = models.DateTimeField(_("saved"), default=clock.now)
    proposal = models.ForeignKey(
        "controls.Proposal", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposal")
    )

    audited = {
        "name": Mask.SHOWN,
        "person": Mask.SHOWN,
        "status": Mask.SHOWN,
        "document": Mask.OPERATIONAL,  # nothing holds by it; what is proposed is in the proposal
        "base_digest": Mask.OPERATIONAL,
        "effective_on": Mask.OPERATIONAL,
        "reason": Mask.OPERATIONAL,
        "revision": Mask.SHOWN,
        "saved_at": Mask.OPERATIONAL,
        "proposal": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(PolicyDraftQuerySet)()
    objects = RestrictedManager(PolicyDraftQuerySet)

    class Meta:
        verbose_name = _("draft of a policy")
        verbose_name_plural = _("drafts of policies")
        default_manager_name = "all_unrestricted"
        constraints = [
            models.UniqueConstraint(
                fields=["name", "person"], condition=Q(status="draft"), name="one_open_draft_a_policy_and_person"
            ),
            models.CheckConstraint(
                condition=Q(status="proposed", proposal__isnull=False)
                | (~Q(status="proposed") & Q(proposal__isnull=True)),
                name="a_proposed_draft_names_its_proposal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_status_display()}"
