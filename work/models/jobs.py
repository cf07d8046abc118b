"""Jobs: work that takes longer than a page may.

The row is the queue. A worker takes it under a lease, writes how far it came at least every second together with a
checkpoint, and asks at every step whether it was cancelled. A worker that is killed leaves a lease that lapses; the
next one goes on from the checkpoint. A job runs with the rights its asker has at that moment.
"""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedJSONField, EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from controls.models import Person

LEASE = timedelta(seconds=60)  # renewed with every progress, so at least every second
ATTEMPTS = 3  # without a checkpoint in between


class Status(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class JobQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """To who asked for it, and to who audits or runs the installation; its file to the asker alone."""
        if actor.kind == "job" or actor.may("work.view_all_jobs"):
            return self
        return self.filter(asked_by=actor.label)

    def live(self) -> Self:
        return self.filter(status__in=(Status.WAITING, Status.RUNNING))

    def free(self) -> Self:
        """Nobody works on them: never leased, or the lease has lapsed."""
        return self.live().filter(Q(lease_until=None) | Q(lease_until__lte=clock.now()))


class Job(Stateful, Record):
    """One piece of long work: what, with which arguments, for whom; how far it is, and what came of it. `checkpoint`
    and `counts` hold positions, numbers and names of files, nothing about people."""

    Status = Status
    NEXT = {
        Status.WAITING: {Status.RUNNING, Status.CANCELLED},
        Status.RUNNING: {Status.DONE, Status.FAILED, Status.CANCELLED},
    }

    kind = models.CharField(_("kind"), max_length=60)
    arguments = EncryptedJSONField(_("arguments"))
    status = models.CharField(_("state"), max_length=9, choices=Status, default=Status.WAITING)
    asked_by = models.CharField(_("asked by"), max_length=80)
    asked_person = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("who answers for it")
    )
    asked_at = models.DateTimeField(_("asked"), default=clock.now)
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), null=True)
    progress_at = models.DateTimeField(_("last progress"), null=True)
    cancel_asked_at = models.DateTimeField(_("cancel asked"), null=True)
    checkpoint = models.JSONField(default=dict)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    faults = models.JSONField(_("faults"), default=list)
    why = models.TextField(_("why it ended so"), blank=True, default="")
    counts = models.JSONField(_("counts"), default=dict)
    result_file = models.CharField(max_length=200, blank=True, default="")
    result_name = EncryptedTextField(_("name of the file"), null=True)
    result_type = models.CharField(max_length=100, blank=True, default="")
    result_sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True, default="")
    result_size = models.PositiveBigIntegerField(_("size of the file"), default=0)

    audited = {
        "kind": Mask.SHOWN,
        "arguments": Mask.MASKED,
        "status": Mask.SHOWN,
        "asked_by": Mask.SHOWN,
        "asked_person": Mask.SHOWN,
        "asked_at": Mask.SHOWN,
        "started_at": Mask.OPERATIONAL,
        "ended_at": Mask.SHOWN,
        "done": Mask.OPERATIONAL,
        "total": Mask.OPERATIONAL,
        "progress_at": Mask.OPERATIONAL,
        "cancel_asked_at": Mask.SHOWN,
        "checkpoint": Mask.OPERATIONAL,
        "lease_token": Mask.OPERATIONAL,
        "lease_until": Mask.OPERATIONAL,
        "attempts": Mask.OPERATIONAL,
        "faults": Mask.OPERATIONAL,
        "why": Mask.SHOWN,
        "counts": Mask.SHOWN,
        "result_file": Mask.OPERATIONAL,
        "result_name": Mask.MASKED,
        "result_type": Mask.OPERATIONAL,
        "result_sha256": Mask.SHOWN,
        "result_size": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(JobQuerySet)()
    objects = RestrictedManager(JobQuerySet)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(fields=["asked_by", "asked_at"], name="jobs_by_asker"),
            models.Index(fields=["asked_at", "id"], name="jobs_by_asking"),
            models.Index(fields=["lease_until"], name="jobs_to_run", condition=Q(status__in=["waiting", "running"])),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="a_job_has_a_known_state"),
            models.CheckConstraint(
                condition=Q(total=None) | Q(done__lte=F("total")), name="a_job_does_not_do_more_than_all"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running"], ended_at=None)
                | Q(status__in=["done", "failed", "cancelled"], ended_at__isnull=False),
                name="a_job_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(result_file="") | Q(status="done"), name="only_a_job_that_is_done_has_a_file"
            ),
        ]

    def __str__(self) -> str:
        return self.kind

    @property
    def is_live(self) -> bool:
        return self.status in (Status.WAITING, Status.RUNNING)

    @property
    def percent(self) -> int | None:
        return None if not self.total else self.done * 100 // self.total

    @property
    def ends_about(self) -> datetime | None:
        """When it will end if it goes on as fast as until now."""
        if not (self.status == Status.RUNNING and self.started_at and self.progress_at and self.total and self.done):
            return None
        return self.started_at + (self.progress_at - self.started_at) * (self.total / self.done)
