"""Files whose row was never written are removed, and never one that has a row or may still get one."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from base import clock
from controls.models import LegalEntity
from kyc import files, tasks
from kyc.models import Application, Document
from tests.kyc import making

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Any) -> None:
    """A storage of this test alone."""
    inner = {"BACKEND": "base.storage.LocalFiles", "OPTIONS": {"location": str(tmp_path)}}
    storage = {"BACKEND": "base.storage.EncryptedStorage", "OPTIONS": {"inner": inner}}
    settings.STORAGES = settings.STORAGES | {"default": storage}


@pytest.fixture
def application(entity: LegalEntity) -> Application:
    """Four files with rows."""
    return making.collected(entity)


def in_two_days(monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)


def test_a_file_without_a_row_is_removed_after_a_day(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = files.keep(b"its process died").file
    in_two_days(monkeypatch)
    tasks.remove_lost_files()
    assert not default_storage.exists(lost)
    for document in application.documents.all():
        assert files.read(document.original_file)
        assert all(files.read(picture.file) for picture in document.pictures.all())


def test_a_file_whose_row_may_still_come_is_kept(application: Application) -> None:
    young = files.keep(b"its transaction is open").file
    assert files.remove_lost() == 0
    assert files.read(young)


def test_the_files_of_a_replaced_document_are_kept(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    making.add(application, "passport", b"a better picture")
    in_two_days(monkeypatch)
    assert files.remove_lost() == 0
    assert all(files.read(each.original_file) for each in Document.all_unrestricted.all())


def test_what_a_killed_write_left_beside_its_place_is_removed_too(
    application: Application, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    place = next((tmp_path / files.FOLDER).iterdir()) / ".unfinished-x"
    place.write_bytes(b"half")
    in_two_days(monkeypatch)
    assert files.remove_lost() == 1
    assert not place.exists()


def test_more_lost_files_than_others_is_a_wrong_database_and_nothing_is_removed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept = [files.keep(b"of another installation").file for _ in range(3)]
    in_two_days(monkeypatch)
    assert files.remove_lost() == 0
    assert all(files.read(file) for file in kept)
    assert "lost_files_kept" in caplog.text


def test_files_of_other_apps_are_not_touched(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    other = default_storage.save("fund/statement.pdf", ContentFile(b"of another app"))
    in_two_days(monkeypatch)
    files.remove_lost()
    assert other.startswith("fund/")
    assert default_storage.exists(other)


def test_an_empty_storage_is_no_mistake() -> None:
    assert files.remove_lost() == 0
