"""The one piece of machinery: every change of business state is a function under @action.

In one transaction: lock and re-read the record, read the actor's rights again, may `by`, is `by` the maker,
`when`, the body, the audit entry. A refusal leaves nothing but a line in the log of attempts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext as _

from base import clock
from base.errors import ConfirmationNeeded, NotFound, NotPermitted, RuleError, WrongState
from controls import apart, entries, unit
from controls.actor import Actor
from controls.models.audit import Attempt


@dataclass(frozen=True)
class Action:
    """A registered action. `permission` is asked of the actor; `maker` names the field with the first person;
    `when(record, by)` says without a query why not; `sensitive` needs a fresh second factor; `quorum`
    {permission: votes} makes it run only through controls.approvals; `creates`: it takes no record."""

    name: str
    body: Callable[..., Any]
    permission: str
    creates: bool
    maker: str | None = None
    when: Callable[[Any, Actor], str | RuleError | None] | None = None
    sensitive: bool = False
    quorum: dict[str, int] | None = None

    def refusal(self, record: models.Model | None = None, *, by: Actor) -> RuleError | None:
        """Why `by` may not do this now; None when it may. The same answer for button, API and execution."""
        if not by.may_carry_out(self.permission):
            return NotPermitted(_("Your role does not allow this."))
        if by.away and (refused := apart.refused(record, by)):
            return refused
        if (self.sensitive or self.maker) and by.kind != "person":
            return NotPermitted(_("Only a signed-in person may do this."), code="person_needed")
        if self.sensitive and not unit.agreed() and not by.confirmed():
            return ConfirmationNeeded(_("Confirm with your second factor first; it holds for 15 minutes."))
        if self.maker and (refused := self._same_person(record, by)):
            return refused
        if self.when and (why := self.when(record, by)):
            return why if isinstance(why, RuleError) else WrongState(why)
        return None

    def _same_person(self, record: models.Model | None, by: Actor) -> RuleError | None:
        maker = getattr(record, f"{self.maker}_id")
        if maker is None:  # `when` knows better what has become of it
            told = self.when and self.when(record, by)
            return WrongState(told if isinstance(told, str) else _("Nobody has proposed this yet."))
        if maker == by.person_id or maker in by.stands_in_for():
            return NotPermitted(_("You were the first person; another must decide."), code="same_person")
        return None

    def run(self, record: models.Model | None, by: Actor, words: dict[str, Any]) -> Any:
        under_way, ref = unit.current(), uuid4()
        fresh, by = (None, by.still()) if record is None else locked(record, by)
        if self.quorum and not unit.agreed():
            raise NotPermitted(_("This must be proposed, and agreed by another person."), code="approval_needed")
        if refused := self.refusal(fresh, by=by):
            raise refused
        before, cause = entries.snapshot(fresh), under_way.causes[-1] if under_way.causes else None
        under_way.causes.append(ref)
        result = self.body(*([] if fresh is None else [fresh]), by=by, **words)
        under_way.causes.pop()
        result = fresh if result is None else result
        about, changed, facts = _made(fresh, before, result)
        if words.get("reason"):
            changed["reason"] = entries.Change(None, words["reason"])
        facts |= by.by_leave_of(self.permission)
        under_way.written.append((self.name, fresh, about, changed))
        entries.write(ref=ref, by=by, action=self.name, record=about, changed=changed, cause=cause, facts=facts)
        return result


REGISTRY: dict[str, Action] = {}


def action(permission: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Registers a verb. The body gets the locked record (none when it creates one), `by`, and its arguments."""

    def register(body: Callable[..., Any]) -> Any:
        creates = next(iter(signature(body).parameters)) == "by"
        found = Action(f"{body.__module__.split('.')[0]}.{body.__name__}", body, permission, creates, **options)
        assert found.name not in REGISTRY, f"{found.name} is registered twice"

        @wraps(body)
        def call(record: models.Model | None = None, /, *, by: Actor, **words: Any) -> Any:
            assert (record is None) == creates, f"{found.name} takes {'no' if creates else 'a'} record"
            return unit.outermost(lambda: _noting(found, record, by, words))

        REGISTRY[found.name] = call.action = found  # type: ignore[attr-defined]
        call.refusal = found.refusal  # type: ignore[attr-defined]
        return call

    return register


def locked(record: models.Model, by: Actor) -> tuple[models.Model, Actor]:
    """A fresh copy under lock, for the action to work on, and `by` with the rights it has once the lock is held: they
    may be lost while the call waits for it. What `by` may not know of does not exist."""
    fresh, still = _row(record, by), by.still()
    if fresh is None or still.sight != by.sight:
        fresh = _row(record, still)
    if fresh is None:
        raise NotFound(_("There is no such record."))
    return fresh, still


def _row(record: models.Model, by: Actor) -> models.Model | None:
    rows: Any = type(record).objects.visible_to(by)  # type: ignore[attr-defined]
    found: models.Model | None = rows.select_for_update(no_key=True, of=("self",)).filter(pk=record.pk).first()
    return found


def _made(fresh: Any, before: entries.Values, result: Any) -> tuple[Any, dict[str, entries.Change], dict[str, str]]:
    """What the entry is about, what changed in it, and the other record that came of it."""
    about = fresh if fresh is not None else result
    changed = entries.changes(about, before, entries.snapshot(about))
    if not isinstance(result, models.Model) or result == about:
        return about, changed, {}
    changed |= entries.changes(result, {}, entries.snapshot(result), f"{result._meta.model_name}.")
    return about, changed, {"result": f"{result._meta.label_lower}:{result.pk}"}


def _noting(found: Action, record: models.Model | None, by: Actor, words: dict[str, Any]) -> Any:
    """Hands the refusal on, with the line for the log of attempts that the outermost unit writes."""
    try:
        return found.run(record, by, words)
    except RuleError as error:
        label, key = ("", "") if record is None else (record._meta.label_lower, str(record.pk))
        noted = Attempt(
            at=clock.now(),
            actor=by.label,
            action=found.name,
            record_model=label,
            record_id=key,
            code=error.code,
        )
        error.attempt = getattr(error, "attempt", noted)  # type: ignore[attr-defined]
        raise
