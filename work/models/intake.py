"""Intakes: a file that somebody brings in, from upload to result.

One person uploads it, says which column is which field, and has it tried in a dry run; another applies it. The file
never changes, nor does the mapping once it was tried: what is applied is what was tried.
"""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedJSONField, EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from controls.models import LegalEntity, Person
from work.models.jobs import Job


class Status(models.TextChoices):
    UPLOADED = "uploaded", _("uploaded")
    CHECKED = "checked", _("tried")
    APPLYING = "applying", _("being applied")
    APPLIED = "applied", _("applied")
    WITHDRAWN = "withdrawn", _("withdrawn")


class IntakeQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """To who may bring in the same kind of things, and to who audits."""
        from work.targets import TARGETS  # names models of apps above only through what they registered

        if actor.kind == "job" or actor.may("work.view_all_jobs"):
            return self
        return self.filter(target__in=[name for name, found in TARGETS.items() if actor.may(found.permission)])

    def of_source(self, target: str, source: str) -> Self:
        """Earlier ones of the same source whose columns somebody has matched."""
        return self.filter(target=target, source=source, mapped=True).order_by("-uploaded_at")


class Intake(Stateful, Record):
    """A file on its way in. `columns`, `preview` and `errors` hold what the file says; counts and digest tell what a
    dry run found and what was applied."""

    Status = Status
    NEXT = {
        Status.UPLOADED: {Status.CHECKED, Status.WITHDRAWN},
        Status.CHECKED: {Status.CHECKED, Status.APPLYING, Status.WITHDRAWN},
        Status.APPLYING: {Status.APPLYING, Status.APPLIED},
    }

    target = models.CharField(_("what"), max_length=60)
    source = models.CharField(_("source"), max_length=80, help_text=_("its columns are remembered by this name"))
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+", verbose_name=_("company"))
    status = models.CharField(_("state"), max_length=9, choices=Status, default=Status.UPLOADED)
    uploaded_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded"), default=clock.now)
    file = models.CharField(max_length=200)
    file_name = EncryptedTextField(_("file"))
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    format = models.CharField(_("format"), max_length=4)
    encoding = models.CharField(_("encoding"), max_length=12, blank=True)
    separator = models.CharField(_("separator"), max_length=1, blank=True)
    lines = models.PositiveBigIntegerField(_("lines, about"), default=0)
    columns = models.JSONField(_("columns"), default=list)
    preview = EncryptedJSONField(_("first lines"))
    mapping = models.JSONField(_("mapping"), default=dict)
    mapped = models.BooleanField(default=False)
    dry_run = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="+")
    rows = models.PositiveBigIntegerField(_("lines"), default=0)
    wrong = models.PositiveBigIntegerField(_("lines that are wrong"), default=0)
    errors = models.JSONField(_("first errors"), default=list)
    digest = models.CharField(_("digest of the rows"), max_length=64, blank=True)
    applied = models.PositiveBigIntegerField(_("applied"), default=0)
    handled = models.PositiveBigIntegerField(_("lines handled"), default=0)
    applied_digest = models.CharField(_("digest of what was applied"), max_length=64, blank=True)
    applied_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("applied by")
    )
    applied_at = models.DateTimeField(_("applied at"), null=True)

    audited = {
        "target": Mask.SHOWN,
        "source": Mask.SHOWN,
        "entity": Mask.SHOWN,
        "status": Mask.SHOWN,
        "uploaded_by": Mask.SHOWN,
        "uploaded_at": Mask.SHOWN,
        "file": Mask.OPERATIONAL,
        "file_name": Mask.MASKED,
        "sha256": Mask.SHOWN,
        "size": Mask.SHOWN,
        "format": Mask.SHOWN,
        "encoding": Mask.SHOWN,
        "separator": Mask.SHOWN,
        "lines": Mask.OPERATIONAL,
        "columns": Mask.OPERATIONAL,  # of the file, whose digest is in the entry
        "preview": Mask.OPERATIONAL,
        "mapping": Mask.SHOWN,
        "mapped": Mask.OPERATIONAL,
        "dry_run": Mask.SHOWN,
        "application": Mask.SHOWN,
        "rows": Mask.SHOWN,
        "wrong": Mask.SHOWN,
        "errors": Mask.OPERATIONAL,
        "digest": Mask.SHOWN,
        "applied": Mask.SHOWN,
        "handled": Mask.SHOWN,
        "applied_digest": Mask.SHOWN,
        "applied_by": Mask.SHOWN,
        "applied_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(IntakeQuerySet)()
    objects = RestrictedManager(IntakeQuerySet)

    class Meta:
        verbose_name = _("intake")
        verbose_name_plural = _("intakes")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(fields=["uploaded_at", "id"], name="intakes_by_upload"),
            models.Index(fields=["target", "source", "uploaded_at"], name="intakes_by_source"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="an_intake_has_a_known_state"),
            models.CheckConstraint(
                condition=Q(status__in=["uploaded", "checked", "withdrawn"], applied_by=None, applied=0)
                | (Q(status__in=["applying", "applied"], applied_by__isnull=False) & ~Q(applied_by=F("uploaded_by"))),
                name="an_intake_is_applied_by_another",
            ),
            models.CheckConstraint(condition=Q(wrong=0) | Q(applied=0), name="nothing_is_applied_with_a_wrong_line"),
            models.CheckConstraint(
                condition=Q(applied__lte=F("handled"), handled__lte=F("rows")), name="no_more_is_applied_than_was_tried"
            ),
        ]

    def __str__(self) -> str:
        return self.source
