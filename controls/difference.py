"""The difference an action makes, told so that two runs of the same change tell the same.

What one person proposes and another agrees to is compared to the letter. Three things differ from run to run without
being a difference: the moment of the run, who agrees to it, and ids made on the way. A moment or a person given as an
argument stays exact.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models

from base.canonical import plain
from controls.entries import Change

AT_DECISION = "(time of the decision)"
WHO_AGREES = "(who agrees)"
MINUTE = timedelta(minutes=1)

Written = tuple[str, models.Model | None, models.Model | None, dict[str, Change]]


def told(
    written: Iterable[Written], began: datetime, ended: datetime, given: Collection[str], agreed_by: UUID
) -> list[dict[str, Any]]:
    """Rows {"action", "model", "record", "field", "old", "new"}; `given` holds the arguments as canonical texts,
    `record` is "app.model:key" of a record that existed before, and None for one that the action made."""
    return [
        {
            "action": name,
            "model": "" if about is None else about._meta.label_lower,
            "record": None if record is None else f"{record._meta.label_lower}:{record.pk}",
            "field": field,
            "old": plain(change.old),
            "new": _steady(plain(change.new), began, ended, given, str(agreed_by)),
        }
        for name, record, about, changed in written
        for field, change in sorted(changed.items())
    ]


def _steady(value: Any, began: datetime, ended: datetime, given: Collection[str], agreed_by: str) -> Any:
    if value == agreed_by and value not in given:
        return WHO_AGREES
    moment = _moment(value)
    if moment is None or value in given or moment < began:
        return value
    if moment <= ended:
        return AT_DECISION
    minutes = round((moment - began) / MINUTE)
    return f"{AT_DECISION} + {timedelta(minutes=minutes)}"


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) < len("2026-01-01T00:00:00") or "T" not in value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
