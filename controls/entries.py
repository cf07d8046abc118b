"""Composes audit entries: what is said in the open, and salted commitments to what is kept beside, encrypted."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import models, transaction

from base import clock
from base.canonical import canonical, plain
from base.models import Mask
from base.registry import Exported
from controls.actor import Actor
from controls.models.audit import AuditEntry, AuditValue

VERSION = 1
SALT_BYTES = 16

Values = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One value, old and new, and how it may be shown."""

    old: Any
    new: Any
    mask: Mask = Mask.SHOWN


def snapshot(record: models.Model | None) -> Values:
    """The audited fields of a record as plain values; a secret is only told apart, never kept."""
    if record is None or record.pk is None or record._state.adding:
        return {}
    values = {name: getattr(record, _attname(record, name)) for name in audited(record)}
    return {name: _kept(value, audited(record)[name]) for name, value in values.items()}


def changes(record: models.Model, before: Values, after: Values, prefix: str = "") -> dict[str, Change]:
    return {
        prefix + name: Change(_shown(before.get(name), mask), _shown(after.get(name), mask), mask)
        for name, mask in audited(record).items()
        if before.get(name) != after.get(name)
    }


def write(
    *,
    ref: UUID,
    by: Actor,
    action: str,
    record: models.Model,
    changed: Mapping[str, Change],
    cause: UUID | None = None,
    batch: str = "",
    facts: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Writes the entry and its values. Whatever fails here undoes the change: both share its transaction."""
    at = clock.now()
    salted = {name: (os.urandom(SALT_BYTES).hex(), change) for name, change in changed.items()}
    said = {
        "v": VERSION,
        "ref": ref,
        "at": at,
        "actor": by.label,
        "person": by.person_id,
        "action": action,
        "model": record._meta.label_lower,
        "record": record.pk,
        "request": by.request_id,
        "cause": cause,
        "batch": batch,
        "facts": dict(facts or {}),
        "values": {name: commitment(salt, change.old, change.new) for name, (salt, change) in salted.items()},
    }
    entry = AuditEntry.all_unrestricted.create(
        ref=ref,
        at=at,
        actor=by.label,
        person_id=by.person_id,
        action=action,
        record_model=record._meta.label_lower,
        record_id=str(record.pk or ""),
        content=canonical(said),
    )
    AuditValue.objects.create(ref=ref, values={name: _beside(*pair) for name, pair in salted.items()})
    return entry


def read(actor: Actor, record: models.Model, what: str) -> AuditEntry:
    """The entry of a sensitive read: opening a document or a report is an event too."""
    return write(ref=uuid4(), by=actor, action=what, record=record, changed={})


def exported(actor: Actor, model: type[models.Model], left: Exported) -> None:
    """The entry of a list that left as a file: how many rows, the digest of what was given, what it is for. What was
    asked for may hold a name: it lies beside, as a value that can be shredded."""
    facts = {"rows": left.rows, "sha256": left.sha256, "format": left.format}
    changed = {"purpose": Change(None, left.purpose)} | ({"filter": Change(None, left.asked)} if left.asked else {})
    with transaction.atomic():
        write(ref=uuid4(), by=actor, action="controls.export", record=model(pk=None), changed=changed, facts=facts)


def commitment(salt: str, old: Any, new: Any) -> str:
    """SHA-256 over the salt and the canonical pair: says nothing about the values to whoever has not the salt."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical([old, new]).encode()).hexdigest()


def audited(record: models.Model) -> dict[str, Mask]:
    declared: dict[str, Mask] = getattr(record, "audited", {})
    return {name: mask for name, mask in declared.items() if mask is not Mask.OPERATIONAL}


def _beside(salt: str, change: Change) -> dict[str, Any]:
    return {"salt": salt, "old": plain(change.old), "new": plain(change.new), "mask": change.mask.value}


def _kept(value: Any, mask: Mask) -> Any:
    if mask is Mask.SECRET:
        return None if value is None else hashlib.sha256(canonical(value).encode()).hexdigest()
    return plain(value)


def _shown(value: Any, mask: Mask) -> Any:
    """A secret's digest tells old from new within the action; it is not kept."""
    return "(secret)" if mask is Mask.SECRET and value is not None else value


def _attname(record: models.Model, name: str) -> str:
    return str(getattr(record._meta.get_field(name), "attname", name))
