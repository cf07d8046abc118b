"""Bundles of evidence for somebody outside: a zip of JSON lines that verify_evidence.py checks without the product.

A bundle holds whole batches, so that their roots can be computed again: what was not asked for, or is outside the
reader's sight, is in it as a bare leaf hash. All headers of batches are in it from the first on, so that a
checkpoint from any time can be laid on the chain. Values are in it as the reader may see them: a masked one is named
and left out, a shredded one is gone.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from base import clock
from base.canonical import canonical
from base.errors import Invalid, NotPermitted
from base.models import Mask
from controls import entries, sealing, timeline, witness
from controls.actor import Actor
from controls.models.audit import AuditEntry, AuditValue, Checkpoint, SealBatch, SealedRow
from controls.models.keeping import KeyHandover

STREAM = "audit"
ROWS_AT_ONCE = 5_000
CHECKPOINTS_AT_MOST = 200

README = """A bundle of evidence. verify_evidence.py, one file of Python, checks it without the product:

    python3 verify_evidence.py THIS_FILE.zip --public-key HEX --known CHECKPOINT

manifest.json     what was asked for, by whom it was read, which entries are in it
entries.jsonl     an entry a line: number, leaf hash, and where the reader may see it its content and its values;
                  "masked" names values that are kept and not handed out, "shredded" says they no longer exist
batches.jsonl     the chain: a header a batch, from the first to the newest
checkpoints.jsonl signed statements of how far the chain had come
handovers.jsonl   keys for checkpoints that took over from another, signed by both

What is proven and what is not is written in docs/evidence.md of the product.
"""


@dataclass(frozen=True)
class Asked:
    """A range of sequences, both ends included."""

    first: int
    last: int


def write(path: Path, *, by: Actor, since: str = "", until: str = "") -> dict[str, Any]:
    """Writes the bundle of what was sealed between two dates, moments or sequences, both included; says what it
    holds. That it was handed out is an entry in its turn."""
    if not by.may("controls.view_audit"):
        raise NotPermitted(_("Your role does not allow this."))
    asked = _asked(since, until)
    batches = SealBatch.objects.filter(stream=STREAM)
    held = batches.filter(last_sequence__gte=asked.first, first_sequence__lte=asked.last).aggregate(
        first=Min("first_sequence"), last=Max("last_sequence"), batch=Max("pk")
    )
    whole = Asked(held["first"], held["last"])
    counts: Counter[str] = Counter()
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("README.txt", README)
        with archive.open("entries.jsonl", "w", force_zip64=True) as file:
            for line in _entries(whole, asked, by, counts):
                file.write(line.encode() + b"\n")
        with archive.open("batches.jsonl", "w", force_zip64=True) as file:
            for batch in batches.order_by("number").iterator():
                file.write(canonical({**sealing.header(batch), "hash": batch.hash}).encode() + b"\n")
                counts["batches"] += 1
        points = Checkpoint.objects.filter(stream=STREAM).order_by("-number")[:CHECKPOINTS_AT_MOST]
        archive.writestr("checkpoints.jsonl", "".join(witness.line(point) + "\n" for point in points))
        handed = KeyHandover.objects.order_by("id")
        archive.writestr("handovers.jsonl", "".join(witness.handover_line(point) + "\n" for point in handed))
        manifest = _manifest(asked, whole, by, counts)
        archive.writestr("manifest.json", canonical(manifest))
    _note(by, batches.get(pk=held["batch"]), asked)
    return manifest


def _manifest(asked: Asked, whole: Asked, by: Actor, counts: Counter[str]) -> dict[str, Any]:
    return {
        "format": "evidence-bundle",
        "version": 1,
        "stream": STREAM,
        "asked_first": asked.first,
        "asked_last": asked.last,
        "first_sequence": whole.first,
        "last_sequence": whole.last,
        "exported_at": clock.now(),
        "reader": by.label,
        "public_key": witness.public_key(),
        "not_sealed_yet": sealing.tail_count(),
        **{
            name: counts[name]
            for name in ("entries", "bare_leaves", "masked_values", "shredded_entries", "missing_entries", "batches")
        },
    }


def _note(by: Actor, batch: SealBatch, asked: Asked) -> None:
    with transaction.atomic():
        facts = {"first": asked.first, "last": asked.last}
        entries.write(ref=uuid4(), by=by, action="controls.export_audit", record=batch, changed={}, facts=facts)


# --- the range ----------------------------------------------------------------------------------------------------


def _asked(since: str, until: str) -> Asked:
    sealed = SealedRow.objects.filter(stream=STREAM)
    start, end = _bound(since, "from"), _bound(until, "to")
    rows = sealed
    if isinstance(start, int):
        rows = rows.filter(sequence__gte=start)
    if isinstance(end, int):
        rows = rows.filter(sequence__lte=end)
    made = AuditEntry.all_unrestricted.all()
    if isinstance(start, datetime):
        made = made.filter(at__gte=start)
    if isinstance(end, datetime):
        made = made.filter(at__lte=end)
    if isinstance(start, datetime) or isinstance(end, datetime):
        rows = rows.filter(row_id__in=made.values("pk"))
    found = rows.aggregate(first=Min("sequence"), last=Max("sequence"))
    if found["first"] is None:
        raise Invalid(_("Nothing was sealed in this range."), field="from")
    return Asked(found["first"], found["last"])


def _bound(text: str, name: str) -> int | datetime | None:
    """A sequence (123), a date (2026-11-30, the whole day in UTC) or a moment (2026-11-30T12:00:00+00:00)."""
    if not text:
        return None
    if text.isdecimal():
        return int(text)
    try:
        if len(text) == 10:
            day = datetime.combine(date.fromisoformat(text), time(), ZoneInfo("UTC"))
            return day if name == "from" else day + timedelta(days=1, microseconds=-1)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(_("A date, a moment or a number is needed."), field=name) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("UTC"))


# --- lines --------------------------------------------------------------------------------------------------------


def _entries(whole: Asked, asked: Asked, by: Actor, counts: Counter[str]) -> Iterator[str]:
    for start in range(whole.first, whole.last + 1, ROWS_AT_ONCE):
        end = min(start + ROWS_AT_ONCE - 1, whole.last)
        sealed = SealedRow.objects.filter(stream=STREAM, sequence__range=(start, end)).order_by("sequence")
        rows = list(sealed.values_list("sequence", "row_id", "leaf"))
        wanted = [row_id for sequence, row_id, _leaf in rows if asked.first <= sequence <= asked.last]
        there = set(AuditEntry.all_unrestricted.filter(pk__in=wanted).values_list("pk", flat=True))
        found = {entry.pk: entry for entry in AuditEntry.objects.visible_to(by).filter(pk__in=wanted)}
        seen = timeline.visible(found.values(), by)
        refs = [found[pk].ref for pk in seen]
        values = {row.pk: row.values for row in AuditValue.objects.filter(pk__in=refs)}
        for sequence, row_id, leaf in rows:
            said: dict[str, Any] = {"sequence": sequence, "leaf": bytes(leaf).hex()}
            if row_id in seen:
                said |= _readable(found[row_id], values, counts)
                counts["entries"] += 1
            elif asked.first <= sequence <= asked.last and row_id not in there:
                said["missing"] = True  # its number and hash are left, the entry is not: the verifier says so
                counts["missing_entries"] += 1
            else:
                counts["bare_leaves"] += 1
            yield json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def _readable(entry: AuditEntry, values: dict[UUID, dict[str, Any]], counts: Counter[str]) -> dict[str, Any]:
    kept = values.get(entry.ref)
    if kept is None:
        counts["shredded_entries"] += 1
        return {"content": entry.content, "shredded": True}
    masked = sorted(name for name, value in kept.items() if value["mask"] == Mask.MASKED.value)
    counts["masked_values"] += len(masked)
    shown = {
        name: {"salt": value["salt"], "old": value["old"], "new": value["new"]}
        for name, value in kept.items()
        if name not in masked
    }
    return {"content": entry.content, "values": shown, **({"masked": masked} if masked else {})}
