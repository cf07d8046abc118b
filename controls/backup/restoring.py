"""Brings an installation back from an archive: into an empty place, proven first, closed until what the archive does
not know has been done again.
"""

import filecmp
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from base import clock, crypto, registry
from base.errors import Invalid, NotPermitted, WrongState
from base.storage import EncryptedStorage
from controls import entries
from controls.actor import Actor
from controls.backup import database
from controls.backup.archive import DATABASE, FILES, Manifest, Told, unpack
from controls.models import Restoration, Session

UNFINISHED = ".unfinished-"


def restore(path: Path, private: str, *, by: Actor) -> Manifest:
    """Files first, the database last and in one step: until then it is empty, and the restoration can be repeated.
    What was put in place stays closed."""
    if not by.may("controls.restore"):
        raise NotPermitted(_("Your role does not allow this."))
    if not database.is_empty():
        raise WrongState(_("The database holds something. A backup is restored into an empty one only."))
    Path(settings.VAR).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.VAR, prefix="restore-") as name:
        folder = Path(name)
        with path.open("rb") as file:
            told = Told(file)
            manifest = unpack(told, private, folder)
        _fits(manifest)
        _place_files(folder / FILES)
        at = datetime.fromisoformat(manifest["at"])
        database.put_in_place(folder / DATABASE, at, clock.now(), told.digest.hexdigest())
    return manifest


def prepare() -> None:
    """What the archive does not know is done again: people who were erased since are erased again. Repeatable."""
    restoration = _closed()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise WrongState(_("The backup is of an earlier release: run migrate, then restore --finish."))
    for hook in registry.after_restore:
        hook(restoration.state_of)


def open_restored(*, by: Actor) -> None:
    """People may sign in again; whoever was signed in when the backup was taken is not."""
    if not by.may("controls.restore"):
        raise NotPermitted(_("Your role does not allow this."))
    with transaction.atomic():
        restoration = _closed()
        restoration.opened_at = clock.now()
        restoration.save(update_fields=["opened_at"])
        ended = Session.all_unrestricted.filter(ended_at=None).end(Session.Ending.REVOKED)
        facts = {"state_of": restoration.state_of, "archive": restoration.archive, "sessions_ended": ended}
        entries.write(ref=uuid4(), by=by, action="controls.open_restored", record=restoration, changed={}, facts=facts)


def _closed() -> Restoration:
    found = Restoration.objects.filter(opened_at=None).first()
    if found is None:
        raise WrongState(_("Nothing restored waits to be opened."))
    return found


# --- does it fit here? --------------------------------------------------------------------------------------------


def _fits(manifest: Manifest) -> None:
    if manifest["database"] != connection.vendor:
        words = {"held": manifest["database"], "named": connection.vendor}
        raise Invalid(_("The archive holds a database of %(held)s, DATABASE_URL names %(named)s.") % words)
    here = crypto.key_marks()
    lacking = sorted(name for name, mark in manifest["keys"].items() if here.get(name) != mark)
    if lacking:
        words = {"keys": ", ".join(lacking)}
        raise Invalid(_("FIELD_KEYS lacks keys with which the backup was encrypted: %(keys)s.") % words)
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    newer = sorted(set(manifest["migrations"]) - known)
    if newer:
        words = {"release": manifest["product"], "name": newer[0]}
        raise Invalid(_("The backup is of another release (%(release)s): %(name)s is not known here.") % words)


# --- files --------------------------------------------------------------------------------------------------------


def _place_files(folder: Path) -> None:
    """Puts each file where it belongs. Those of a restoration that was stopped may be there already, others not."""
    storage = cast(EncryptedStorage, default_storage).inner
    if strangers := sum(not _is_same(storage, name, folder) for name in _stored(storage)):
        words = {"count": strangers}
        raise WrongState(_("%(count)s files lie where files are stored that the archive does not hold.") % words)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not storage.exists(name):
            with path.open("rb") as content:
                stored = storage.save(name, File(content, name=name))
            assert stored == name, "a file is found under the name it had"


def _is_same(storage: Storage, name: str, folder: Path) -> bool:
    path = folder / name
    if not path.is_file() or path.stat().st_size != storage.size(name):
        return False
    with tempfile.NamedTemporaryFile() as copy, storage.open(name) as content:
        for data in content.chunks():
            copy.write(data)
        copy.flush()
        return filecmp.cmp(copy.name, path, shallow=False)


def _stored(storage: Storage, folder: str = "") -> Iterator[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored there
        return
    yield from (f"{folder}{name}" for name in names if not name.startswith(UNFINISHED))
    for each in folders:
        yield from _stored(storage, f"{folder}{each}/")
