"""Whoever has the database and takes the guards away can change evidence, but not without being found out."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from controls import sealing, staff, triggers, witness
from controls.actor import Actor
from controls.models import AuditEntry, AuditValue, Checkpoint, Person, SealedRow
from tests.committed import CommittedDatabase
from tests.conftest import Make

SEALER = Actor.job("controls.sealer")


@pytest.fixture
def chain(
    committed_db: CommittedDatabase, make_actor: Make, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Twelve entries in three batches, each with a checkpoint, unguarded. Returns the checkpoints as a witness has
    them."""
    monkeypatch.setattr(sealing, "BATCH_ROWS", 4)
    for n in range(12):
        person = Person.all_unrestricted.get(pk=str(make_actor(f"made_up_{n}").person_id))
        staff.suspend_person(person, by=officer, reason=f"Made-up reason {n}.")
        if n % 4 == 3:
            sealing.seal(by=SEALER)
    unguard()
    return [witness.line(point) for point in Checkpoint.objects.order_by("number")]


def unguard() -> None:
    if connection.vendor == "sqlite":
        triggers.step_aside()
        return
    for table in {trigger.table for trigger in triggers._wanted(connection).values()}:
        execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def execute(statement: str, *arguments: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)


def row_at(sequence: int) -> int:
    return int(SealedRow.objects.get(sequence=sequence).row_id)


def verify(*arguments: str, known: list[str] | None = None, **options: Any) -> tuple[int, list[dict[str, Any]]]:
    out, code = StringIO(), 0
    try:
        call_command("verify_audit", *arguments, known=known or [], stdout=out, **options)
    except SystemExit as end:
        code = int(str(end.code))
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def change_content() -> None:
    execute("UPDATE controls_auditentry SET content = REPLACE(content, 'suspend', 'restore') WHERE id = %s", row_at(6))


def change_a_column() -> None:
    execute("UPDATE controls_auditentry SET actor = 'person:somebody-else' WHERE id = %s", row_at(6))


def remove_an_entry() -> None:
    execute("DELETE FROM controls_auditentry WHERE id = %s", row_at(6))


def remove_an_entry_with_its_number() -> None:
    execute("DELETE FROM controls_auditentry WHERE id = %s", row_at(6))
    execute("DELETE FROM controls_sealedrow WHERE sequence = 6")


def swap_the_contents_of_two() -> None:
    first, second = (AuditEntry.all_unrestricted.get(pk=row_at(number)) for number in (6, 7))
    for entry, other in ((first, second), (second, first)):
        execute("UPDATE controls_auditentry SET content = %s WHERE id = %s", other.content, entry.pk)


def swap_the_places_of_two() -> None:
    first, second = row_at(6), row_at(7)
    for row, sequence in ((0, 6), (first, 7), (second, 6)):
        execute("UPDATE controls_sealedrow SET row_id = %s WHERE sequence = %s", row, sequence)


def insert_in_between() -> None:
    entry = AuditEntry.all_unrestricted.get(pk=row_at(6))
    forged = AuditEntry(ref=forged_ref(), at=entry.at, actor=entry.actor, action="controls.forged", content="{}")
    forged.save()
    execute("UPDATE controls_sealedrow SET sequence = sequence + 1000 WHERE sequence > 5")
    execute("UPDATE controls_sealedrow SET sequence = sequence - 999 WHERE sequence > 1000")
    SealedRow.objects.create(stream="audit", sequence=6, row_id=forged.pk, leaf=SealedRow.objects.get(sequence=7).leaf)


def forged_ref() -> str:
    return "00000000-0000-4000-8000-00000000f0f0"


BREAKS: dict[Callable[[], None], str] = {
    change_content: "changed",
    change_a_column: "columns_differ_from_content",
    remove_an_entry: "removed",
    remove_an_entry_with_its_number: "number_without_row",
    swap_the_contents_of_two: "changed",
    swap_the_places_of_two: "changed",
    insert_in_between: "changed",
}


def test_an_untouched_chain_is_found_good(chain: list[str]) -> None:
    code, (summary,) = verify(known=chain, values=True)
    assert (code, summary["ok"], summary["entries"], summary["known"]) == (0, True, 12, 3)


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize("tamper", BREAKS, ids=lambda each: each.__name__)
def test_the_first_broken_entry_is_named(tamper: Callable[[], None]) -> None:
    row = row_at(6)
    ref = str(AuditEntry.all_unrestricted.get(pk=row).ref)
    tamper()
    code, (first, *_rest) = verify()
    assert (code, first["problem"], first["sequence"]) == (1, BREAKS[tamper], 6)
    if tamper in (change_content, change_a_column, swap_the_contents_of_two):
        assert first["entry"] == ref
        assert first["differs"]


@pytest.mark.usefixtures("chain")
def test_what_differs_is_named() -> None:
    change_a_column()
    _code, (first, *_rest) = verify()
    assert first["differs"] == ["actor"]


@pytest.mark.usefixtures("chain")
def test_an_entry_put_in_past_the_queue_is_found() -> None:
    entry = AuditEntry.all_unrestricted.get(pk=row_at(6))
    AuditEntry(ref=forged_ref(), at=entry.at, actor=entry.actor, action="controls.forged", content="{}").save()
    execute("DELETE FROM controls_pendingseal")
    code, (first, *_rest) = verify()
    assert (code, first["problem"], first["entry"]) == (1, "inserted_behind_the_queue", forged_ref())


def test_an_entry_removed_before_it_was_sealed_is_found(chain: list[str], officer: Actor, stranger: Actor) -> None:
    triggers.install()
    guard(True)
    staff.suspend_person(Person.all_unrestricted.get(pk=str(stranger.person_id)), by=officer, reason="Late.")
    unguard()
    execute("DELETE FROM controls_auditentry WHERE id NOT IN (SELECT row_id FROM controls_sealedrow)")
    sealing.seal(by=SEALER)
    code, (first, *_rest) = verify()
    assert (code, first["problem"]) == (1, "removed_before_it_was_sealed")


def guard(on: bool) -> None:
    if connection.vendor == "postgresql":
        for table in {trigger.table for trigger in triggers._wanted(connection).values()}:
            execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER USER")


def cut_tail() -> None:
    """Everything after the second batch, our own checkpoints too."""
    rows = [row_at(sequence) for sequence in range(9, 13)]
    for row in rows:
        execute("DELETE FROM controls_auditentry WHERE id = %s", row)
    execute("DELETE FROM controls_sealedrow WHERE sequence > 8")
    execute("DELETE FROM controls_delivery")
    execute("DELETE FROM controls_checkpoint WHERE number > 2")
    execute("DELETE FROM controls_sealbatch WHERE number > 2")


def test_a_cut_tail_is_found_against_a_known_checkpoint_only(chain: list[str]) -> None:
    cut_tail()
    assert verify()[0] == 0
    code, (first, *_rest) = verify(known=chain[-1:])
    assert (code, first["problem"], first["sequence"]) == (1, "tail_cut_before_known_checkpoint", 9)


def rewrite_history() -> None:
    """Changes the sixth entry and seals everything anew, as if it had always been so."""
    execute(
        "UPDATE controls_auditentry SET content = REPLACE(content, 'suspend', 'restore'), "
        "action = REPLACE(action, 'suspend', 'restore') WHERE id = %s",
        row_at(6),
    )
    for table in ("delivery", "checkpoint", "sealedrow", "sealbatch"):
        execute(f"DELETE FROM controls_{table}")
    for entry in AuditEntry.all_unrestricted.order_by("pk"):
        execute("INSERT INTO controls_pendingseal (stream, row_id) VALUES ('audit', %s)", entry.pk)
    sealing.seal(by=SEALER)


def test_a_rewritten_history_is_found_against_a_known_checkpoint_only(chain: list[str]) -> None:
    rewrite_history()
    assert verify()[0] == 0
    code, (first, *_rest) = verify(known=chain[1:2])
    assert code == 1
    assert first["problem"] == "history_differs_from_known_checkpoint"


@pytest.mark.usefixtures("chain")
def test_a_batch_with_another_root_is_found() -> None:
    execute("UPDATE controls_sealbatch SET root = %s WHERE number = 2", "0" * 64)
    code, (first, *_rest) = verify()
    assert (code, first["problem"], first["differs"]) == (1, "batch_does_not_fit_the_chain", ["hash"])


@pytest.mark.usefixtures("chain")
def test_a_forged_checkpoint_is_found() -> None:
    execute("UPDATE controls_checkpoint SET signature = %s WHERE number = 2", "0" * 128)
    code, (first, *_rest) = verify()
    assert (code, first["problem"]) == (1, "own_checkpoint_not_signed_by_us")


@pytest.mark.usefixtures("chain")
def test_a_changed_value_is_found_and_its_field_named() -> None:
    entry = AuditEntry.all_unrestricted.get(pk=row_at(6))
    kept = AuditValue.objects.get(pk=entry.ref)
    kept.values = {**kept.values, "reason": {**kept.values["reason"], "new": "Another reason."}}
    kept.save()
    assert verify()[0] == 0
    code, (first, *_rest) = verify(values=True)
    assert (code, first["entry"], first["differs"]) == (1, str(entry.ref), ["value of reason"])


@pytest.mark.usefixtures("chain")
def test_shredded_values_are_nobodys_fault() -> None:
    AuditValue.objects.all().delete()
    assert verify(values=True)[0] == 0


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("given", ["no/such/file", "{not json", '{"type": "checkpoint", "stream": "none"}'])
def test_a_checkpoint_that_cannot_be_read_is_bad_input(given: str) -> None:
    with pytest.raises(CommandError) as refused:
        verify(known=[given])
    assert refused.value.returncode == 2
