"""A backup brings the whole installation back, in an empty place, by another process; a damaged one brings nothing."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models

from base import parcels, registry
from base.crypto import PIECE
from base.parcels import Damaged, NotOurs
from controls import sealing
from controls.actor import Actor
from controls.backup import archive, taking
from controls.models import Backup, LegalEntity
from kyc import actions
from kyc.models import Picture
from tests.committed import CommittedDatabase
from tests.kyc import making

ROOT = Path(__file__).parents[2]
TAKER = Actor.job("controls.backup")
PRIVATE = "42" * 32
PUBLIC = parcels.public_of(PRIVATE)


@dataclass(frozen=True)
class Machine:
    """Another one: nothing of the first is on it but the keys."""

    folder: Path
    url: str

    def manage(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {
            "DATABASE_URL": self.url,
            "VAR_DIR": str(self.folder / "var"),
            "MEDIA_ROOT": str(self.folder / "media"),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            env=os.environ | own | environment,
            cwd=ROOT,
            timeout=300,
            capture_output=True,
            text=True,
        )

    def ask(self, statement: str) -> list[Any]:
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as file:
                return list(file.execute(statement))
        with psycopg.connect(self.url) as link:
            return list(link.execute(statement.encode()))

    def is_empty(self) -> bool:
        media = [path for path in (self.folder / "media").rglob("*") if path.is_file()]
        if self.url.startswith("sqlite"):
            place = Path(self.url.removeprefix("sqlite:///"))
            return not media and (not place.exists() or not self.ask("SELECT 1 FROM sqlite_master"))
        return not media and not self.ask("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")


@pytest.fixture
def machine(committed_db: CommittedDatabase, tmp_path: Path) -> Iterator[Machine]:
    folder = tmp_path / "another"
    folder.mkdir()
    (folder / "key").write_text(PRIVATE)
    if connection.vendor == "sqlite":
        yield Machine(folder, f"sqlite:///{folder / 'db.sqlite3'}")
        return
    name = f"restored_{uuid4().hex[:10]}"
    maintenance = committed_db.url.rpartition("/")[0] + "/postgres"
    with psycopg.connect(maintenance, autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}"'.encode())
        yield Machine(folder, f"{committed_db.url.rpartition('/')[0]}/{name}")
        link.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def decided(committed_db: CommittedDatabase, entity: LegalEntity, reviewer: Actor) -> str:
    """The id of an application that was decided this moment, and not sealed yet."""
    application = making.claimed(entity, reviewer)
    sealing.seal(by=Actor.job("controls.sealer"))
    seen = making.seen(application)
    actions.approve(application, by=reviewer, code="checked_by_eye", reason="Looked at it.", seen=seen)
    return str(application.pk)


@pytest.fixture
def taken(decided: str, tmp_path: Path) -> Path:
    path = tmp_path / "office.backup"
    call_command("backup", str(path), key=PUBLIC, stdout=StringIO())
    return path


def test_what_was_decided_just_before_is_there_on_an_empty_machine(taken: Path, decided: str, machine: Machine) -> None:
    done = machine.manage("restore", str(taken), "--key", str(machine.folder / "key"))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["ok"] for line in lines] == [True] * len(lines)
    assert lines[0]["files"] == len(names())
    assert lines[-1]["open"]
    assert machine.ask("SELECT status FROM kyc_application") == [("awaiting_screening",)]
    assert len(machine.ask("SELECT 1 FROM kyc_decision")) == 1
    assert machine.ask("SELECT 1 FROM controls_restoration WHERE opened_at IS NULL") == []
    for name in names():
        here = Path(settings.MEDIA_ROOT, name).read_bytes()
        assert (machine.folder / "media" / name).read_bytes() == here
    assert machine.manage("verify_audit", "--values").returncode == 0
    assert machine.manage("check", "--database", "default").returncode == 0, "the guards are there"


def names() -> set[str]:
    found = Picture.all_unrestricted.values_list("file", "document__original_file")
    return {name for pair in found for name in pair}


def test_only_an_empty_place_is_restored_into(taken: Path, machine: Machine) -> None:
    key = str(machine.folder / "key")
    (machine.folder / "media").mkdir()
    (machine.folder / "media" / "stranger").write_bytes(b"of another installation")
    assert machine.manage("restore", str(taken), "--key", key).returncode == 2
    (machine.folder / "media" / "stranger").unlink()
    assert machine.is_empty()
    assert machine.manage("restore", str(taken), "--key", key).returncode == 0
    again = machine.manage("restore", str(taken), "--key", key)
    assert again.returncode == 2
    assert "holds something" in again.stderr


def test_without_the_data_keys_nothing_is_restored(taken: Path, machine: Machine) -> None:
    done = machine.manage("restore", str(taken), "--key", str(machine.folder / "key"), FIELD_KEYS="t1:" + "11" * 32)
    assert done.returncode == 2
    assert "FIELD_KEYS lacks keys" in done.stderr
    assert machine.is_empty()


def test_a_damaged_archive_leaves_nothing_behind(taken: Path, machine: Machine) -> None:
    data = bytearray(taken.read_bytes())
    data[-1] ^= 1
    taken.write_bytes(data)
    done = machine.manage("restore", str(taken), "--key", str(machine.folder / "key"))
    assert done.returncode == 1
    assert "Nothing was put in place" in done.stderr
    assert machine.is_empty()
    assert not list((machine.folder / "var").glob("restore-*"))


def unpacked(path: Path, folder: Path, private: str = PRIVATE) -> dict[str, Any]:
    with path.open("rb") as file:
        return archive.unpack(file, private, folder)


SEALED = PIECE + parcels.TAG
FIRST = slice(parcels.HEADER, parcels.HEADER + SEALED)
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a bit at the beginning": lambda data: data[:5] + bytes([data[5] ^ 1]) + data[6:],
    "the sender's point": lambda data: data[:25] + bytes([data[25] ^ 1]) + data[26:],
    "a bit in the middle": lambda data: (
        data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]
    ),
    "a bit at the end": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "cut by a byte": lambda data: data[:-1],
    "cut at the border of a piece": lambda data: data[: parcels.HEADER + 2 * SEALED],
    "only the header": lambda data: data[: parcels.HEADER],
    "nothing": lambda data: b"",
    "two pieces swapped": lambda data: (
        data[: FIRST.start] + data[FIRST.stop : FIRST.stop + SEALED] + data[FIRST] + data[FIRST.stop + SEALED :]
    ),
    "a piece left out": lambda data: data[: FIRST.start] + data[FIRST.stop :],
    "a piece twice": lambda data: data[: FIRST.stop] + data[FIRST] + data[FIRST.stop :],
    "something behind": lambda data: data + b"x",
    "a zip": lambda data: b"PK\3\4" + data,
}


def test_each_damage_is_seen(taken: Path, tmp_path: Path) -> None:
    whole = taken.read_bytes()
    assert unpacked(taken, tmp_path / "whole")["format"] == taking.FORMAT
    for name, damage in DAMAGES.items():
        taken.write_bytes(damage(whole))
        assert refuses(taken, tmp_path / name), name


def refuses(path: Path, folder: Path) -> bool:
    try:
        unpacked(path, folder)
    except (Damaged, NotOurs):
        return True
    return False


def test_an_archive_for_another_key_does_not_open(taken: Path, tmp_path: Path) -> None:
    with pytest.raises(NotOurs, match="another key"):
        unpacked(taken, tmp_path / "there", "43" * 32)


@pytest.mark.usefixtures("db")
def test_an_archive_that_somebody_else_made_is_refused(tmp_path: Path, settings: Any) -> None:
    """The public key is no secret: whoever has it can seal, but not sign."""
    key, settings.CHECKPOINT_KEY = settings.CHECKPOINT_KEY, "77" * 32
    with (tmp_path / "forged").open("wb") as file:
        packing = archive.Packing(file, PUBLIC)
        packing.part(b"another database")
        packing.finish({"format": taking.FORMAT})
    settings.CHECKPOINT_KEY = key
    with pytest.raises(Damaged, match="not signed"):
        unpacked(tmp_path / "forged", tmp_path / "there")


@pytest.mark.usefixtures("db")
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    for number, name in enumerate(("files/../../outside", "/outside", "files/a/../b", "files/.hidden", "other")):
        path = tmp_path / str(number)
        with path.open("wb") as file:
            packing = archive.Packing(file, PUBLIC)
            packing.file(name, BytesIO(), 0)
            packing.finish({})
        with pytest.raises(Damaged):
            unpacked(path, tmp_path / "there")
    assert not (tmp_path / "outside").exists()


def test_the_archive_shows_nothing_without_its_key(taken: Path) -> None:
    data = taken.read_bytes()
    assert not [word for word in (b"kyc_decision", b"manifest", b"SQLite format", b"PGDMP") if word in data]


def test_taking_one_leaves_a_row_an_entry_and_no_litter(taken: Path) -> None:
    assert Backup.objects.get().size == taken.stat().st_size
    assert taken.stat().st_mode & 0o077 == 0
    assert not [path for path in taken.parent.iterdir() if path.name.startswith(".unfinished")]
    assert not list(Path(settings.VAR).glob("backup-*"))


def test_a_missing_file_is_said_and_the_rest_is_kept(decided: str, tmp_path: Path) -> None:
    gone = Path(settings.MEDIA_ROOT, min(names()))
    kept = gone.read_bytes()
    gone.unlink()
    try:
        with pytest.raises(SystemExit) as ended:
            call_command("backup", str(tmp_path / "one"), key=PUBLIC, stdout=StringIO())
    finally:
        gone.write_bytes(kept)
    assert ended.value.code == 1
    assert (Backup.objects.get().missing, Backup.objects.get().files) == (1, len(names()) - 1)


def test_every_column_that_names_a_stored_file_is_registered() -> None:
    """What is not registered is in no backup, and is not brought to another key."""
    found = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.FileField) or (isinstance(field, models.CharField) and field.name.endswith("file"))
    }
    assert found == set(registry.files)
