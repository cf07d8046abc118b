"""The sealer: numbers queued rows of every stream without gaps into Merkle batches that are chained by hash.

A row is queued by a trigger in the transaction that inserts it, under a number given while that transaction runs.
The sealer, one at a time, takes the lowest numbers that are visible: what was committed before another transaction
began has the lower number and is visible whenever the other is, so its sequence is lower too. A watermark on row ids
would miss what commits late.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import structlog
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from base import clock
from base.canonical import canonical
from base.errors import NotPermitted
from base.locks import only_one
from controls import merkle, streams, triggers, witness
from controls.actor import Actor
from controls.audit import AUDIT
from controls.models.audit import PendingSeal, SealBatch, SealedRow
from controls.streams import STREAMS, Stream

log = structlog.get_logger(__name__)
BATCH_ROWS = 5_000
READ_ROWS = 50_000
GONE_AT_MOST = 1_000
NOTHING_BEFORE = "0" * 64
QUEUE = PendingSeal._meta.db_table
ROWS = SealedRow._meta.db_table


@dataclass(frozen=True)
class Sealed:
    """What one run did for a stream, and how far the stream has come; `hash` is that of its last batch."""

    stream: str
    rows: int
    batches: int
    number: int
    sequence: int
    hash: str


def seal(*, by: Actor, checkpoint_at_most_every: timedelta = timedelta()) -> list[Sealed]:
    """Seals what is queued now, stream by stream; signs a checkpoint for
    each stream that went on, and hands it to the witnesses."""
    if not by.may("controls.seal"):
        raise NotPermitted(_("Your role does not allow this."))
    done = [_stream(stream) for stream in STREAMS.values()]
    for stream in STREAMS:
        witness.make(stream, at_most_every=checkpoint_at_most_every)
    witness.deliver()
    return done


def tail_count() -> int:
    """How many rows no batch holds yet."""
    return PendingSeal.objects.count()


def lag() -> timedelta | None:
    """The age of the oldest row that no batch holds yet; None when everything is sealed."""
    oldest: list[datetime] = []
    for stream in STREAMS.values():
        waiting = [row_id for _queued_id, row_id, *_columns in _queued(stream, 1)]
        oldest += stream.model_class._base_manager.filter(pk__in=waiting).values_list(stream.time, flat=True)
    return clock.now() - min(oldest) if oldest else None


def gone_count() -> int:
    """How many numbers at the head of the queue name no row: it was taken before it was sealed, or never was. What
    is there gets sealed and leaves; what is gone stays in front."""
    queued: dict[str, set[int]] = defaultdict(set)
    for stream, row_id in PendingSeal.objects.order_by("pk").values_list("stream", "row_id")[:GONE_AT_MOST]:
        queued[stream].add(row_id)
    there = sum(
        STREAMS[stream].model_class._base_manager.filter(pk__in=ids).count()
        for stream, ids in queued.items()
        if stream in STREAMS
    )
    return sum(len(ids) for ids in queued.values()) - there


def header(batch: SealBatch) -> dict[str, Any]:
    """What a batch says of itself; its hash is over these words."""
    return {
        "v": 1,
        "stream": batch.stream,
        "number": batch.number,
        "first": batch.first_sequence,
        "last": batch.last_sequence,
        "sealed_at": batch.sealed_at,
        "previous": batch.previous_hash,
        "root": batch.root,
    }


def batch_hash(said: dict[str, Any]) -> str:
    return hashlib.sha256(merkle.BATCH + canonical(said).encode()).hexdigest()


def declare() -> None:
    """The tables of controls that the database itself guards; called when the app is ready."""
    streams.register(AUDIT)
    triggers.append_only("controls.AuditValue", may_delete=True)
    triggers.append_only("controls.PendingSeal", may_delete=True)
    triggers.append_only("controls.SealBatch")
    triggers.append_only("controls.SealedRow")
    triggers.append_only("controls.Checkpoint", set_once=("delivered_at",))
    triggers.append_only("controls.Delivery")
    triggers.append_only("controls.Attempt")
    triggers.append_only("controls.Vote")
    triggers.append_only("controls.PolicyVersion")
    triggers.append_only("controls.Proposal", set_once=("decided_at",), closing="status")
    triggers.append_only("controls.RoleGrant", set_once=("suspended_at", "ended_at"))
    triggers.append_only("controls.Backup")
    triggers.append_only("controls.Restoration", set_once=("opened_at",))
    triggers.append_only("controls.KeyRotation", set_once=("finished_at",))
    triggers.append_only("controls.KeyHandover")
    triggers.fixed("controls.Person", "created_by_id")
    triggers.add(triggers.leaving_the_queue())
    triggers.add(triggers.voting())
    triggers.add(triggers.restoring())


# --- one batch ----------------------------------------------------------------------------------------------------


def _stream(stream: Stream) -> Sealed:
    rows = batches = 0
    while True:
        taken, made, last = _look(stream)
        rows, batches = rows + taken, batches + made
        if taken < READ_ROWS:
            break
    if last is None:
        return Sealed(stream.name, rows, batches, 0, 0, NOTHING_BEFORE)
    return Sealed(stream.name, rows, batches, last.number, last.last_sequence, last.hash)


def _look(stream: Stream) -> tuple[int, int, SealBatch | None]:
    """A row that is queued twice, which no trigger of ours does, is refused a second number by the table of numbers.
    Only then is it looked for: every look would pay for it otherwise."""
    try:
        return _batches(stream)
    except IntegrityError:
        return _batches(stream, once=True)


def _batches(stream: Stream, *, once: bool = False) -> tuple[int, int, SealBatch | None]:
    """One look into the queue becomes batches in its order: how many rows, how many batches, and the last one. A
    look walks over whatever earlier looks have deleted and no vacuum has cleared, so a long queue is worth few."""
    with transaction.atomic():
        only_one(f"seal:{stream.name}")
        last = SealBatch.objects.filter(stream=stream.name).order_by("-number").first()
        queued, made = _queued(stream), 0
        taken = _without_doubles(stream, queued) if once else queued
        for start in range(0, len(taken), BATCH_ROWS):
            first = last.last_sequence + 1 if last else 1
            rows = [
                (first + index, row_id, merkle.leaf(first + index, stream.content(*columns)))
                for index, (_queued_id, row_id, *columns) in enumerate(taken[start : start + BATCH_ROWS])
            ]
            last, made = _next(stream, last, rows), made + 1
            _number(stream, rows)
        if queued:
            _unqueue([queued_id for queued_id, *_rest in queued])
        return len(taken), made, last


def _without_doubles(stream: Stream, queued: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Each row at its first place, and none that has its number already."""
    rows = {row[1]: row for row in reversed(queued)}
    asked = list(rows)
    for start in range(0, len(asked), BATCH_ROWS):
        numbered = SealedRow.objects.filter(stream=stream.name, row_id__in=asked[start : start + BATCH_ROWS])
        for row_id in numbered.values_list("row_id", flat=True):
            del rows[row_id]
    log.warning("rows_queued_twice", stream=stream.name, count=len(queued) - len(rows))
    return sorted(rows.values(), key=itemgetter(0))


def _queued(stream: Stream, at_most: int = READ_ROWS) -> list[tuple[Any, ...]]:
    """The lowest that are visible. A queued row that is gone from its table stays queued: verify_audit names it.

    Both spellings walk the queue in its order and look rows up by key, so that a batch costs the same however long
    the table is; a join left to the planner reads all of it."""
    key, columns = stream.model_class._meta.pk.column, stream.selected(*stream.columns)
    rows = f'CROSS JOIN "{stream.table}" m WHERE m."{key}" = q.row_id AND'
    if connection.vendor == "postgresql":
        wanted = ", ".join(f't."{name}"' for name in stream.columns)
        one = f'SELECT {wanted} FROM "{stream.table}" t WHERE t."{key}" = q.row_id OFFSET 0'
        rows = f"CROSS JOIN LATERAL ({one}) m WHERE"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT q.id, q.row_id{columns} FROM {QUEUE} q {rows} q.stream = %s ORDER BY q.id LIMIT %s",
            [stream.name, at_most],
        )
        return list(cursor.fetchall())


def _next(stream: Stream, last: SealBatch | None, rows: Sequence[tuple[int, int, bytes]]) -> SealBatch:
    batch = SealBatch(
        stream=stream.name,
        number=last.number + 1 if last else 1,
        first_sequence=rows[0][0],
        last_sequence=rows[-1][0],
        sealed_at=clock.now(),
        previous_hash=last.hash if last else NOTHING_BEFORE,
        root=merkle.root([leaf for _sequence, _row_id, leaf in rows]).hex(),
    )
    batch.hash = batch_hash(header(batch))
    batch.save(force_insert=True)
    return batch


def _number(stream: Stream, rows: Sequence[tuple[int, int, bytes]]) -> None:
    columns = "(stream, sequence, row_id, leaf)"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # one text for COPY costs half of what a call a row does; "\\x" is how COPY spells bytes
            text = "".join(f"{stream.name}\t{number}\t{row}\t\\\\x{leaf.hex()}\n" for number, row, leaf in rows)
            with connection.wrap_database_errors, cursor.copy(f"COPY {ROWS} {columns} FROM STDIN") as copy:
                copy.write(text)
            return
        cursor.executemany(
            f"INSERT INTO {ROWS} {columns} VALUES (%s, %s, %s, %s)", [(stream.name, *row) for row in rows]
        )


def _unqueue(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # with both of one type the list is hashed, with the range an index serves, whatever is known of the queue
            within = "id BETWEEN %s AND %s AND id = ANY(%s::bigint[])"
            cursor.execute(f"DELETE FROM {QUEUE} WHERE {within}", [ids[0], ids[-1], ids])
        else:
            cursor.execute(f"DELETE FROM {QUEUE} WHERE id IN (SELECT value FROM json_each(%s))", [str(ids)])
