"""What happened, in sentences: the timeline of a record and the audit search.

An entry is as visible as the records it is about: the one it changed, the one that came of it, and, for an entry
about another entry, that one's. What lies outside the reader's sight, whatever the reason, is a bare leaf hash.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from base.errors import Invalid, NotFound, WrongState
from base.models import Mask
from controls.actions import action
from controls.actor import Actor
from controls.models.audit import AuditEntry, AuditValue, SealedRow
from controls.models.clients import ApiClient
from controls.models.people import Person
from controls.roles import job_name

DOTS = "••••••"
PAGE = 50
READ_AT_MOST = 5_000  # entries looked at for one page of a search


@dataclass(frozen=True)
class Line:
    """One field of an entry, old beside new. A masked value is dots until it is revealed with a reason."""

    field: str
    label: str
    old: Any
    new: Any
    masked: bool = False


@dataclass(frozen=True)
class Sentence:
    """One entry for its reader. Of a hidden one only `sequence` and `leaf` are said. `shredded`: its values are no
    longer kept. `leaf` is empty until the entry is sealed."""

    hidden: bool
    leaf: str
    sequence: int | None
    ref: UUID | None = None
    at: datetime | None = None
    who: str = ""
    what: str = ""
    action: str = ""
    record: str = ""
    record_model: str = ""
    record_id: str = ""
    reason: str = ""
    lines: tuple[Line, ...] = ()
    shredded: bool = False

    @property
    def masked(self) -> bool:
        return any(line.masked for line in self.lines)


@dataclass(frozen=True)
class Page:
    """Sentences, newest first; `next_before` continues (None: that was all)."""

    sentences: list[Sentence] = field(default_factory=list)
    next_before: int | None = None


def entries_for(record: models.Model, actor: Actor, *, limit: int = PAGE) -> list[Sentence]:
    """The timeline of a record, newest first. Nothing for who may not know the record."""
    if not _known(record._meta.label_lower, {str(record.pk)}, actor):
        return []
    rows = list(AuditEntry.all_unrestricted.about(record)[:limit])
    return sentences(rows, actor)


def search(
    actor: Actor,
    *,
    person: str = "",
    action: str = "",
    records: Collection[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> Page:
    """Entries by person (an id, or part of a name), action, records (ids) and time; `before` is the `next_before`
    of the page before. A filter tells something of what it finds, so what is hidden is listed, as a leaf hash, only
    where nothing but time is asked."""
    rows = AuditEntry.objects.visible_to(actor)
    rows = _by(rows, person) if person else rows
    rows = rows.filter(action=action) if action else rows
    rows = rows if records is None else rows.filter(record_id__in=records)
    rows = rows.filter(at__gte=since) if since else rows
    rows = rows.filter(at__lt=until) if until else rows
    leaves_too = not (person or action) and records is None
    found: list[AuditEntry] = []
    looked_at = 0
    while looked_at < READ_AT_MOST:
        chunk = list((rows.filter(pk__lt=before) if before else rows)[: 2 * limit])
        looked_at += len(chunk)
        seen = visible(chunk, actor)
        for entry in chunk:
            if leaves_too or entry.pk in seen:
                found.append(entry)
            before = entry.pk
            if len(found) == limit:
                return Page(sentences(found, actor), before)
        if len(chunk) < 2 * limit:
            return Page(sentences(found, actor))
    return Page(sentences(found, actor), before)


def leaf(entry: AuditEntry) -> str:
    """What anybody may know of an entry: the hash under which it is sealed, empty before that."""
    return next((leaf for _sequence, leaf in _leaves([entry]).values()), "")


def visible(entries: Iterable[AuditEntry], actor: Actor) -> set[int]:
    """Which of these entries the actor may read: keys of those all of whose records are in sight."""
    entries = list(entries)
    about = {entry.pk: _records(entry) for entry in entries}
    asked: dict[str, set[str]] = defaultdict(set)
    for label, key in {pair for pairs in about.values() for pair in pairs}:
        asked[label].add(key)
    known = {(label, key) for label, keys in asked.items() for key in _known(label, keys, actor)}
    return {pk for pk, pairs in about.items() if set(pairs) <= known}


@action("controls.reveal", sensitive=True)
def reveal(entry: AuditEntry, *, by: Actor, reason: str) -> dict[str, dict[str, Any]]:
    """The values of an entry as they were written, {field: {"old", "new"}}; that they were read, and why, is an
    entry in its turn."""
    if not reason.strip():
        raise Invalid(_("Say why you need to see this."), field="reason")
    if entry.pk not in visible([entry], by):
        raise NotFound(_("There is no such record."))
    kept = AuditValue.objects.filter(pk=entry.ref).first()
    if kept is None:
        raise WrongState(_("These values have been erased."))
    return {name: {"old": value["old"], "new": value["new"]} for name, value in kept.values.items()}


# --- sight --------------------------------------------------------------------------------------------------------


def _records(entry: AuditEntry) -> list[tuple[str, str]]:
    result = json.loads(entry.content).get("facts", {}).get("result", "") if ":" in entry.content else ""
    about = [(entry.record_model, entry.record_id)]
    return [*about, tuple(result.split(":", 1))] if result else about


def _known(label: str, keys: set[str], actor: Actor) -> set[str]:
    """Those of the records that the actor may know of. A model that does not say who may see it is the auditors'."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return keys if actor.may("controls.view_audit") else set()
    manager: Any = getattr(model, "objects", None)
    if not hasattr(manager, "visible_to"):
        return keys if actor.may("controls.view_audit") else set()
    rows = manager.visible_to(actor)
    found = rows.filter(pk__in=[key for key in keys if _is_key_of(model, key)])
    known = visible(found, actor) if model is AuditEntry else found.values_list("pk", flat=True)
    return {str(pk) for pk in known} | (keys & {""} if _whole_kind(keys, rows, actor) else set())


def _is_key_of(model: type[models.Model], key: str) -> bool:
    """A key of another kind names no record of this model, and must not hide those that others name."""
    try:
        return bool(key) and model._meta.pk.to_python(key) is not None
    except ValidationError:
        return False


def _whole_kind(keys: set[str], rows: Any, actor: Actor) -> bool:
    """An entry without a key is about a list, as an export is: who audits knows of it where they see such records."""
    return "" in keys and actor.may("controls.view_audit") and rows.exists()


# --- sentences ----------------------------------------------------------------------------------------------------


def sentences(entries: Sequence[AuditEntry], actor: Actor) -> list[Sentence]:
    """Entries for a reader, in the order given; a handful of queries however many they are."""
    seen, leaves = visible(entries, actor), _leaves(entries)
    shown = [entry for entry in entries if entry.pk in seen]
    values = {row.pk: row.values for row in AuditValue.objects.filter(pk__in=[entry.ref for entry in shown])}
    names = _names(shown, values)
    told = []
    for entry in entries:
        sequence, hashed = leaves.get(entry.pk, (None, ""))
        if entry.pk in seen:
            told.append(_told(entry, sequence, hashed, values.get(entry.ref), names))
        else:
            told.append(Sentence(True, hashed, sequence))
    return told


def _told(
    entry: AuditEntry, sequence: int | None, hashed: str, values: dict[str, Any] | None, names: dict[str, str]
) -> Sentence:
    said = json.loads(entry.content)
    kept = {} if values is None else dict(values)
    reason = kept.pop("reason", {}).get("new") or ""
    return Sentence(
        hidden=False,
        leaf=hashed,
        sequence=sequence,
        ref=entry.ref,
        at=entry.at,
        who=_who(entry, said.get("facts", {}), names),
        what=capfirst(entry.action.partition(".")[2].replace("_", " ")),
        action=entry.action,
        record=_model_name(entry.record_model),
        record_model=entry.record_model,
        record_id=entry.record_id,
        reason=reason,
        lines=tuple(_line(said, name, value, names) for name, value in sorted(kept.items())),
        shredded=values is None and bool(said["values"]),
    )


def _who(entry: AuditEntry, facts: dict[str, Any], names: dict[str, str]) -> str:
    """Who acted; a deputy for whom, and by an emergency right where it was one."""
    who = names.get(entry.actor) or str(job_name(entry.actor) or entry.actor.partition(":")[2])
    if "for" in facts:
        return _("%(who)s for %(absent)s") % {"who": who, "absent": names.get(f"person:{facts['for']}", "–")}
    return _("%(who)s (emergency right)") % {"who": who} if "emergency" in facts else who


def _line(said: dict[str, Any], name: str, value: dict[str, Any], names: dict[str, str]) -> Line:
    field = _field(said, name)
    label = capfirst(str(field.verbose_name)) if field is not None else name
    if value["mask"] == Mask.MASKED.value:
        old, new = (None if value[side] is None else DOTS for side in ("old", "new"))
        return Line(name, label, old, new, masked=True)
    return Line(name, label, _spelt(field, value["old"], names), _spelt(field, value["new"], names))


def _field(said: dict[str, Any], name: str) -> Any:
    """The field a value belongs to: of the record, or, as `model.field`, of what came of it."""
    label = str(said["facts"].get("result", "")).split(":")[0] if "." in name else said["model"]
    try:
        return apps.get_model(label)._meta.get_field(name.rpartition(".")[2])
    except (LookupError, ValueError, FieldDoesNotExist):
        return None


def _spelt(field: Any, value: Any, names: dict[str, str]) -> Any:
    if field is not None and field.is_relation and field.related_model is Person:
        return names.get(f"person:{value}", value)
    choices = dict(field.flatchoices) if field is not None and getattr(field, "choices", None) else {}
    return str(choices[value]) if isinstance(value, str) and value in choices else value


def _names(entries: Sequence[AuditEntry], values: dict[UUID, dict[str, Any]]) -> dict[str, str]:
    """By actor's label: who acted, and people whom values name."""
    asked: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        kind, _colon, key = entry.actor.partition(":")
        asked[kind].add(key)
        asked["person"].add(json.loads(entry.content).get("facts", {}).get("for", ""))
    for kept in values.values():
        asked["person"] |= {side for value in kept.values() for side in (value["old"], value["new"]) if _is_key(side)}
    people = Person.all_unrestricted.filter(pk__in=filter(_is_key, asked["person"])).values_list("pk", "name")
    clients = ApiClient.all_unrestricted.filter(pk__in=filter(_is_key, asked["client"])).values_list("pk", "name")
    return {f"person:{pk}": name for pk, name in people} | {f"client:{pk}": name for pk, name in clients}


def _is_key(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 36 and bool(UUID(value))
    except ValueError:
        return False


def _model_name(label: str) -> str:
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


def _by(rows: Any, person: str) -> QuerySet[Any]:
    if _is_key(person):
        return rows.filter(person_id=person)  # type: ignore[no-any-return]
    return rows.filter(person_id__in=Person.all_unrestricted.filter(name__icontains=person).values("pk"))  # type: ignore[no-any-return]


def _leaves(entries: Sequence[AuditEntry]) -> dict[int, tuple[int, str]]:
    rows = SealedRow.objects.filter(stream="audit", row_id__in=[entry.pk for entry in entries])
    return {
        row: (sequence, bytes(hashed).hex()) for row, sequence, hashed in rows.values_list("row_id", "sequence", "leaf")
    }
