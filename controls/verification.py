"""Checks evidence against itself, against our signatures, and against checkpoints that a witness kept.

Batches are read in slices, so that memory stays bounded however long the chain is. What is found comes in the order
of the chain, so that the first finding names the first entry that is broken.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from base.canonical import plain
from controls import merkle, sealing, witness
from controls.models.audit import Checkpoint, PendingSeal, SealBatch, SealedRow
from controls.streams import Stream

SLICE_ROWS = 20_000
AT_MOST = 100
ROWS = SealedRow._meta.db_table
QUEUE = PendingSeal._meta.db_table
BATCHES = SealBatch._meta.db_table


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where: `sequence` in the stream, `entry` by its reference where it has one."""

    problem: str
    differs: list[str] = field(default_factory=list)
    batch: int | None = None
    sequence: int | None = None
    entry: str | None = None
    row: int | None = None


@dataclass
class Reach:
    """How far a verification came."""

    batches: int = 0
    rows: int = 0
    hash: str = sealing.NOTHING_BEFORE
    waiting: int = 0


def verify(
    stream: Stream, reach: Reach, known: Sequence[dict[str, Any]] = (), *, values: bool = False
) -> Iterator[Finding]:
    """Findings of a stream; `reach` tells afterwards how much was checked."""
    points = _points(stream, known)
    for batches in _slices(stream):
        for batch in batches:
            yield from _chained(batch, reach)
            for point in points.pop(batch.number, ()):
                yield from _agrees(point, batch)
            reach.batches, reach.rows, reach.hash = batch.number, batch.last_sequence, batch.hash
        yield from _rows(stream, batches, values)
    yield from _beyond(stream, reach, [point for left in points.values() for point in left])
    yield from _outside(stream, reach)


def _points(stream: Stream, known: Sequence[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Our own checkpoints and those that were kept elsewhere, by the batch they speak of. All of them count: whoever
    rewrites history signs it anew, and a witness then holds both what was and what is."""
    own = [
        {**plain(witness.statement(point)), "signature": point.signature, "key": point.key, "whose": "own"}
        for point in Checkpoint.objects.filter(stream=stream.name)
    ]
    theirs = [{**point, "whose": "known"} for point in known if point.get("stream") == stream.name]
    points: dict[int, list[dict[str, Any]]] = {}
    for point in theirs + own:
        points.setdefault(point["number"], []).append(point)
    return points


def _slices(stream: Stream) -> Iterator[list[SealBatch]]:
    """Batches in order, as many at once as make a slice of rows."""
    gathered: list[SealBatch] = []
    rows = 0
    for batch in SealBatch.objects.filter(stream=stream.name).order_by("number").iterator(chunk_size=1_000):
        gathered.append(batch)
        rows += batch.last_sequence - batch.first_sequence + 1
        if rows >= SLICE_ROWS:
            yield gathered
            gathered, rows = [], 0
    if gathered:
        yield gathered


# --- batches ------------------------------------------------------------------------------------------------------


def _chained(batch: SealBatch, before: Reach) -> Iterator[Finding]:
    """A batch follows the one before it and is what its hash says."""
    expected = {
        "number": (batch.number, before.batches + 1),
        "first_sequence": (batch.first_sequence, before.rows + 1),
        "previous_hash": (batch.previous_hash, before.hash),
        "hash": (batch.hash, sealing.batch_hash(sealing.header(batch))),
    }
    differs = [name for name, (is_now, must_be) in expected.items() if is_now != must_be]
    if differs:
        yield Finding("batch_does_not_fit_the_chain", differs, batch=batch.number, sequence=before.rows + 1)


def _agrees(point: dict[str, Any], batch: SealBatch) -> Iterator[Finding]:
    said = {"hash": batch.hash, "sequence": batch.last_sequence}
    differs = [name for name, value in said.items() if point.get(name) != value]
    if differs:
        yield Finding(
            f"history_differs_from_{point['whose']}_checkpoint",
            differs,
            batch=batch.number,
            sequence=batch.first_sequence,
        )
    if not witness.signed(point):
        yield Finding(f"{point['whose']}_checkpoint_not_signed_by_us", ["signature"], batch=batch.number)


def _beyond(stream: Stream, reach: Reach, points: Iterable[dict[str, Any]]) -> Iterator[Finding]:
    """Checkpoints and numbered rows past the end of the chain, or before its beginning: what no batch holds."""
    for point in points:
        if not witness.signed(point):
            yield Finding(f"{point['whose']}_checkpoint_not_signed_by_us", ["signature"], batch=point["number"])
        else:
            yield Finding(
                f"tail_cut_before_{point['whose']}_checkpoint",
                [f"checkpoint at sequence {point['sequence']}, chain ends at {reach.rows}"],
                batch=point["number"],
                sequence=reach.rows + 1,
            )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT MIN(sequence) FROM {ROWS} WHERE stream = %s AND (sequence < 1 OR sequence > "
            f"COALESCE((SELECT MAX(last_sequence) FROM {BATCHES} WHERE stream = %s), 0))",
            [stream.name, stream.name],
        )
        (sequence,) = cursor.fetchone()
    if sequence is not None:
        yield Finding("numbered_row_in_no_batch", sequence=sequence)


# --- rows ---------------------------------------------------------------------------------------------------------

Row = tuple[Any, ...]  # sequence, row id, leaf as stored, the key again (None: the row is gone), columns, copies


def _rows(stream: Stream, batches: list[SealBatch], values: bool) -> Iterator[Finding]:
    first, last = batches[0].first_sequence, batches[-1].last_sequence
    rows = {row[0]: row for row in _read(stream, first, last)}
    spoilt = dict(stream.differing_values(first, last)) if values else {}
    for batch in batches:
        leaves, broken = [], False
        for sequence in range(batch.first_sequence, batch.last_sequence + 1):
            leaf, problem, differs = _row(stream, sequence, rows.get(sequence))
            leaves.append(leaf)
            broken = broken or bool(problem)
            if not problem and sequence in spoilt:
                problem, differs = "values_differ_from_commitments", spoilt[sequence]
            if problem:
                yield _named(stream, rows.get(sequence), problem, differs, batch.number, sequence)
        if not broken and merkle.root(leaves).hex() != batch.root:
            yield Finding("rows_do_not_give_the_root_of_their_batch", ["root"], batch.number, batch.first_sequence)


def _read(stream: Stream, first: int, last: int) -> list[Row]:
    key = stream.model_class._meta.pk.column
    columns = stream.selected(*stream.columns) + stream.as_text(*stream.copies)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT s.sequence, s.row_id, s.leaf, m."{key}"{columns} FROM {ROWS} s '
            f'LEFT JOIN "{stream.table}" m ON m."{key}" = s.row_id '
            "WHERE s.stream = %s AND s.sequence BETWEEN %s AND %s",
            [stream.name, first, last],
        )
        return list(cursor.fetchall())


def _row(stream: Stream, sequence: int, row: Row | None) -> tuple[bytes, str, list[str]]:
    """The leaf that the row gives now, and what is wrong with it, if anything."""
    if row is None:
        return b"", "number_without_row", []
    stored, width = bytes(row[2]), 4 + len(stream.columns)
    if row[3] is None:
        return stored, "removed", ["the whole row"]
    content = stream.content(*row[4:width])
    leaf = merkle.leaf(sequence, content)
    differs = stream.differing(content, row[width:])
    if leaf != stored:
        return leaf, "changed", sorted({*differs, "content"})
    return leaf, "columns_differ_from_content" if differs else "", differs


def _named(stream: Stream, row: Row | None, problem: str, differs: list[str], batch: int, sequence: int) -> Finding:
    if row is None:
        return Finding(problem, differs, batch, sequence)
    names = stream.model_class._base_manager.filter(pk=row[1]).values_list(stream.reference, flat=True)
    return Finding(problem, differs, batch, sequence, entry=str(names[0]) if names else None, row=row[1])


def _outside(stream: Stream, reach: Reach) -> Iterator[Finding]:
    """Rows that are neither sealed nor queued were put in behind our back; queued ones that are gone were taken; no
    trigger of ours queues a row twice."""
    key = stream.model_class._meta.pk.column
    queued = f'SELECT 1 FROM {QUEUE} q WHERE q.stream = %s AND q.row_id = m."{key}"'
    sealed = f'SELECT 1 FROM {ROWS} s WHERE s.stream = %s AND s.row_id = m."{key}"'
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT m."{key}", m."{stream.reference}" FROM "{stream.table}" m '
            f"WHERE NOT EXISTS ({sealed}) AND NOT EXISTS ({queued}) ORDER BY 1 LIMIT %s",
            [stream.name, stream.name, AT_MOST],
        )
        inserted = cursor.fetchall()
        cursor.execute(
            f'SELECT q.row_id FROM {QUEUE} q LEFT JOIN "{stream.table}" m ON m."{key}" = q.row_id '
            f'WHERE q.stream = %s AND m."{key}" IS NULL ORDER BY q.id LIMIT %s',
            [stream.name, AT_MOST],
        )
        removed = cursor.fetchall()
        cursor.execute(
            f"SELECT q.row_id FROM {QUEUE} q WHERE q.stream = %s GROUP BY q.row_id HAVING COUNT(*) > 1 OR EXISTS "
            f"(SELECT 1 FROM {ROWS} s WHERE s.stream = %s AND s.row_id = q.row_id) ORDER BY 1 LIMIT %s",
            [stream.name, stream.name, AT_MOST],
        )
        twice = cursor.fetchall()
    reach.waiting = PendingSeal.objects.filter(stream=stream.name).count()
    for row, reference in inserted:
        yield Finding("inserted_behind_the_queue", ["the whole row"], entry=_spelt(reference), row=row)
    for (row,) in removed:
        yield Finding("removed_before_it_was_sealed", ["the whole row"], row=row)
    for (row,) in twice:
        yield Finding("queued_twice", ["the queue"], row=row)


def _spelt(reference: Any) -> str:
    """SQLite keeps a UUID without its dashes."""
    text = str(reference)
    return str(UUID(text)) if len(text) == 32 else text
