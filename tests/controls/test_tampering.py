"""Whoever has the database and takes the guards away can change evidence, but not without being found out."""

import json
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from base.models import Mask
from controls import entries, sealing, staff, triggers, witness
from controls.actor import Actor
from controls.models import AuditEntry, AuditValue, Checkpoint, LegalEntity, Person, SealedRow
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


def test_an_entry_numbered_before_the_first_is_found(chain: list[str]) -> None:
    """A number below one takes a row out of the queue without any guard being touched, and no batch holds it."""
    triggers.install()
    guard(True)
    entry = AuditEntry.all_unrestricted.get(pk=row_at(6))
    forged = AuditEntry(ref=forged_ref(), at=entry.at, actor=entry.actor, action="controls.forged", content="{}")
    forged.save()
    SealedRow.objects.create(stream="audit", sequence=-1, row_id=forged.pk, leaf=b"x" * 32)
    execute("DELETE FROM controls_pendingseal WHERE row_id = %s", forged.pk)
    code, (first, *_rest) = verify()
    assert (code, first["problem"], first["sequence"]) == (1, "numbered_row_in_no_batch", -1)


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


def test_a_rewritten_history_is_found_although_the_witness_was_told_of_it_too(chain: list[str]) -> None:
    """The witness keeps what was signed first, and, for the same batch, what was signed after the change."""
    rewrite_history()
    anew = [witness.line(point) for point in Checkpoint.objects.order_by("number")]
    for known in ([chain[-1], anew[-1]], [anew[-1], chain[-1]]):
        code, (first, *_rest) = verify(known=known)
        assert (code, first["problem"]) == (1, "history_differs_from_known_checkpoint")


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


NOWHERE = '{"type": "checkpoint", "stream": "none", "number": 1, "sequence": 1}'


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("given", ["no/such/file", "{not json", '{"type": "checkpoint"}', NOWHERE])
def test_a_checkpoint_that_cannot_be_read_is_bad_input(given: str) -> None:
    with pytest.raises(CommandError) as refused:
        verify(known=[given])
    assert refused.value.returncode == 2


# --- the same, seen from outside -------------------------------------------------------------------------------------

VERIFIER = Path(__file__).resolve().parents[2] / "verify_evidence.py"


def outside(bundle: Path, *arguments: str) -> tuple[int, list[str]]:
    """What somebody sees who has one file of Python and the bundle, and nothing of ours."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(bundle), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.fixture
def exported(chain: list[str], tmp_path: Path) -> Callable[[], Path]:
    def export() -> Path:
        path = tmp_path / "bundle.zip"
        call_command("export_audit", output=str(path), stdout=StringIO())
        return path

    return export


def test_an_outsider_finds_an_untouched_bundle_good(chain: list[str], exported: Callable[[], Path]) -> None:
    code, said = outside(exported(), "--public-key", witness.public_key(), "--known", chain[1])
    assert (code, said[-1]) == (0, "ALL FITS.")
    assert "12 checked, 12 of them readable" in said[0]


@pytest.mark.parametrize(
    "tamper", [each for each in BREAKS if each is not change_a_column], ids=lambda each: each.__name__
)
def test_an_outsider_is_told_the_first_broken_entry(tamper: Callable[[], None], exported: Callable[[], Path]) -> None:
    tamper()
    code, said = outside(exported())
    assert code == 1
    assert said[0].startswith("BROKEN")
    assert "entry 6" in said[0] or "entries 5 to 8" in said[0]


def test_an_outsider_finds_a_cut_tail_against_a_known_checkpoint_only(
    chain: list[str], exported: Callable[[], Path], tmp_path: Path
) -> None:
    cut_tail()
    kept = tmp_path / "witness.jsonl"
    kept.write_text("\n".join(chain) + "\n")
    bundle = exported()
    assert outside(bundle)[0] == 0
    code, said = outside(bundle, "--known", str(kept))
    assert code == 1
    assert "entry 9" in said[0]


def test_an_outsider_finds_a_rewritten_history_against_a_known_checkpoint_only(
    chain: list[str], exported: Callable[[], Path]
) -> None:
    rewrite_history()
    bundle = exported()
    assert outside(bundle)[0] == 0
    code, said = outside(bundle, "--known", chain[1])
    assert code == 1
    assert "entries 5 to 8" in said[0]


def test_an_outsider_finds_a_checkpoint_signed_by_another_key(exported: Callable[[], Path]) -> None:
    another = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    code, said = outside(exported(), "--public-key", another)
    assert code == 1
    assert "not signed" in said[0]


def edited(bundle: Path, member: str, change: Callable[[list[str]], list[str]]) -> Path:
    """The bundle with the lines of one member changed, as somebody would who passes it on."""
    other = bundle.with_name("edited.zip")
    with ZipFile(bundle) as before, ZipFile(other, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            after.writestr(name, "\n".join(change(text.split("\n"))) if name == member else text)
    return other


EDITS: dict[str, Callable[[list[str]], list[str]]] = {
    "changed": lambda lines: [*lines[:5], lines[5].replace("suspend_person", "restore_person"), *lines[6:]],
    "value changed": lambda lines: [*lines[:5], lines[5].replace("reason 5", "reason 55"), *lines[6:]],
    "removed": lambda lines: lines[:5] + lines[6:],
    "inserted": lambda lines: [*lines[:5], lines[5], *lines[5:]],
    "swapped": lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]],
    "tail cut": lambda lines: lines[:5],
    "leaf changed": lambda lines: [*lines[:5], '{"sequence":6,"leaf":"' + "0" * 64 + '"}', *lines[6:]],
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_outsider_finds_what_was_edited_in_the_bundle(edit: str, exported: Callable[[], Path]) -> None:
    code, said = outside(edited(exported(), "entries.jsonl", EDITS[edit]))
    assert code == 1
    assert re.search(r"entry [67]\b|entries 5 to 8", said[0])


def test_what_is_not_asked_for_or_not_to_be_seen_is_a_bare_hash(chain: list[str], tmp_path: Path) -> None:
    path = tmp_path / "part.zip"
    call_command("export_audit", since="6", until="9", output=str(path), stdout=StringIO())
    with ZipFile(path) as archive:
        lines = [json.loads(line) for line in archive.read("entries.jsonl").splitlines()]
    assert [line["sequence"] for line in lines] == list(range(5, 13))
    assert [line["sequence"] for line in lines if "content" in line] == [6, 7, 8, 9]
    assert outside(path, "--known", chain[0])[0] == 0


@pytest.mark.usefixtures("chain")
def test_a_reader_who_may_see_less_gets_bare_hashes_that_verify(make_actor: Make, tmp_path: Path) -> None:
    make_actor("dan_protection", "data_protection_officer")
    path = tmp_path / "less.zip"
    call_command("export_audit", output=str(path), reader="dan_protection", stdout=StringIO())
    code, said = outside(path)
    assert code == 0
    assert "12 checked, 0 of them readable" in said[0]


@pytest.mark.usefixtures("chain")
def test_a_masked_value_is_named_and_not_handed_out(officer: Actor, entity: LegalEntity, tmp_path: Path) -> None:
    masked = {"email": entries.Change("old@example.org", "new@example.org", Mask.MASKED)}
    guard(True)
    triggers.install()
    entries.write(ref=uuid4(), by=officer, action="tests.changed", record=entity, changed=masked)
    sealing.seal(by=SEALER)
    path = tmp_path / "masked.zip"
    call_command("export_audit", output=str(path), stdout=StringIO())
    with ZipFile(path) as archive:
        text = archive.read("entries.jsonl").decode()
    assert '"masked":["email"]' in text
    assert "example.org" not in text
    assert outside(path)[0] == 0


@pytest.mark.usefixtures("chain")
def test_that_evidence_was_handed_out_is_an_entry(exported: Callable[[], Path]) -> None:
    triggers.install()
    exported()
    entry = AuditEntry.all_unrestricted.latest("pk")
    assert (entry.action, entry.actor) == ("controls.export_audit", "job:controls.export")


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize("since", ["yesterday", "2030-01-01", "999"])
def test_a_range_that_cannot_be_read_or_is_empty_is_bad_input(since: str, tmp_path: Path) -> None:
    path = tmp_path / "none.zip"
    with pytest.raises(CommandError, match="--from") as refused:
        call_command("export_audit", since=since, output=str(path), stdout=StringIO())
    assert refused.value.returncode == 2
    assert not path.exists()


def test_what_is_no_bundle_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "no.zip"
    path.write_text("not a zip")
    assert outside(path)[0] == 2
    assert outside(tmp_path / "missing.zip")[0] == 2


# RFC 8032, section 7.1, tests 1 to 3: public key, message, signature
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        "c027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_outsiders_ed25519_agrees_with_the_standard(key: str, message: str, signature: str) -> None:
    verifies = runpy.run_path(str(VERIFIER))["ed25519_verifies"]
    bare = [bytes.fromhex(each) for each in (key, message, signature)]
    assert verifies(*bare)
    assert not verifies(bare[0], bare[1] + b"!", bare[2])
    assert not verifies(bare[0], bare[1], bytes([bare[2][0] ^ 1]) + bare[2][1:])
