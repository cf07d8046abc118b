"""Examinations: somebody from outside (external auditor, supervisory examiner) reads certain records, for a time."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models.people import LegalEntity, Person, two_others


class ExaminationQuerySet(RestrictedQuerySet):
    def in_force(self) -> Self:
        """On the days given (UTC), while the person may sign in."""
        today = clock.today()
        return self.filter(first_day__lte=today, last_day__gte=today, ended_at=None, person__is_active=True)

    def running(self) -> Self:
        """Begun or not, and not over."""
        return self.filter(ended_at=None, last_day__gte=clock.today())

    def visible_to(self, actor: Any) -> Self:
        """Everybody's to who sees the staff, one's own to everybody else."""
        if actor.may("controls.view_staff"):
            return self
        return self.filter(person_id=actor.person_id) if actor.kind == "person" else self.none()


class Examination(Record):
    """A person of a firm or an authority may read records of certain kinds, of one company or of all, opened or decided
    in a period, on given days. Proposed by one, agreed by another; ends by itself, or at once by one. It is held beside
    no role, and nothing but reading comes of it."""

    class Kind(models.TextChoices):
        EXTERNAL_AUDITOR = "external_auditor", _("external auditor")
        SUPERVISORY_EXAMINER = "supervisory_examiner", _("supervisory examiner")

    number = models.PositiveIntegerField(_("number"), unique=True)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="examinations", verbose_name=_("examiner")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    firm = models.CharField(_("firm or authority"), max_length=150)
    purpose = EncryptedTextField()
    records = models.JSONField(_("kinds of record"))
    entity = models.ForeignKey(
        LegalEntity, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("company")
    )
    listed = models.JSONField(_("only customers"), default=list, help_text=_("by id; empty: all"))
    records_from = models.DateField(_("records from"))
    records_to = models.DateField(_("records to"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    agreed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("agreed by"))
    ended_at = models.DateTimeField(_("ended early"), null=True)

    audited = {
        "number": Mask.OPERATIONAL,  # the next one free: two that wait for agreement must not hinder each other
        "person": Mask.SHOWN,
        "kind": Mask.SHOWN,
        "firm": Mask.SHOWN,
        "purpose": Mask.MASKED,
        "records": Mask.SHOWN,
        "entity": Mask.SHOWN,
        "listed": Mask.SHOWN,
        "records_from": Mask.SHOWN,
        "records_to": Mask.SHOWN,
        "first_day": Mask.SHOWN,
        "last_day": Mask.SHOWN,
        "granted_by": Mask.SHOWN,
        "agreed_by": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ExaminationQuerySet)()
    objects = RestrictedManager(ExaminationQuerySet)

    class Meta:
        verbose_name = _("examination")
        verbose_name_plural = _("examinations")
        default_manager_name = "all_unrestricted"
        constraints = [
            models.CheckConstraint(
                condition=two_others("granted_by", "agreed_by", "person"), name="an_examination_is_given_by_two_others"
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="an_examination_has_days_in_order"),
            models.CheckConstraint(
                condition=Q(records_to__gte=F("records_from")), name="an_examination_has_a_period_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.firm}"

    def is_running(self) -> bool:
        return self.ended_at is None and self.last_day >= clock.today()

    def within(self, *fields: str) -> Q:
        """Rows one of whose times lies in the period (days in UTC, both included)."""
        start = datetime.combine(self.records_from, time(), UTC)
        end = datetime.combine(self.records_to + timedelta(days=1), time(), UTC)
        found = Q(pk__in=[])
        for name in fields:
            found |= Q(**{f"{name}__gte": start, f"{name}__lt": end})
        return found


def scope_of(actor: Any, records: str) -> Examination | None:
    """What this examiner may read at this moment, if records of this kind are of it; asked anew each time, since it may
    have ended since the request began."""
    found = Examination.all_unrestricted.in_force().filter(pk=actor.examination).first()
    return found if found is not None and records in found.records else None
