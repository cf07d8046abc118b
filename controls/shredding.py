"""Values of the trail that are about somebody who is erased: they are deleted, and the chain stays whole, since entries
hold commitments to them only."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from controls.models.audit import AuditEntry, AuditValue

Rows = Sequence[tuple[str, str]]
AT_ONCE = 500


def count(rows: Rows, words: Sequence[str] = ()) -> int:
    return sum(found.count() for found in _values(rows, words))


def shred(rows: Rows, words: Sequence[str] = ()) -> None:
    """Deletes what entries about these records, and exports searched by these words, kept beside."""
    for found in list(_values(rows, words)):
        found.delete()


def _values(rows: Rows, words: Sequence[str]) -> list[QuerySet[AuditValue]]:
    keys: list[str] = [key for _label, key in rows if key]
    parts = [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
    labels = sorted({label.lower() for label, _key in rows})
    found = [
        AuditValue.objects.filter(
            ref__in=AuditEntry.all_unrestricted.filter(record_model__in=labels, record_id__in=part).values("ref")
        )
        for part in parts
    ]
    searched = [value.pk for value in _of_lists() if _tells(value.values, words)]
    return [*found, AuditValue.objects.filter(pk__in=searched)] if searched else found


def _of_lists() -> QuerySet[AuditValue]:
    """What somebody typed to narrow a list that left as a file, or that an examiner looked at, and why they took it,
    may hold a name."""
    lists = AuditEntry.all_unrestricted.filter(record_id="", action__in=("controls.export", "controls.examine"))
    refs = lists.values("ref")
    return AuditValue.objects.filter(ref__in=refs)


def _tells(values: dict[str, Any], words: Sequence[str]) -> bool:
    said = " ".join(str(value["new"] or "") for value in values.values()).casefold()
    return any(len(word) > 2 and word.casefold() in said for word in words)
