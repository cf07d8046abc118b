"""The stream of audit entries: what is hashed of an entry, and what of it can be compared without the hash."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from base.crypto import Undecryptable, decrypt
from controls.entries import commitment
from controls.models.audit import AuditEntry, AuditValue, SealedRow
from controls.streams import Stream

COPIES = ("ref", "at", "actor", "person_id", "action", "record_model", "record_id")


def _as_it_is(content: str) -> str:
    return content


def differing(content: str, copies: Sequence[Any]) -> list[str]:
    """The columns of an entry that do not repeat what its content says."""
    try:
        said = json.loads(content)
        words = (said["ref"], said["at"], said["actor"], said["person"], said["action"], said["model"], said["record"])
    except (ValueError, KeyError, TypeError):
        return ["content"]
    ref, at, actor, person, action, model, record = words
    columns = (_hex(copies[0]), _moment(copies[1]), copies[2], _hex(copies[3]), *copies[4:])
    must_be = (_hex(ref), at, actor, _hex(person), action, model, str(record))
    if columns == must_be:
        return []
    return [name for name, is_now, said in zip(COPIES, columns, must_be, strict=True) if is_now != said]


def differing_values(first: int, last: int) -> Iterator[tuple[int, list[str]]]:
    """Of the entries numbered from first to last: where a value that is still kept is not the one committed to.
    Values that were shredded are nobody's fault."""
    entry, value, sealed = (model._meta.db_table for model in (AuditEntry, AuditValue, SealedRow))
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT s.sequence, e.content, v.ref, v."values" FROM {sealed} s JOIN {entry} e ON e.id = s.row_id '
            f"JOIN {value} v ON v.ref = e.ref WHERE s.stream = 'audit' AND s.sequence BETWEEN %s AND %s "
            "ORDER BY s.sequence",
            [first, last],
        )
        rows = cursor.fetchall()
    for sequence, content, ref, sealed_values in rows:
        if found := _differing_values(content, ref, bytes(sealed_values)):
            yield sequence, found


def _differing_values(content: str, ref: Any, sealed_values: bytes) -> list[str]:
    place = f"{AuditValue._meta.db_table}.values.{ref if isinstance(ref, UUID) else UUID(ref)}"
    try:
        committed = json.loads(content)["values"]
        kept = json.loads(decrypt(sealed_values, place))
    except (Undecryptable, ValueError, KeyError):
        return ["values cannot be read"]
    return [
        f"value of {name}"
        for name in sorted(committed.keys() | kept.keys())
        if name not in kept
        or committed.get(name) != commitment(kept[name]["salt"], kept[name]["old"], kept[name]["new"])
    ]


def _hex(key: Any) -> str | None:
    """A UUID as one of three spellings: as Python has it, with dashes, without."""
    if key is None:
        return None
    return key.hex if isinstance(key, UUID) else key.replace("-", "")


def _moment(at: Any) -> str:
    """A time as PostgreSQL hands it out, or SQLite's text in UTC."""
    return at.replace(" ", "T") + "+00:00" if isinstance(at, str) else at.isoformat()


AUDIT = Stream(
    "audit",
    "controls.AuditEntry",
    ("content",),
    _as_it_is,
    copies=COPIES,
    differing=differing,
    differing_values=differing_values,
    reference="ref",
)
