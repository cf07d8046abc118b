"""Takes a backup: an archive of one moment of the database and the files that moment names."""

import fcntl
import os
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from base import clock, crypto, parcels
from base.errors import Invalid, NotPermitted, WrongState
from base.storage import EncryptedStorage
from controls import entries, witness
from controls.actor import Actor
from controls.backup import database
from controls.backup.archive import FILES, Manifest, Packing, Told
from controls.models import Backup, Checkpoint
from controls.streams import STREAMS

FORMAT, VERSION = "backoffice-backup", 1
log = structlog.get_logger(__name__)


def take(path: Path, public: str, *, by: Actor) -> Backup:
    """Writes the archive beside and puts it at `path`, which must be new, when it is whole."""
    if not by.may("controls.back_up"):
        raise NotPermitted(_("Your role does not allow this."))
    if not parcels.usable(public):
        raise Invalid(_("64 hexadecimal digits are needed: what backup_key printed."), field="key")
    if path.exists() or not path.parent.is_dir():
        raise Invalid(_("A new file in a folder that exists is needed."), field="file")
    with _alone(), _beside(path) as out:
        told, at = Told(out), clock.now()
        packing, missing = _packed(told, public, at)
    return _noted(
        Backup(
            at=at,
            size=told.size,
            files=packing.contents.files,
            missing=missing,
            sha256=told.digest.hexdigest(),
            recipient=public,
        ),
        by,
    )


def _packed(told: Told, public: str, at: Any) -> tuple[Packing, int]:
    packing, missing, said = Packing(told, public), 0, _manifest(at)  # what it says of now is in the snapshot too
    Path(settings.VAR).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.VAR, prefix="backup-") as folder:
        with database.snapshot(Path(folder)) as moment:
            for data in moment.parts:
                packing.part(data)
        with moment.names.open(encoding="utf-8") as names:
            for name in names:
                missing += not _with_file(packing, name.rstrip("\n"))
    packing.finish({**said, "missing": missing})
    return packing, missing


def _with_file(packing: Packing, name: str) -> bool:
    """As it lies: encrypted. A file that was erased since the snapshot is not there any more."""
    try:
        content = cast(EncryptedStorage, default_storage).inner.open(name)
    except FileNotFoundError:
        log.error("file_missing_in_backup")
        return False
    with content:
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        packing.file(f"{FILES}/{name}", content, size)
    return True


def _manifest(at: Any) -> Manifest:
    points = [Checkpoint.objects.filter(stream=stream).order_by("-number").first() for stream in STREAMS]
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())["project"]
    return {
        "format": FORMAT,
        "version": VERSION,
        "product": project["version"],
        "at": at,
        "database": connection.vendor,
        "migrations": sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()),
        "keys": crypto.key_marks(),
        "checkpoints": [witness.line(point) for point in points if point],
    }


def _noted(backup: Backup, by: Actor) -> Backup:
    with transaction.atomic():
        backup.save(force_insert=True)
        facts = {"sha256": backup.sha256, "files": backup.files, "missing": backup.missing}
        entries.write(ref=uuid4(), by=by, action="controls.back_up", record=backup, changed={}, facts=facts)
    return backup


@contextmanager
def _beside(path: Path) -> Iterator[Any]:
    """A file that gets its name when it is whole and on the disk."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    finally:
        os.unlink(beside)


@contextmanager
def _alone() -> Iterator[None]:
    """Two at a time would only slow each other down; the system lets go of the lock of a process that dies."""
    with (Path(settings.VAR) / "backup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WrongState(_("A backup is being taken already.")) from error
        yield
