"""Tasks: something that somebody must do by a time, because of a reason, about a record.

A task is for one person, for whoever holds a role, or for whoever may do something (`right`). It is visible to them,
to who raised it, and after its time to the role it went up to. The record it is about is shown only to who may see it.
"""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful
from controls import apart
from controls.models import Person
from controls.roles import choices
from work import todo


class Status(models.TextChoices):
    OPEN = "open", _("open")
    DONE = "done", _("done")
    WITHDRAWN = "withdrawn", _("withdrawn")


class TaskQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        rows: Self = apart.without(self, actor.away)
        if actor.kind == "job" or actor.may("work.view_all_tasks"):
            return rows
        if actor.kind != "person":
            return self.none()
        return rows.filter(Q(owner=actor.person_id) | Q(raised_by=actor.label) | _addressed(actor))

    def open(self) -> Self:
        return self.filter(status=Status.OPEN)

    def owned_by(self, actor: Any) -> Self:
        return self.open().filter(owner=actor.person_id)

    def takeable_by(self, actor: Any) -> Self:
        """Addressed to them, and nobody is at it."""
        return self.open().filter(_addressed(actor), owner=None)

    def for_me(self, actor: Any) -> Self:
        """What waits for this person: theirs, and what they might take."""
        return self.open().filter(Q(owner=actor.person_id) | (_addressed(actor) & Q(owner=None)))

    def overdue(self) -> Self:
        return self.open().filter(due_at__lte=clock.now())

    def to_escalate(self) -> Self:
        return self.overdue().filter(escalated_at=None)

    def most_urgent_first(self) -> Self:
        return self.order_by("due_at", "pk")


def _addressed(actor: Any) -> Q:
    roles, rights = list(actor.roles), list(actor.permissions)
    meant = Q(role__in=roles) | Q(right__in=rights) | Q(escalated_at__isnull=False, escalate_to__in=roles)
    return meant & (Q(not_for=None) | ~Q(not_for=actor.person_id))


class Task(Record, Stateful):
    """One thing to do. `key` makes raising it twice one task; `not_for` is somebody who may not be the one to do it,
    such as who proposed what must be decided."""

    Status = Status
    NEXT = {Status.OPEN: {Status.DONE, Status.WITHDRAWN}}

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=60)
    words = EncryptedTextField(_("what is to be done"))
    record_model = models.CharField(_("kind of record"), max_length=80, blank=True, default="")
    record_id = models.UUIDField(_("record"), null=True)
    owner = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner"))
    role = models.CharField(_("for the role"), max_length=40, choices=choices, blank=True, default="")
    right = models.CharField(_("for whoever may"), max_length=80, blank=True, default="")
    not_for = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("by somebody else than")
    )
    due_at = models.DateTimeField(_("due"), help_text=_("the first moment that is too late"))
    due_source = models.CharField(_("due by"), max_length=120, help_text=_("term, zone, calendar and its version"))
    escalate_to = models.CharField(_("goes up to"), max_length=40, choices=choices)
    escalated_at = models.DateTimeField(_("went up"), null=True)
    status = models.CharField(_("state"), max_length=9, choices=Status, default=Status.OPEN)
    raised_by = models.CharField(_("raised by"), max_length=80)
    raised_at = models.DateTimeField(_("raised"), default=clock.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by = models.CharField(_("ended by"), max_length=80, blank=True, default="")
    outcome = EncryptedTextField(_("what came of it"), null=True)

    audited = {
        "key": Mask.SHOWN,
        "kind": Mask.SHOWN,
        "words": Mask.MASKED,
        "record_model": Mask.SHOWN,
        "record_id": Mask.SHOWN,
        "owner": Mask.SHOWN,
        "role": Mask.SHOWN,
        "right": Mask.SHOWN,
        "not_for": Mask.SHOWN,
        "due_at": Mask.SHOWN,
        "due_source": Mask.SHOWN,
        "escalate_to": Mask.SHOWN,
        "escalated_at": Mask.SHOWN,
        "status": Mask.SHOWN,
        "raised_by": Mask.SHOWN,
        "raised_at": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
        "ended_by": Mask.SHOWN,
        "outcome": Mask.MASKED,
    }

    all_unrestricted = models.Manager.from_queryset(TaskQuerySet)()
    objects = RestrictedManager(TaskQuerySet)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(fields=["due_at", "id"], name="tasks_that_wait", condition=Q(status="open")),
            models.Index(fields=["owner", "due_at"], name="tasks_by_owner", condition=Q(status="open")),
            models.Index(fields=["record_id", "kind"], name="tasks_by_record"),
            models.Index(fields=["raised_at", "id"], name="tasks_by_raising"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="a_task_has_a_known_state"),
            models.CheckConstraint(
                condition=Q(owner__isnull=False) | ~Q(role="") | ~Q(right=""), name="a_task_is_for_somebody"
            ),
            models.CheckConstraint(
                condition=Q(not_for=None) | Q(owner=None) | ~Q(owner=models.F("not_for")),
                name="a_task_is_not_with_whom_it_is_not_for",
            ),
            models.CheckConstraint(
                condition=Q(record_model="", record_id=None) | (~Q(record_model="") & Q(record_id__isnull=False)),
                name="a_task_names_a_record_in_full",
            ),
            models.CheckConstraint(
                condition=Q(status="open", ended_at=None) | (~Q(status="open") & Q(ended_at__isnull=False)),
                name="a_task_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return todo.title(self.kind)

    @property
    def is_overdue(self) -> bool:
        due: datetime = self.due_at
        return self.status == Status.OPEN and due <= clock.now()

    def is_addressed_to(self, actor: Any) -> bool:
        """Whether this person may take it; the same as the queries ask."""
        if actor.person_id is None or self.not_for_id == actor.person_id:
            return False
        went_up = self.escalated_at is not None and self.escalate_to in actor.roles
        return self.role in actor.roles or bool(self.right and actor.may(self.right)) or went_up
