"""Notices: a person is told that something about a record waits for them; in the app, and by mail as a number.

A notice holds no words. What a page says of it is made when it is shown, from the record, if its reader may still see
that; else the notice is not there.
"""

from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models import Person
from work.models.tasks import Task

LINKED: list[str] = ["work.Task", "controls.Proposal"]  # records that tasks and notices may be about; apps add theirs


def linkable(label: str) -> bool:
    return label in {name.lower() for name in LINKED}


class NoticeQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """One's own, about what one may see at this moment."""
        if actor.kind == "job":
            return self
        if actor.kind != "person":
            return self.none()
        seen = Q(pk__in=[])
        for label in LINKED:
            rows = apps.get_model(label).objects.visible_to(actor).order_by().values("pk")
            seen |= Q(record_model=label.lower(), record_id__in=rows)
        tasks = Task.objects.visible_to(actor).order_by().values("pk")
        return self.filter(seen, Q(task=None) | Q(task__in=tasks), person=actor.person_id)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def to_mail(self) -> Self:
        return self.filter(mailed_at=None)


class Notice(Record):
    """One person is told of one thing, once (`key`)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    key = models.CharField(max_length=160)
    what = models.CharField(_("what"), max_length=60)
    record_model = models.CharField(_("kind of record"), max_length=80)
    record_id = models.UUIDField(_("record"))
    task = models.ForeignKey(Task, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("task"))
    at = models.DateTimeField(_("told"), default=clock.now)
    read_at = models.DateTimeField(_("read"), null=True)
    mailed_at = models.DateTimeField(null=True, help_text=_("told by mail, or past being told"))

    audited = {
        "person": Mask.SHOWN,
        "key": Mask.SHOWN,
        "what": Mask.SHOWN,
        "record_model": Mask.SHOWN,
        "record_id": Mask.SHOWN,
        "task": Mask.SHOWN,
        "at": Mask.SHOWN,
        "read_at": Mask.OPERATIONAL,
        "mailed_at": Mask.OPERATIONAL,
    }

    all_unrestricted = models.Manager.from_queryset(NoticeQuerySet)()
    objects = RestrictedManager(NoticeQuerySet)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(fields=["person", "-at", "-id"], name="notices_by_person"),
            models.Index(fields=["person", "at"], name="notices_to_mail", condition=Q(mailed_at=None)),
        ]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="a_person_is_told_once")]

    def __str__(self) -> str:
        return self.what


class Cadence(models.TextChoices):
    AT_ONCE = "at_once", _("immediately")
    HOURLY = "hourly", _("hourly, in one mail")
    DAILY = "daily", _("daily, in one mail")
    NEVER = "never", _("no mail")


class NoticeChoiceQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor.kind == "job":
            return self
        return self.filter(person=actor.person_id) if actor.kind == "person" else self.none()


class NoticeChoice(Record):
    """How one person wants to be told by mail: how often, and when not. Hours are those of the person's zone."""

    Cadence = Cadence

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    cadence = models.CharField(_("mail"), max_length=8, choices=Cadence, default=Cadence.HOURLY)
    quiet_from = models.TimeField(_("quiet from"), null=True)
    quiet_to = models.TimeField(_("quiet until"), null=True)
    mailed_at = models.DateTimeField(_("last mail"), null=True)

    audited = {
        "person": Mask.SHOWN,
        "cadence": Mask.SHOWN,
        "quiet_from": Mask.SHOWN,
        "quiet_to": Mask.SHOWN,
        "mailed_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(NoticeChoiceQuerySet)()
    objects = RestrictedManager(NoticeChoiceQuerySet)

    class Meta:
        verbose_name = _("choice of notifications")
        verbose_name_plural = _("choices of notifications")
        default_manager_name = "all_unrestricted"
        constraints = [
            models.CheckConstraint(condition=Q(cadence__in=Cadence.values), name="a_cadence_is_known"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None)
                | (Q(quiet_from__isnull=False, quiet_to__isnull=False) & ~Q(quiet_from=models.F("quiet_to"))),
                name="quiet_hours_have_a_beginning_and_an_end",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person)
