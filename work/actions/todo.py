"""What happens to a task: raised, taken, handed over, done, withdrawn, gone up."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from base.locks import only_one
from controls.actions import action
from controls.actor import Actor
from controls.models import Person, RoleGrant
from controls.roles import ROLES
from work import todo
from work.actions import notices
from work.models import Task
from work.models.notices import linkable

LATER = "compliance_officer"  # where a task goes up to unless said


@action("work.raise_task")
def raise_task(
    *,
    by: Actor,
    kind: str,
    words: str,
    due_at: datetime,
    due_source: str = "",
    key: str = "",
    record: models.Model | None = None,
    owner: Person | None = None,
    role: str = "",
    right: str = "",
    not_for: Person | None = None,
    escalate_to: str = LATER,
) -> Task:
    """A new task, and a notice to each person it is for who may see the record. Of a `key` there is one task: raised
    again it is refused with `raised_already`."""
    _checked(by, kind, words, due_at, key)
    _for_somebody(owner, role, right, escalate_to)
    if owner is not None and not_for is not None and owner.pk == not_for.pk:
        raise Invalid(_("It is not for this person."), field="owner")
    label = "" if record is None else record._meta.label_lower
    if record is not None and not (linkable(label) and may_see(by, record)):
        raise Invalid(_("There is no such record that a task could be about."), field="record")
    only_one(f"task:{key}")
    if key and Task.all_unrestricted.filter(key=key).exists():
        raise WrongState(_("This task was raised before."), code="raised_already")
    task = Task.all_unrestricted.create(
        key=key or f"{by.label}:{uuid4()}",
        kind=kind,
        words=words.strip(),
        record_model=label,
        record_id=None if record is None else record.pk,
        owner=owner,
        role=role,
        right=right,
        not_for=not_for,
        due_at=due_at,
        due_source=due_source,
        escalate_to=escalate_to,
        raised_by=by.label,
        raised_at=clock.now(),
    )
    notices.tell(task, "raised", [owner] if owner else audience(task))
    return task


def _checked(by: Actor, kind: str, words: str, due_at: datetime, key: str) -> None:
    if kind not in todo.KINDS:
        raise Invalid(_("There is no such kind of task."), field="kind")
    if by.kind == "person" and (kind != todo.ASKED.name or key):
        raise Invalid(_("A task of this kind is raised by the product."), field="kind")
    if not words.strip():
        raise Invalid(_("Say what is to be done."), field="words")
    if by.kind == "person" and due_at <= clock.now():
        raise Invalid(_("It must be due in the future."), field="due_at")


def _for_somebody(owner: Person | None, role: str, right: str, escalate_to: str) -> None:
    if not (owner or role or right):
        raise Invalid(_("Say for whom it is: a person or a role."), field="role")
    if right and not _holding(right):
        raise Invalid(_("Nobody who does tasks may do this."), field="right")
    if owner is not None and not who(owner).may("work.do_task"):
        raise Invalid(_("%(name)s does no tasks here.") % {"name": owner.name}, field="owner")
    for field, name in (("role", role), ("escalate_to", escalate_to)):
        if (name or field == "escalate_to") and (name not in ROLES or "work.do_task" not in ROLES[name].permissions):
            raise Invalid(_("There is no such role of people who do tasks."), field=field)


def may_see(actor: Actor, record: models.Model) -> bool:
    return bool(type(record).objects.visible_to(actor).filter(pk=record.pk).exists())  # type: ignore[attr-defined]


def record_of(task: Task, actor: Actor) -> models.Model | None:
    """What a task is about, where this actor may see it."""
    if not task.record_model:
        return None
    rows: Any = apps.get_model(task.record_model).objects.visible_to(actor)
    found: models.Model | None = rows.filter(pk=task.record_id).first()
    return found


def who(person: Person) -> Actor:
    return Actor.of(person)


def audience(task: Task) -> list[Person]:
    """Everybody who might take it, by the roles they hold now."""
    roles = {task.role, task.escalate_to if task.escalated_at else ""} | _holding(task.right)
    grants = RoleGrant.all_unrestricted.in_force().filter(person__is_active=True, role__in=roles)
    people = Person.all_unrestricted.filter(pk__in=grants.values("person"))
    return list(people.exclude(pk=task.not_for_id).order_by("pk") if task.not_for_id else people.order_by("pk"))


def _holding(right: str) -> set[str]:
    """Roles of people by which one may do this and tasks."""
    return {key for key, role in ROLES.items() if {right, "work.do_task"} <= role.permissions}


def _open(task: Task) -> str | None:
    if task.status == Task.Status.OPEN:
        return None
    return _("This task is %(state)s.") % {"state": task.get_status_display()}


def _takeable(task: Task, by: Actor) -> str | RuleError | None:
    if ended := _open(task):
        return ended
    if task.owner_id is not None and task.owner_id == by.person_id:
        return _("It is yours already.")
    if not task.is_addressed_to(by):
        return NotPermitted(_("It is for somebody else."), code="not_yours")
    went_up = task.escalated_at is not None and task.escalate_to in by.roles
    return None if task.owner_id is None or went_up else _("A colleague is at it.")


@action("work.do_task", when=_takeable)
def take_task(task: Task, *, by: Actor) -> Task:
    """Theirs from now on. What is past its time may be taken off a colleague by the role it went up to."""
    task.owner_id = by.person_id
    task.save(update_fields=["owner"])
    return task


def _own(task: Task, by: Actor) -> str | RuleError | None:
    if ended := _open(task):
        return ended
    if task.owner_id is None or task.owner_id != by.person_id:
        return NotPermitted(_("Take it first: it is not yours."), code="not_yours")
    return None


@action("work.do_task", when=_own)
def hand_over(task: Task, *, by: Actor, to: Person, reason: str = "") -> Task:
    """To a colleague who does tasks and may see what it is about."""
    other = who(to)
    if to.pk in (by.person_id, task.not_for_id):
        raise Invalid(_("Hand it to somebody else."), field="to")
    if not to.is_active or not other.may("work.do_task"):
        raise Invalid(_("%(name)s does no tasks here.") % {"name": to.name}, field="to")
    if task.record_model and record_of(task, other) is None:
        raise Invalid(_("%(name)s may not see what it is about.") % {"name": to.name}, field="to")
    task.owner = to
    task.save(update_fields=["owner"])
    notices.tell(task, f"handed:{uuid4()}", [to])
    return task


@action("work.do_task", when=_own)
def finish_task(task: Task, *, by: Actor, outcome: str) -> Task:
    if not outcome.strip():
        raise Invalid(_("Say what came of it."), field="outcome")
    return _ended(task, Task.Status.DONE, by, outcome)


def _raised(task: Task, by: Actor) -> str | RuleError | None:
    if ended := _open(task):
        return ended
    if task.raised_by != by.label:
        return NotPermitted(_("Only who raised a task withdraws it."), code="not_yours")
    return None


@action("work.raise_task", when=_raised)
def withdraw_task(task: Task, *, by: Actor, reason: str) -> Task:
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    return _ended(task, Task.Status.WITHDRAWN, by, reason)


def _late(task: Task, by: Actor) -> str | None:
    if ended := _open(task):
        return ended
    if task.escalated_at is not None:
        return _("It has gone up already.")
    return None if task.due_at <= clock.now() else _("It is not due yet.")


@action("work.escalate_task", when=_late)
def escalate_task(task: Task, *, by: Actor) -> Task:
    """Its time is over: the role it goes up to is told, and may take it."""
    task.escalated_at = clock.now()
    task.save(update_fields=["escalated_at"])
    notices.tell(task, "late", audience(task))
    return task


def let_go(task: Task) -> None:
    """Its owner leaves: it is for whom it was for, or for the role it would have gone up to."""
    task.owner = None
    if not task.role and not task.right:
        task.role = task.escalate_to


def _ended(task: Task, status: str, by: Actor, outcome: str) -> Task:
    task.move_to(status)
    task.ended_at, task.ended_by, task.outcome = clock.now(), by.label, outcome.strip()
    task.save(update_fields=["status", "ended_at", "ended_by", "outcome"])
    return task
