"""What somebody keeps away from: records of a person they declared a relation to (`controls.relations`).

`away` is a set of (kind, key), as an Actor holds it: `("kyc.customer", UUID)`. An app says in its `ready()` of which of
its records a kind consists: `apart.register(Kind(...))`. Nothing here asks the database while the set is empty.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q
from django.utils.translation import gettext as _

from base.errors import NotPermitted, RuleError

Away = frozenset[tuple[str, UUID]]


@dataclass(frozen=True)
class Kind:
    """Somebody a colleague may be related to. `find(company, reference)` tells the key; `permission` is of who knows
    every one of them; `of` tells of a record, by its kind, whom it is about; `records(keys)` lists (kind, key) of all
    that is about these; `let_go(person, key, by)` frees what the person is on."""

    label: str
    title: Any
    permission: str
    find: Callable[[Any, str], UUID | None]
    of: Mapping[str, Callable[[Any], Any]]
    records: Callable[[Collection[UUID]], Iterable[tuple[str, UUID]]]
    let_go: Callable[[UUID, UUID, Any], None]


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    assert kind.label not in KINDS, f"{kind.label} is registered twice"
    KINDS[kind.label] = kind


def keys(away: Away, label: str) -> list[UUID]:
    return sorted(key for kind, key in away if kind == label)


def refused(record: Any, by: Any) -> RuleError | None:
    """The same for button, API and execution, whatever the action."""
    if record is None or not concerns(record, by.away):
        return None
    return NotPermitted(_("You declared a relation to whom this is about; another must do it."), code="related")


def concerns(record: Any, away: Away) -> bool:
    """Whether the record, or the one that it points at, is about somebody in the set."""
    if not away:
        return False
    label = record._meta.label_lower
    if any(key in keys(away, kind) for kind, key in _subjects(record, label)):
        return True
    link = getattr(record, "record_model", ""), str(getattr(record, "record_id", ""))
    return link in {(named, str(key)) for named, key in hidden(away)}


def _subjects(record: Any, label: str) -> Iterable[tuple[str, Any]]:
    return [(kind.label, kind.of[label](record)) for kind in KINDS.values() if label in kind.of]


def hidden(away: Away) -> list[tuple[str, UUID]]:
    """(kind, key) of every record about these, and of the relations to them."""
    found: list[tuple[str, UUID]] = []
    relations = apps.get_model("controls.Relation").all_unrestricted
    for label in {label for label, _key in away} & set(KINDS):
        subjects = keys(away, label)
        found += KINDS[label].records(subjects)
        declared = relations.filter(model=label, subject__in=subjects).order_by()
        found += [("controls.relation", key) for key in declared.values_list("pk", flat=True)]
    return found


def without(rows: Any, away: Away, *, exact: Callable[[UUID], Any] = lambda key: key) -> Any:
    """Of rows that point at a record (`record_model`, `record_id`) those that are about nobody in the set."""
    return rows.exclude(pointing_at((label, exact(key)) for label, key in hidden(away))) if away else rows


def pointing_at(records: Iterable[tuple[str, Any]]) -> Q:
    """Rows whose `record_model` and `record_id` name one of these; none where there are none."""
    by_kind: dict[str, list[Any]] = {}
    for label, key in records:
        by_kind.setdefault(label, []).append(key)
    about = Q(pk__in=[])
    for label, found in by_kind.items():
        about |= Q(record_model=label, record_id__in=found)
    return about
