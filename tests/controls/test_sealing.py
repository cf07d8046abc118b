"""The sealer: every row once, without gaps, chained, in an order that never contradicts commits."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from base import clock
from base.errors import NotPermitted
from controls import merkle, sealing
from controls.actor import Actor
from controls.models import AuditEntry, PendingSeal, SealBatch, SealedRow
from controls.streams import STREAMS
from controls.verification import Reach, verify
from tests.committed import CommittedDatabase

SEALER = Actor.job("controls.sealer")


def entry(content: str = "{}", age: timedelta = timedelta()) -> AuditEntry:
    return AuditEntry.all_unrestricted.create(
        ref=uuid4(), at=clock.now() - age, actor="job:made-up", action="tests.done", record_model="", content=content
    )


@pytest.mark.usefixtures("db")
def test_batches_number_rows_without_gaps_and_are_chained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH_ROWS", 3)
    rows = [entry(f'{{"n":{n}}}').pk for n in range(7)]
    (done,) = [each for each in sealing.seal(by=SEALER) if each.stream == "audit"]
    assert (done.rows, done.batches, done.sequence) == (7, 3, 7)
    first, second, third = SealBatch.objects.order_by("number")
    assert [(each.first_sequence, each.last_sequence) for each in (first, second, third)] == [(1, 3), (4, 6), (7, 7)]
    assert (first.previous_hash, second.previous_hash, third.previous_hash) == ("0" * 64, first.hash, second.hash)
    assert list(SealedRow.objects.order_by("sequence").values_list("row_id", flat=True)) == rows


@pytest.mark.usefixtures("db")
def test_a_batch_carries_the_root_of_its_leaves_and_a_hash_of_its_header() -> None:
    contents = [entry(f'{{"n":{n}}}').content for n in range(5)]
    sealing.seal(by=SEALER)
    batch = SealBatch.objects.get()
    leaves = [merkle.leaf(number, content) for number, content in enumerate(contents, 1)]
    assert batch.root == merkle.root(leaves).hex()
    assert batch.hash == sealing.batch_hash(sealing.header(batch))


@pytest.mark.usefixtures("db")
def test_sealing_again_with_nothing_new_writes_nothing() -> None:
    entry()
    sealing.seal(by=SEALER)
    sealing.seal(by=SEALER)
    assert SealBatch.objects.count() == 1


def test_only_who_may_seal_seals(officer: Actor) -> None:
    entry()
    with pytest.raises(NotPermitted):
        sealing.seal(by=officer)
    assert not SealBatch.objects.exists()


@pytest.mark.usefixtures("db")
def test_lag_is_the_age_of_the_oldest_row_that_waits() -> None:
    assert sealing.lag() is None
    entry(age=timedelta(minutes=7))
    entry()
    assert timedelta(minutes=7) <= (sealing.lag() or timedelta()) < timedelta(minutes=8)
    assert sealing.tail_count() == 2
    sealing.seal(by=SEALER)
    assert (sealing.lag(), sealing.tail_count()) == (None, 0)


def queue_again(row_id: int, stream: str = "audit") -> None:
    PendingSeal.objects.create(stream=stream, row_id=row_id)


@pytest.mark.usefixtures("db")
def test_a_row_queued_twice_is_sealed_once_and_nothing_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH_ROWS", 2)
    sealed = entry()
    sealing.seal(by=SEALER)
    queue_again(sealed.pk)
    doubled, other = entry(), entry()
    queue_again(doubled.pk)
    last = entry()
    assert problems() == ["queued_twice", "queued_twice"]
    sealing.seal(by=SEALER)
    rows = list(SealedRow.objects.order_by("sequence").values_list("row_id", flat=True))
    assert rows == [sealed.pk, doubled.pk, other.pk, last.pk]
    assert not PendingSeal.objects.exists()
    assert not problems()


@pytest.mark.usefixtures("db")
def test_what_is_queued_and_gone_is_told_and_holds_nothing_up() -> None:
    queue_again(4711)
    queue_again(1, "no_such_stream")
    waits = entry(age=timedelta(minutes=7))
    assert sealing.gone_count() == 2
    assert (sealing.lag() or timedelta()) > timedelta(minutes=6)
    sealing.seal(by=SEALER)
    assert list(SealedRow.objects.values_list("row_id", flat=True)) == [waits.pk]
    assert (sealing.gone_count(), sealing.lag()) == (2, None)
    assert problems() == ["removed_before_it_was_sealed"]


def problems() -> list[str]:
    """What is wrong with the queue; the made-up contents of these entries are another matter."""
    found = [finding.problem for finding in verify(STREAMS["audit"], Reach())]
    return [each for each in found if each != "columns_differ_from_content"]


@pytest.mark.postgres
def test_with_interleaved_writers_nothing_is_missed_and_what_was_committed_before_comes_first(
    committed_db: CommittedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("writers interleave on PostgreSQL only; set DATABASE_URL")
    monkeypatch.setattr(sealing, "BATCH_ROWS", 50)
    clock_of_test, began, committed = iter(range(10**9)), {}, {}
    lock, done = threading.Lock(), threading.Event()

    def tick() -> int:
        with lock:
            return next(clock_of_test)

    def write(writer: int) -> None:
        try:
            for _each in range(60):
                start = tick()
                with transaction.atomic():
                    row = entry().pk
                    done.wait(0.0005 * (writer % 5))
                began[row], committed[row] = start, tick()
        finally:
            connections.close_all()

    def keep_sealing() -> None:
        try:
            while not done.is_set():
                sealing.seal(by=SEALER)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    sealer = threading.Thread(target=keep_sealing)
    for each in (sealer, *writers):
        each.start()
    for each in writers:
        each.join()
    done.set()
    sealer.join()
    sealing.seal(by=SEALER)

    order = list(SealedRow.objects.order_by("sequence").values_list("row_id", flat=True))
    assert sorted(order) == sorted(committed)
    assert PendingSeal.objects.count() == 0
    latest_start = -1
    for row in order:
        assert committed[row] > latest_start, (
            "a row was numbered after one whose transaction began when it was committed"
        )
        latest_start = max(latest_start, began[row])
