"""Relations that people who work here declared to somebody whom records are about."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models.people import LegalEntity, Person


class RelationQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """One's own; all to who sees the staff, but those of others to somebody they are related to themselves."""
        if actor.kind == "job" and actor.may("controls.find_relations"):
            return self
        if not actor.may("controls.view_staff"):
            return self.filter(person_id=actor.person_id) if actor.kind == "person" else self.none()
        about = Q(pk__in=[])
        for label, key in actor.away:
            about |= Q(model=label, subject=key)
        return self.exclude(about & ~Q(person_id=actor.person_id)) if actor.away else self

    def in_force(self) -> Self:
        return self.filter(ended_at=None)

    def to_nobody_yet(self) -> Self:
        return self.in_force().filter(subject=None)


class Relation(Record):
    """A person keeps away from somebody: declared by themselves, at once; ended by two others. `subject` is the key of
    whom it is to, empty while nobody is known under the reference. What was typed is shown to its author and to who
    knows all subjects of this kind."""

    class Kind(models.TextChoices):
        FAMILY = "family", _("family or household")
        BUSINESS = "business", _("business or money")
        OWN = "own", _("my own account")
        OTHER = "other", _("other")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="relations", verbose_name=_("person"))
    kind = models.CharField(_("relation"), max_length=10, choices=Kind)
    model = models.CharField(_("to a"), max_length=60)
    subject = models.UUIDField(null=True, editable=False)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+", verbose_name=_("company"))
    reference = EncryptedTextField(_("reference"), null=True)  # both empty once whom it is to was erased
    words = EncryptedTextField(_("words"), null=True)
    declared_at = models.DateTimeField(_("declared"), default=clock.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("end proposed by")
    )
    end_agreed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("end agreed by")
    )

    audited = {
        "person": Mask.SHOWN,
        "kind": Mask.SHOWN,
        "model": Mask.SHOWN,
        "subject": Mask.MASKED,
        "entity": Mask.SHOWN,
        "reference": Mask.MASKED,
        "words": Mask.MASKED,
        "declared_at": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
        "ended_by": Mask.SHOWN,
        "end_agreed_by": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(RelationQuerySet)()
    objects = RestrictedManager(RelationQuerySet)

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        default_manager_name = "all_unrestricted"
        ordering = ["-declared_at"]
        indexes = [models.Index(fields=["declared_at", "id"], name="relations_by_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "model", "subject"],
                condition=Q(ended_at=None, subject__isnull=False),
                name="a_relation_is_declared_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None, end_agreed_by=None)
                | (
                    Q(ended_at__isnull=False, ended_by__isnull=False, end_agreed_by__isnull=False)
                    & ~Q(ended_by=F("end_agreed_by"))
                    & ~Q(ended_by=F("person"))
                    & ~Q(end_agreed_by=F("person"))
                ),
                name="a_relation_is_ended_by_two_others",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display()}"
