"""What the database itself refuses, asked in raw SQL; the same on SQLite and on PostgreSQL."""

from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from base import clock
from base.errors import NotPermitted
from controls import approvals, sealing, staff, triggers
from controls.actor import Actor
from controls.checks import guards_are_in_the_database
from controls.models import (
    AuditEntry,
    AuditValue,
    Backup,
    KeyHandover,
    KeyRotation,
    PendingSeal,
    Person,
    Proposal,
    Restoration,
    SealedRow,
    Vote,
)
from tests.committed import CommittedDatabase

APPEND_ONLY = sorted(guard.model for guard in triggers.GUARDS.values() if guard.append_only)
OURS = [each for each in APPEND_ONLY if each.startswith("controls.")]


@pytest.fixture
def rows(administrator: Actor, officer: Actor, mlro: Actor, auditor: Actor, stranger: Actor) -> None:
    """At least one row in every table of evidence."""
    proposal = approvals.propose(
        by=administrator,
        name="controls.grant_role",
        record=Person.all_unrestricted.get(pk=str(stranger.person_id)),
        arguments={"role": "kyc_reviewer"},
        reason="Joins the team.",
    )
    approvals.decide(proposal, by=officer, agrees=True, reason="Confirmed.")
    sealing.seal(by=Actor.job("controls.sealer"))
    person = Person.all_unrestricted.get(pk=str(stranger.person_id))
    with pytest.raises(NotPermitted):
        staff.suspend_person(person, by=auditor, reason="Not mine to do.")
    staff.suspend_person(person, by=mlro, reason="Under investigation.")
    now = clock.now()
    Backup.objects.create(at=now, size=1, files=0, missing=0, sha256="", recipient="")
    Restoration.objects.create(state_of=now, restored_at=now, archive="", opened_at=now)
    KeyRotation.objects.create(header=b"", key_id="", finished_at=now)
    KeyHandover.objects.create(at=now, former="", key="", by_former="", by_key="")


def refused(statement: str, *arguments: Any) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, arguments)
    except IntegrityError:
        return True
    return False


def table(label: str) -> str:
    return str(apps.get_model(label)._meta.db_table)


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("label", [each for each in OURS if not triggers.GUARDS[each].set_once])
def test_a_row_of_evidence_is_not_updated(label: str) -> None:
    model = apps.get_model(label)
    column = next(field.column for field in model._meta.local_fields if not field.primary_key)
    assert model._base_manager.exists()
    assert refused(f'UPDATE {table(label)} SET "{column}" = "{column}"')


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("label", OURS)
def test_a_row_of_evidence_is_deleted_only_where_it_may_be_shredded(label: str) -> None:
    assert apps.get_model(label)._base_manager.exists()
    assert refused(f"DELETE FROM {table(label)}") == (label != "controls.AuditValue")


@pytest.mark.usefixtures("rows")
def test_of_a_checkpoint_only_its_delivery_is_noted_and_once() -> None:
    assert refused("UPDATE controls_checkpoint SET hash = 'another'")
    assert refused("UPDATE controls_checkpoint SET delivered_at = NULL")
    assert refused("UPDATE controls_checkpoint SET delivered_at = '2020-01-01 00:00:00+00:00'")


@pytest.mark.usefixtures("db")
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite knows no TRUNCATE")
@pytest.mark.parametrize("label", APPEND_ONLY)
def test_a_table_of_evidence_is_not_truncated(label: str) -> None:
    assert refused(f"TRUNCATE {table(label)} CASCADE")


@pytest.mark.usefixtures("rows")
@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL knows no REPLACE")
def test_replace_is_no_way_around_the_guards() -> None:
    columns = "id, ref, at, actor, person_id, action, record_model, record_id, content"
    assert refused(f"INSERT OR REPLACE INTO controls_auditentry ({columns}) SELECT {columns} FROM controls_auditentry")
    rows = "stream, sequence, row_id, leaf"
    assert refused(f"INSERT OR REPLACE INTO controls_sealedrow ({rows}) SELECT {rows} FROM controls_sealedrow")


@pytest.mark.usefixtures("rows")
def test_what_waits_for_the_sealer_cannot_be_taken_out_of_the_queue() -> None:
    assert PendingSeal.objects.count() == 1
    assert refused("DELETE FROM controls_pendingseal")


@pytest.mark.usefixtures("rows")
def test_every_entry_is_queued_by_the_database_and_sealed_once() -> None:
    sealing.seal(by=Actor.job("controls.sealer"))
    assert not PendingSeal.objects.exists()
    assert sorted(SealedRow.objects.values_list("row_id", flat=True)) == sorted(
        AuditEntry.all_unrestricted.values_list("pk", flat=True)
    )


@pytest.mark.usefixtures("rows")
def test_the_database_refuses_a_vote_that_names_another_maker(mlro: Actor, auditor: Actor) -> None:
    proposal = Proposal.all_unrestricted.get()
    assert mlro.person_id
    assert auditor.person_id
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.all_unrestricted.create(
            proposal=proposal,
            person_id=mlro.person_id,
            maker_id=auditor.person_id,
            permission="x",
            agrees=True,
            reason="",
        )


@pytest.fixture
def waiting(administrator: Actor, stranger: Actor) -> Proposal:
    found: Proposal = approvals.propose(
        by=administrator,
        name="controls.grant_role",
        record=Person.all_unrestricted.get(pk=str(stranger.person_id)),
        arguments={"role": "kyc_reviewer"},
        reason="Joins the team.",
    )
    return found


ANOTHER = {"quorum": "'{}'", "expires_at": "'2099-01-01 00:00:00+00:00'", "proposed_by_id": "id", "record_id": "'x'"}


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize(
    "column",
    sorted({str(f.column) for f in Proposal._meta.local_fields} - {"id", "status", "decided_at"}),
)
def test_what_was_proposed_does_not_change_afterwards(column: str) -> None:
    field = next(each for each in Proposal._meta.local_fields if each.column == column)
    kind = field.db_type(connection) or ""
    value = ANOTHER.get(column) or ("'2020-01-01 00:00:00+00:00'" if "time" in kind else "'another'")
    if kind == "bytea" or kind.upper() == "BLOB":
        value = "'\\x00'" if connection.vendor == "postgresql" else "x'00'"
    assert refused(f"UPDATE controls_proposal SET {column} = {value}")


NOW = "'2026-11-25 00:00:00+00:00'"


@pytest.mark.usefixtures("waiting")
def test_a_proposal_is_closed_once_and_stays(administrator: Actor) -> None:
    assert refused("UPDATE controls_proposal SET status = 'agreed'")
    assert refused(f"UPDATE controls_proposal SET decided_at = {NOW}")
    assert not refused(f"UPDATE controls_proposal SET status = 'declined', decided_at = {NOW}")
    assert refused("UPDATE controls_proposal SET status = 'agreed'")
    assert refused("UPDATE controls_proposal SET status = 'proposed', decided_at = NULL")
    assert refused("DELETE FROM controls_proposal")


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL knows no REPLACE")
def test_somebody_suspended_is_not_replaced_by_themselves_at_work(reviewer: Actor, mlro: Actor) -> None:
    staff.suspend_person(Person.all_unrestricted.get(pk=reviewer.id), by=mlro, reason="Under investigation.")
    columns = [str(field.column) for field in Person._meta.local_fields]
    other = ["1" if each == "is_active" else each for each in columns]
    into = f"INSERT OR REPLACE INTO controls_person ({', '.join(columns)}) SELECT {', '.join(other)}"
    assert refused(f"{into} FROM controls_person WHERE id = {key(reviewer)}")


@pytest.mark.usefixtures("waiting")
@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL knows no REPLACE")
def test_a_proposal_is_not_replaced_by_another_of_its_name() -> None:
    columns = [str(field.column) for field in Proposal._meta.local_fields]
    other = ["'{}'" if each == "quorum" else each for each in columns]
    assert refused(
        f"INSERT OR REPLACE INTO controls_proposal ({', '.join(columns)}) "
        f"SELECT {', '.join(other)} FROM controls_proposal"
    )


GRANT = "INSERT INTO controls_rolegrant (id, person_id, role, granted_at, granted_by_id, agreed_by_id, founder) "


def key(who: Actor | None) -> str:
    if who is None:
        return "NULL"
    assert who.person_id
    return f"'{who.person_id if connection.vendor == 'postgresql' else who.person_id.hex}'"


def granted(holder: Actor, role: str, by: Actor | None, agreed: Actor | None, founder: str = "NULL") -> bool:
    new = uuid4() if connection.vendor == "postgresql" else uuid4().hex
    return not refused(GRANT + f"VALUES ('{new}', {key(holder)}, '{role}', {NOW}, {key(by)}, {key(agreed)}, {founder})")


def test_the_database_refuses_a_role_that_two_others_did_not_give(
    stranger: Actor, administrator: Actor, officer: Actor
) -> None:
    assert not granted(stranger, "mlro", None, None)
    assert not granted(stranger, "mlro", administrator, None)
    assert not granted(stranger, "mlro", None, officer)
    assert not granted(stranger, "mlro", administrator, administrator)
    assert not granted(stranger, "mlro", stranger, officer)
    assert not granted(stranger, "mlro", administrator, stranger)
    assert not granted(stranger, "mlro", administrator, officer, "1")
    assert granted(stranger, "mlro", administrator, officer)


def test_the_database_knows_two_founders_with_their_roles(
    stranger: Actor, reviewer: Actor, administrator: Actor
) -> None:
    assert not granted(stranger, "mlro", None, None, "1")
    assert not granted(stranger, "compliance_officer", None, None, "1")
    assert not granted(stranger, "administrator", None, None, "3")
    assert granted(stranger, "administrator", None, None, "1")
    assert not granted(reviewer, "administrator", None, None, "1")
    assert granted(reviewer, "compliance_officer", None, None, "2")


def test_nothing_of_a_role_changes_but_that_it_is_suspended_or_ends(reviewer: Actor) -> None:
    assert refused("UPDATE controls_rolegrant SET role = 'mlro'")
    assert refused("UPDATE controls_rolegrant SET founder = 1, agreed_by_id = NULL, granted_by_id = NULL")
    assert not refused(f"UPDATE controls_rolegrant SET suspended_at = {NOW}")
    assert refused("UPDATE controls_rolegrant SET suspended_at = NULL")
    assert not refused(f"UPDATE controls_rolegrant SET ended_at = {NOW}")
    assert refused("UPDATE controls_rolegrant SET ended_at = NULL")
    assert refused("DELETE FROM controls_rolegrant")


def test_the_database_refuses_to_restore_somebody_by_less_than_two_others(
    reviewer: Actor, administrator: Actor, officer: Actor, mlro: Actor
) -> None:
    staff.suspend_person(Person.all_unrestricted.get(pk=reviewer.id), by=mlro, reason="Under investigation.")
    back = f"UPDATE controls_person SET is_active = (1 = 1), restored_at = {NOW}, restored_by_id = "
    me = f"WHERE id = {key(reviewer)}"
    assert refused(f"UPDATE controls_person SET is_active = (1 = 1) {me}")
    assert refused(f"{back} NULL, restore_agreed_by_id = NULL {me}")
    assert refused(f"{back} {key(officer)}, restore_agreed_by_id = {key(officer)} {me}")
    assert refused(f"{back} {key(administrator)}, restore_agreed_by_id = {key(reviewer)} {me}")
    assert refused(f"DELETE FROM controls_person {me}")
    assert not refused(f"{back} {key(administrator)}, restore_agreed_by_id = {key(officer)} {me}")
    staff.suspend_person(Person.all_unrestricted.get(pk=reviewer.id), by=mlro, reason="Again.")
    assert refused(f"UPDATE controls_person SET is_active = (1 = 1) {me}")


@pytest.mark.usefixtures("rows")
def test_values_may_be_shredded_and_the_entry_stays() -> None:
    AuditValue.objects.all().delete()
    assert AuditEntry.all_unrestricted.exists()


@pytest.mark.usefixtures("db")
def test_the_system_check_is_content_after_a_migrate() -> None:
    assert guards_are_in_the_database(None, databases=["default"]) == []


@pytest.mark.usefixtures("db")
def test_the_system_check_names_a_missing_an_altered_and_a_foreign_trigger() -> None:
    drop("guard_controls_auditentry_delete", "controls_auditentry")
    weaken("guard_controls_sealbatch_delete", "controls_sealbatch")
    add_foreign("helpful", "controls_attempt")
    assert triggers.differences() == [
        "guard_controls_auditentry_delete on controls_auditentry is missing",
        "guard_controls_sealbatch_delete on controls_sealbatch was altered",
        "helpful on controls_attempt is not ours",
    ]
    found = guards_are_in_the_database(None, databases=["default"])
    assert len(found) == 3
    assert "migrate" in str(found[0].hint)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite cannot switch a trigger off")
@pytest.mark.usefixtures("db")
def test_the_system_check_names_a_trigger_that_was_switched_off() -> None:
    execute("ALTER TABLE controls_attempt DISABLE TRIGGER guard_controls_attempt_update")
    assert triggers.differences() == ["guard_controls_attempt_update on controls_attempt was altered"]


@pytest.mark.usefixtures("db")
def test_installing_again_repairs_what_is_missing_or_altered() -> None:
    drop("guard_controls_auditentry_queue", "controls_auditentry")
    weaken("guard_controls_vote_maker", "controls_vote")
    triggers.install()
    assert triggers.differences() == []


def test_tables_rebuilt_by_a_migration_have_their_guards_again(committed_db: CommittedDatabase) -> None:
    """On SQLite each of these rebuilds tables that triggers elsewhere name."""
    call_command("migrate", "controls", "0003", verbosity=0)
    call_command("migrate", verbosity=0)
    assert triggers.differences() == []


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def drop(name: str, of: str) -> None:
    execute(f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else f" ON {of}"))


def weaken(name: str, of: str) -> None:
    """The same name, and nothing behind it."""
    if connection.vendor == "postgresql":
        execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
            "AS $$BEGIN RETURN COALESCE(NEW, OLD); END$$"
        )
    else:
        drop(name, of)
        execute(f"CREATE TRIGGER {name} BEFORE DELETE ON {of} BEGIN SELECT 1; END")


def add_foreign(name: str, to: str) -> None:
    if connection.vendor == "postgresql":
        execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
            f"CREATE TRIGGER {name} BEFORE INSERT ON {to} FOR EACH ROW EXECUTE FUNCTION {name}()",
        )
    else:
        execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {to} BEGIN SELECT 1; END")
