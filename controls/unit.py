"""The unit of work: one transaction around everything that belongs together, however deep actions nest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import OperationalError, models, transaction

from base.errors import RuleError
from controls.entries import Change
from controls.models.audit import Attempt

DEADLOCKS = {"40P01", "40001"}


Written = tuple[str, models.Model | None, models.Model, dict[str, Change]]
"""An action, the record that existed before, the one its entry is about, and what changed in it."""


@dataclass
class Unit:
    """What is under way: the entries that cause what follows, what was written, whether others agreed to it."""

    causes: list[UUID] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    agreed_by: UUID | None = None


NOBODY_YET = UUID(int=0)
"""Stands for who will agree while an action is only tried for its proposal; rolled back with everything else."""

_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


def current() -> Unit:
    unit = _current.get()
    assert unit is not None, "nothing is under way"
    return unit


def agreed() -> bool:
    """True while what runs is a proposal that its quorum agreed to, or its dry run."""
    unit = _current.get()
    return unit is not None and unit.agreed_by is not None


def agreed_by() -> UUID:
    """Whose vote completed the quorum of what runs; NOBODY_YET in its dry run."""
    found = current().agreed_by
    assert found is not None, "what takes two people runs through a proposal"
    return found


@contextmanager
def agreement(by: UUID) -> Iterator[Unit]:
    """What runs inside has been agreed by this person (or, NOBODY_YET, is being tried for its proposal)."""
    unit = current()
    before, unit.agreed_by = unit.agreed_by, by
    try:
        yield unit
    finally:
        unit.agreed_by = before


def outermost(work: Callable[[], Any]) -> Any:
    """Runs work in one transaction, or joins the one under way. Only the outermost retries a deadlock, once, and
    logs a refusal after everything was rolled back."""
    if _current.get() is not None:
        return work()
    try:
        return _attempt(work)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") not in DEADLOCKS:
            raise
        return _attempt(work)


def _attempt(work: Callable[[], Any]) -> Any:
    token = _current.set(Unit())
    try:
        with transaction.atomic():
            return work()
    except RuleError as error:
        if isinstance(attempt := getattr(error, "attempt", None), Attempt):
            attempt.save()
        raise
    finally:
        _current.reset(token)
