"""The records that tasks and notices are about, as one reader may see them: a query for each kind of record."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin

from controls.actor import Actor


def with_subjects(rows: Iterable[Any], actor: Actor) -> list[Any]:
    """Each with `.subject` and `.subject_link`: the record, where this reader may see it at this moment; else None."""
    rows = list(rows)
    wanted: dict[str, set[Any]] = {}
    for row in rows:
        if row.record_model:
            wanted.setdefault(row.record_model, set()).add(row.record_id)
    known: dict[tuple[str, Any], Any] = {}
    for model, found in admin.site._registry.items():
        if keys := wanted.get(model._meta.label_lower):
            for record in model.objects.visible_to(actor).filter(pk__in=keys):  # type: ignore[attr-defined]
                known[model._meta.label_lower, record.pk] = found, record
    for row in rows:
        admin_class, record = known.get((row.record_model, row.record_id), (None, None))
        row.subject = record
        row.subject_link = admin_class.link("change", admin_class.key(record)) if admin_class else ""
    return rows
