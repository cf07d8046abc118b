"""The stream of audit entries: what is hashed of an entry, and what of it can be compared without the hash."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from base.crypto import Undecryptable, decrypt
from controls.entries import commitment
from controls.models.audit import AuditEntry, AuditValue, SealedRow
from controls.streams import Stream

# json.loads looks for spaces around with two regular expressions, half of its time for a text of this length
read = json.JSONDecoder().raw_decode
COPIES = ("ref", "at", "actor", "person_id", "action", "record_model", "record_id")


def _as_it_is(content: str) -> str:
    return content


def differing(content: str, copies: Sequence[Any]) -> list[str]:
    """The columns of an entry that do not repeat what its content says."""
    try:
        said, end = read(content)
        ref, person = said["ref"], said["person"]
        must_be = [ref, said["at"], said["actor"], person, said["action"], said["model"], str(said["record"])]
    except (ValueError, KeyError, TypeError):
        return ["content"]
    if end != len(content):
        return ["content"]
    if copies[0] != ref:  # SQLite keeps a UUID without its dashes
        must_be[0] = ref.replace("-", "")
        must_be[3] = person and person.replace("-", "")
    if _same_moment(must_be[1], copies[1]):
        must_be[1] = copies[1]
    if must_be == list(copies):
        return []
    return [name for name, is_now, said in zip(COPIES, copies, must_be, strict=True) if is_now != said]


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


def _same_moment(said: str, text: str) -> bool:
    """The databases spell a time in ways of their own; SQLite leaves out that it is in UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return datetime.fromisoformat(said) == (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (TypeError, ValueError):
        return False


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
