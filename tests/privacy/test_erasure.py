"""After an erasure nothing of the person is left but the certificate; who is held is untouched; killed: the same."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from base import clock
from base.errors import RuleError
from base.fields import EncryptedTextField, Sealed
from controls import relations, sealing
from controls.actor import Actor
from controls.models import AuditEntry, AuditValue, LegalEntity, Relation
from kyc import actions as kyc
from kyc.models import Application, Customer, Decision, Document, Picture
from privacy import actions, keepings, sweeping
from privacy.models import Certificate, Subject
from tests.committed import CommittedDatabase
from tests.kyc import making as kyc_making
from tests.privacy import making

FAR = date(2099, 1, 1)
MARKS = {
    "given_names": "Zzgiven",
    "family_name": "Zzfamily",
    "document_number": "ZZ998877",
    "address": "Zzstreet 9",
    "reference": "ZZ-REFERENCE",
}


@pytest.fixture(autouse=True)
def own_log(tmp_path: Path, settings: Any) -> None:
    settings.ERASURE_LOG = str(tmp_path / "erasures.log")


def rejected(entity: LegalEntity, by: Actor, **details: Any) -> Application:
    application = kyc_making.claimed(entity, by, **MARKS | details)
    words = {"code": "document_forged", "reason": "Zzfamily drew this."}
    kyc.reject(application, by=by, seen=kyc_making.seen(application), **words)
    return application


def what_lies(customer: Customer) -> list[bytes]:
    """The very bytes that lie encrypted about them: their rows, and the values of the trail."""
    whole = keepings.kept("kyc.customer", str(customer.pk))
    assert whole
    found: list[Any] = []
    for label, key in whole.rows:
        model = apps.get_model(label)
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedTextField):
                found += model._base_manager.filter(pk=key).values_list(field.attname, flat=True)
    refs = AuditEntry.all_unrestricted.filter(record_id__in=[key for _label, key in whole.rows]).values("ref")
    found += AuditValue.objects.filter(pk__in=refs).values_list("values", flat=True)
    lies = [bytes(each) for each in found if each is not None]
    assert len(lies) > 20
    assert all(isinstance(each, Sealed) for each in found if each is not None)
    return lies


def everything(database: CommittedDatabase) -> bytes:
    """The database as it lies on disk, with its journal; of PostgreSQL, every value of every table."""
    if connection.vendor == "sqlite":
        beside = [Path(f"{database.name}{ending}") for ending in ("", "-wal")]
        return b"".join(path.read_bytes() for path in beside if path.exists())
    found = bytearray()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name of our own
            for row in cursor.fetchall():
                for value in row:
                    found += (bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()) + b"\n"
    return bytes(found)


def left(parts: list[bytes], where: bytes) -> int:
    return sum(part in where for part in parts)


def test_nothing_is_left_but_the_certificate(
    committed_db: CommittedDatabase,
    entity: LegalEntity,
    reviewer: Actor,
    second_reviewer: Actor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    customer = rejected(entity, reviewer).customer
    related = relations.declare_relation(
        by=second_reviewer,
        about="kyc.customer",
        entity=entity,
        reference=MARKS["reference"],
        kind="family",
        words="Zzfamily is my aunt.",
    )
    declared = Relation._base_manager.filter(pk=related.pk).values_list("reference", "words").get()
    whole = keepings.kept("kyc.customer", str(customer.pk))
    assert whole
    subject = making.due(Application.all_unrestricted.get(customer=customer))
    sealing.seal(by=Actor.job("controls.sealer"))
    parts = [*what_lies(customer), customer.document_number_index.encode(), b"ZZ-REFERENCE"]
    parts += [bytes(each) for each in declared if each]
    assert left(parts, everything(committed_db)) == len(parts), "the search finds what is there"
    assert len(whole.files) == 4
    assert all(default_storage.exists(name) for name in whole.files)

    assert sweeping.sweep() == 1

    assert left([*parts, *(mark.encode() for mark in MARKS.values())], everything(committed_db)) == 0
    assert not any(default_storage.exists(name) for name in whole.files)
    assert not any(mark in caplog.text for mark in MARKS.values())
    certificate = Certificate.all_unrestricted.get()
    assert certificate.counts["kyc.document"] == 2
    assert certificate.counts["files"] == 4
    assert certificate.counts["audited_values"] > 5
    assert Subject.all_unrestricted.get(pk=subject.pk).status == Subject.Status.ERASED


def test_the_chain_holds_and_rows_that_evidence_names_stay(
    committed_db: CommittedDatabase, entity: LegalEntity, reviewer: Actor
) -> None:
    application = rejected(entity, reviewer)
    making.due(application)
    sweeping.sweep()
    sealing.seal(by=Actor.job("controls.sealer"))
    call_command("verify_audit")
    decision = Decision.all_unrestricted.get(application=application)
    assert (decision.words, decision.by_id) == (None, reviewer.person_id)
    assert Customer.all_unrestricted.get(pk=application.customer_id).name == "erased"


def test_a_person_under_hold_is_untouched(db: None, entity: LegalEntity, reviewer: Actor, mlro: Actor) -> None:
    subject = making.due(rejected(entity, reviewer))
    actions.place_hold(subject, by=mlro, reason="A proceeding.", review_on=FAR)
    before = what_lies(Customer.all_unrestricted.get(pk=subject.person))
    assert sweeping.sweep() == 0
    with pytest.raises(RuleError) as refused:
        actions.erase(subject, by=making.ERASURE)
    assert refused.value.code == "held"
    assert what_lies(Customer.all_unrestricted.get(pk=subject.person)) == before


def test_the_database_writes_no_certificate_under_a_hold(
    db: None, entity: LegalEntity, reviewer: Actor, mlro: Actor
) -> None:
    subject = making.due(rejected(entity, reviewer))
    actions.place_hold(subject, by=mlro, reason="A proceeding.", review_on=FAR)
    with pytest.raises(DatabaseError, match="legal hold"), transaction.atomic():
        Certificate.all_unrestricted.create(
            subject=subject,
            model=subject.model,
            person=subject.person,
            rule="due",
            policy="x",
            retained_until=FAR,
            counts={},
            digest="x",
        )


def test_evidence_is_not_emptied_without_a_certificate(db: None, entity: LegalEntity, reviewer: Actor) -> None:
    rejected(entity, reviewer)
    for rows, words in (
        (Decision.all_unrestricted.all(), {"words": None}),
        (Picture.all_unrestricted.all(), {"file": None}),
        (Document.all_unrestricted.all(), {"original_file": None}),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(**words)


def test_a_certificate_lets_nothing_else_be_changed(db: None, entity: LegalEntity, reviewer: Actor) -> None:
    making.due(rejected(entity, reviewer))
    sweeping.sweep()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Decision.all_unrestricted.update(reason_code="all_in_order")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Picture.all_unrestricted.update(file="another")


class Killed(BaseException):
    pass


@pytest.mark.parametrize("where", ["privacy.actions.erasing.log.note", "privacy.actions.erasing.shredding.shred"])
def test_killed_in_the_middle_it_ends_the_same(
    db: None, entity: LegalEntity, reviewer: Actor, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    application = rejected(entity, reviewer)
    making.due(application)

    def dies(*args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(where, dies)
        with pytest.raises(Killed):
            sweeping.sweep()
    sweeping.sweep()
    sweeping.sweep()
    assert Certificate.all_unrestricted.count() == 1
    assert Subject.all_unrestricted.get().status == Subject.Status.ERASED
    assert Decision.all_unrestricted.get().words is None
    assert Path(configured.ERASURE_LOG).read_text().count(str(application.customer_id)) == 1


def test_who_applied_again_is_not_erased(db: None, entity: LegalEntity, reviewer: Actor) -> None:
    application = rejected(entity, reviewer)
    subject = making.due(application)
    again = {"reference": "ZZ-REFERENCE"}
    kyc_making.opened(entity, by=kyc_making.intake_of(application), **MARKS | again)
    assert sweeping.sweep() == 0
    assert Subject.all_unrestricted.get(pk=subject.pk).retain_until is None


def test_before_the_time_is_over_it_is_refused(db: None, entity: LegalEntity, reviewer: Actor) -> None:
    subject = making.tracked(rejected(entity, reviewer))
    with pytest.raises(RuleError, match="law still asks"):
        actions.erase(subject, by=making.ERASURE)
    assert sweeping.sweep() == 0


def test_restricted_is_seen_by_those_who_must(
    db: None,
    entity: LegalEntity,
    reviewer: Actor,
    second_reviewer: Actor,
    mlro: Actor,
    make_actor: Callable[..., Actor],
) -> None:
    application = rejected(entity, reviewer)
    intake = kyc_making.intake_of(application)
    everybody = (reviewer, second_reviewer, intake, mlro)

    def who_sees() -> list[bool]:
        return [
            Application.objects.visible_to(who).filter(pk=application.pk).exists()
            and Customer.objects.visible_to(who).filter(pk=application.customer_id).exists()
            for who in everybody
        ]

    assert who_sees() == [True, True, True, True]
    actions.restrict(making.tracked(application), by=make_actor("dora", "data_protection_officer"), reason="They ask.")
    assert who_sees() == [False, False, False, True]


def test_a_restored_backup_forgets_again(db: None, entity: LegalEntity, reviewer: Actor) -> None:
    """The log knows whom; the database, as of before, does not."""
    application = rejected(entity, reviewer)
    Path(configured.ERASURE_LOG).write_text(
        f'{{"model": "kyc.customer", "person": "{application.customer_id}"}}\n{{"model": "kyc.cust'
    )
    sweeping.replay(clock.now() - timedelta(days=1))
    sweeping.replay(clock.now() - timedelta(days=1))
    assert Certificate.all_unrestricted.get().rule == "replayed"
    assert Customer.all_unrestricted.get(pk=application.customer_id).erased_at


def test_a_backup_that_knows_more_than_the_log_stays_closed(db: None, entity: LegalEntity, reviewer: Actor) -> None:
    making.due(rejected(entity, reviewer))
    sweeping.sweep()
    Path(configured.ERASURE_LOG).unlink()
    with pytest.raises(RuleError, match="ERASURE_LOG"):
        sweeping.replay(clock.now())
