"""Out of a backup come sessions, keys and people that ended since: nobody gets in before it is opened."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from base import clock, parcels, registry
from base.errors import NotPermitted, WrongState
from controls import pages
from controls.actor import Actor
from controls.backup import restoring, schedule
from controls.models import AuditEntry, Backup, Restoration, Session
from tests.conftest import SignInAs

RESTORER, TAKER = Actor.job("controls.restore"), Actor.job("controls.backup")


@pytest.fixture
def closed(db: None) -> Restoration:
    return Restoration.objects.create(state_of=clock.now(), restored_at=clock.now(), archive="a" * 64)


@pytest.mark.usefixtures("closed")
def test_a_session_out_of_a_backup_opens_nothing(client: Client, auditor: Actor, signin_as: SignInAs) -> None:
    signin_as(client, auditor)
    assert client.get("/admin/").status_code == 302
    assert client.get("/sign-in/").status_code == 503


@pytest.mark.usefixtures("closed")
def test_a_key_out_of_a_backup_opens_nothing(with_key: Any) -> None:
    program = with_key()
    assert program.get("/api/v1/kyc/applications").status_code == 401


def test_once_opened_people_sign_in_anew(
    closed: Restoration, client: Client, auditor: Actor, signin_as: SignInAs, with_key: Any
) -> None:
    session = signin_as(client, auditor)
    restoring.open_restored(by=RESTORER)
    assert Session.all_unrestricted.get(pk=session.pk).ended_at
    assert client.get("/sign-in/").status_code == 200
    assert with_key().get("/api/v1/kyc/applications").status_code == 200
    assert AuditEntry.all_unrestricted.filter(action="controls.open_restored").count() == 1
    with pytest.raises(WrongState):
        restoring.open_restored(by=RESTORER)


def test_what_an_app_must_do_again_comes_first(closed: Restoration, monkeypatch: Any) -> None:
    told: list[datetime] = []

    def fails(state_of: datetime) -> None:
        raise OSError("the log of erasures cannot be reached")

    monkeypatch.setattr(registry, "after_restore", [told.append, fails])
    with pytest.raises(OSError, match="erasures"):
        restoring.prepare()
    assert told == [closed.state_of]
    assert Restoration.objects.closed().exists()


@pytest.mark.usefixtures("closed")
def test_nobody_else_opens_it(administrator: Actor) -> None:
    with pytest.raises(NotPermitted):
        restoring.open_restored(by=administrator)


# --- by the clock -------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.BACKUP_TO, settings.BACKUP_PUBLIC_KEY = str(tmp_path), parcels.public_of("42" * 32)
    settings.BACKUP_HOURS = 24
    return tmp_path


def taken_before(hours: float) -> None:
    at = clock.now() - timedelta(hours=hours)
    Backup.objects.create(at=at, size=1, files=0, missing=0, sha256="", recipient="")


def test_a_backup_is_taken_when_the_last_one_is_old_enough(committed_db: Any, folder: Path) -> None:
    assert schedule.take_when_due(by=TAKER)
    assert schedule.take_when_due(by=TAKER) is None
    assert len(list(folder.glob("*.backup"))) == 1


@pytest.mark.usefixtures("db", "folder")
@pytest.mark.parametrize(("hours", "alarms"), [(None, 1), (35, 0), (37, 1)])
def test_an_old_backup_is_an_alarm(administrator: Actor, hours: float | None, alarms: int) -> None:
    if hours:
        taken_before(hours)
    assert len(list(pages._no_backup(administrator))) == alarms


@pytest.mark.usefixtures("db")
def test_where_nobody_asked_for_backups_nothing_is_taken_or_said(administrator: Actor) -> None:
    assert schedule.take_when_due(by=TAKER) is None
    assert not list(pages._no_backup(administrator))
