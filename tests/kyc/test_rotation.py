"""Keys are exchanged while people work: everything comes under the new one, nothing else changes, and the old one is
worth nothing any more."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction

from base import crypto
from base.crypto import Undecryptable
from base.errors import NotPermitted
from controls import rotation, sealing
from controls.actor import Actor
from controls.models import AuditEntry, AuditValue, KeyRotation, LegalEntity, LockOut
from controls.rotation import encrypted
from controls.signin import lockouts
from kyc.models import Customer, Document, Picture
from tests.committed import CommittedDatabase
from tests.kyc import making

KEEPER = Actor.job("controls.keys")
OLD, NEW = configured.FIELD_KEYS, "t2:" + "11" * 32
BOTH = f"{NEW},{OLD}"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path) -> None:
    """Files under keys that other tests do not know stay apart from theirs."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    inner = {"BACKEND": "base.storage.LocalFiles", "OPTIONS": {"location": settings.MEDIA_ROOT}}
    kept = {"BACKEND": "base.storage.EncryptedStorage", "OPTIONS": {"inner": inner}}
    settings.STORAGES = {**settings.STORAGES, "default": kept}


def rotated() -> list[rotation.Part]:
    return list(rotation.rotate(by=KEEPER))


def opened() -> Iterator[Any]:
    """Every encrypted value there is, and every file."""
    for model, fields in encrypted():
        for row in model._base_manager.all():
            yield from (getattr(row, field.attname) for field in fields)
    for file in stored():
        with default_storage.open(file) as content:
            yield content.read()


def stored() -> list[str]:
    originals = Document.all_unrestricted.values_list("original_file", flat=True)
    return [*originals, *Picture.all_unrestricted.values_list("file", flat=True)]


def readable_with(keys: str, settings: Any) -> int:
    """How many values open with these keys alone."""
    settings.FIELD_KEYS = keys
    count = 0
    for model, fields in encrypted():
        for row in model._base_manager.all():
            count += sum(opens(row, field.attname) for field in fields if row.__dict__[field.attname] is not None)
    return count + sum(opens_file(name) for name in stored())


def opens(row: Any, name: str) -> bool:
    try:
        getattr(row, name)
    except Undecryptable:
        return False
    return True


def opens_file(name: str) -> bool:
    try:
        with default_storage.open(name) as content:
            content.read()
    except Undecryptable:
        return False
    return True


@pytest.fixture
def worked(entity: LegalEntity, reviewer: Actor) -> None:
    """Rows in most tables: an applicant let in, one waiting, evidence sealed and not."""
    making.approve(making.claimed(entity, reviewer), reviewer)
    sealing.seal(by=Actor.job("controls.sealer"))
    making.checked(entity, document_number="C01X0006H")


@pytest.mark.usefixtures("worked")
def test_everything_comes_under_the_new_key_and_the_old_one_is_useless(settings: Any) -> None:
    before = list(opened())
    settings.FIELD_KEYS = BOTH
    parts = rotated()
    assert not [part for part in parts if part.broken or part.left]
    assert sum(part.done for part in parts) > len(stored())
    total = readable_with(NEW, settings)
    assert total >= len([value for value in before if value is not None])
    assert readable_with(OLD, settings) == 0
    settings.FIELD_KEYS = NEW
    kept = [value for value in before if value is not None]
    after = [value for value in opened() if value is not None]
    assert all(value in after for value in kept)


@pytest.mark.usefixtures("worked")
def test_evidence_stays_what_was_sealed(settings: Any) -> None:
    contents = list(AuditEntry.all_unrestricted.order_by("pk").values_list("content", flat=True))
    settings.FIELD_KEYS = BOTH
    rotated()
    settings.FIELD_KEYS = NEW
    again = list(AuditEntry.all_unrestricted.order_by("pk").values_list("content", flat=True))
    assert again[: len(contents)] == contents
    sealing.seal(by=Actor.job("controls.sealer"))
    call_command("verify_audit", values=True, stdout=StringIO())  # exits with 1 when one value differs


@pytest.mark.usefixtures("worked")
def test_a_second_run_finds_nothing_to_do(settings: Any) -> None:
    settings.FIELD_KEYS = BOTH
    rotated()
    rotated()  # its own entries were written under the new key
    assert sum(part.done for part in rotated()) == 0
    assert not KeyRotation.objects.filter(finished_at=None).exists()


@pytest.mark.usefixtures("db")
def test_nobody_but_its_job_exchanges_keys(administrator: Actor) -> None:
    with pytest.raises(NotPermitted):
        next(rotation.rotate(by=administrator))


@pytest.mark.usefixtures("worked")
def test_a_value_that_no_key_opens_is_told_and_the_rotation_stays_open(settings: Any) -> None:
    settings.FIELD_KEYS = f"{NEW},t9:{'22' * 32}"
    parts = rotated()
    assert sum(part.broken for part in parts)
    assert KeyRotation.objects.filter(finished_at=None).count() == 1


# --- the guards of evidence ---------------------------------------------------------------------------------------


def encrypt_anew(row: AuditValue, more: str = "") -> bool:
    """In raw SQL, under the newest key; whether the database let it."""
    field = AuditValue._meta.get_field("values")
    anew = crypto.encrypt(json.dumps({}).encode(), field.place(row))
    key = AuditValue._meta.get_field("ref").get_db_prep_value(row.pk, connection)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'UPDATE controls_auditvalue SET "values" = %s{more} WHERE ref = %s', [anew, key])  # noqa: S608
    except IntegrityError:
        return False
    return True


@pytest.mark.usefixtures("worked")
def test_evidence_is_encrypted_anew_once_and_only_while_keys_are_exchanged(settings: Any) -> None:
    row = AuditValue.objects.all()[0]
    settings.FIELD_KEYS = BOTH
    assert not encrypt_anew(row), "nothing is under way"
    running = KeyRotation.objects.create(header=crypto.newest_header(), key_id="t2")
    settings.FIELD_KEYS = "t3:" + "33" * 32 + "," + BOTH
    assert not encrypt_anew(row), "another key than that of the rotation"
    settings.FIELD_KEYS = BOTH
    assert not encrypt_anew(row, f", ref = '{uuid4().hex}'"), "nothing else of the row changes"
    assert encrypt_anew(row)
    assert not encrypt_anew(row), "it is under the key already"
    KeyRotation.objects.filter(pk=running.pk).update(finished_at=running.began_at)
    assert not encrypt_anew(AuditValue.objects.all()[2]), "it is over"


# --- finding ------------------------------------------------------------------------------------------------------


def test_a_number_is_found_under_both_keys_meanwhile(entity: LegalEntity, settings: Any) -> None:
    former = making.checked(entity, document_number="C01X0006H")
    settings.FIELD_KEYS = BOTH
    newer = making.checked(entity, reads=making.page(document_number="C01X0006H"))
    pair = {former.customer_id, newer.customer_id}
    for _before_and_after in range(2):
        found = Customer.all_unrestricted.with_document_number("c01x-0006h")
        assert {customer.pk for customer in found} == pair
        for one, other in ((former, newer), (newer, former)):
            assert [each.pk for each in Customer.all_unrestricted.sharing_a_number_with(one.customer)] == [
                other.customer_id
            ]
        rotated()
    settings.FIELD_KEYS = NEW
    assert {customer.pk for customer in Customer.all_unrestricted.with_document_number("C01X0006H")} == pair


@pytest.mark.usefixtures("db")
def test_who_guesses_does_not_get_more_guesses_by_an_exchange(settings: Any) -> None:
    for _attempt in range(lockouts.LIMITS[LockOut.Kind.PERSON] - 1):
        lockouts.count(LockOut.Kind.PERSON, "somebody")
    settings.FIELD_KEYS = BOTH
    assert rotated()[-1].left == 1, "a count that still says something is waited for"
    lockouts.count(LockOut.Kind.PERSON, "somebody")
    with pytest.raises(lockouts.LockedOut):
        lockouts.count(LockOut.Kind.PERSON, "somebody")
    assert rotated()[-1].left == 0


# --- while people work, and killed --------------------------------------------------------------------------------


@pytest.mark.usefixtures("committed_db", "worked")
def test_while_people_work_nothing_fails(entity: LegalEntity, make_actor: Any, settings: Any) -> None:
    settings.FIELD_KEYS = BOTH
    people = [make_actor(f"rita_reviewer_{number}", "kyc_reviewer") for number in range(2)]
    errors: list[Exception] = []
    done: list[int] = []
    over = threading.Event()

    def work(by: Actor) -> None:
        try:
            while not over.is_set():
                application = making.claimed(entity, by)
                making.approve(application, by)
                list(application.documents.current())
                done.append(1)
        except Exception as error:  # whatever it is, it is what must not happen
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[by]) for by in people]
    for thread in threads:
        thread.start()
    try:
        parts = rotated() + rotated()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not errors
    assert done, "there was work under way"
    assert not [part for part in parts if part.broken or part.left]
    assert readable_with(OLD, settings) == 0


DYING = """
import os, signal, django
django.setup()
from django.core.management import call_command
from controls import rotation
anew, count = rotation._encrypt_anew, 0
def dying(*given):
    global count
    anew(*given)
    count += 1
    if count == {after}:
        os.kill(os.getpid(), signal.SIGKILL)
rotation._encrypt_anew = dying
call_command("rotate_keys")
"""


def test_killed_at_any_row_it_goes_on_where_it_was(
    committed_db: CommittedDatabase, worked: None, settings: Any
) -> None:
    environment = os.environ | {
        "DATABASE_URL": committed_db.url,
        "FIELD_KEYS": BOTH,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }

    def run(*command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, *command], env=environment, cwd=ROOT, timeout=120, capture_output=True)

    for after in (3, 9):
        assert run("-c", DYING.format(after=after)).returncode == -signal.SIGKILL
    done = run("manage.py", "rotate_keys")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"ok": True, "key": "t2"}
    assert KeyRotation.objects.count() == 1
    settings.FIELD_KEYS = NEW
    assert list(opened())
    call_command("verify_audit", values=True, stdout=StringIO())
    assert readable_with(OLD, settings) == 0
