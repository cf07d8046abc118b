"""Requests of persons for what is kept about them (GDPR art. 15)."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from base import clock
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models import Person
from privacy.models.subjects import Subject, apart_from
from work.models import Job


class AccessRequestQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor is None or not actor.may("privacy.view"):
            return self.none()
        return apart_from(self, actor, "subject__")  # type: ignore[no-any-return]


class AccessRequest(Record):
    """A person asked what is kept about them. The bundle is the result of a job; only who asked for it takes it."""

    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="access_requests", verbose_name=_("person")
    )
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("prepared by"))
    asked_at = models.DateTimeField(_("asked"), default=clock.now)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="+", verbose_name=_("job"))

    audited = {
        "subject": Mask.SHOWN,
        "asked_by": Mask.SHOWN,
        "asked_at": Mask.SHOWN,
        "job": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(AccessRequestQuerySet)()
    objects = RestrictedManager(AccessRequestQuerySet)

    class Meta:
        verbose_name = _("access request")
        verbose_name_plural = _("access requests")
        default_manager_name = "all_unrestricted"
        indexes = [models.Index(fields=["asked_at", "id"], name="access_requests_by_time")]

    def __str__(self) -> str:
        return str(self.subject)
