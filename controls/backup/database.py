"""The database as of one moment, as bytes; and a database made of such bytes, whole or not at all.

SQLite is copied by its online backup; PostgreSQL by pg_dump in a snapshot that also tells the names of files.
"""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.db import connection, connections
from django.utils.translation import gettext as _

from base import registry
from base.errors import Invalid
from controls.backup.archive import PART

OURS_ALONE = ("cursor_factory", "context", "client_encoding", "prepare_threshold", "options")


@dataclass(frozen=True)
class Snapshot:
    """`names` is a file with the name of a stored file a line."""

    parts: Iterator[bytes]
    names: Path


@contextmanager
def snapshot(folder: Path) -> Iterator[Snapshot]:
    """One moment of the database. The folder is for what has to lie somewhere meanwhile."""
    with _of_sqlite(folder) if connection.vendor == "sqlite" else _of_postgresql(folder) as found:
        yield found


def is_empty() -> bool:
    """Nothing was ever migrated into the database, or it is not there at all."""
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        if not path.exists() or not path.stat().st_size:
            return True
    with connection.cursor() as cursor:
        return not connection.introspection.table_names(cursor)


def put_in_place(file: Path, state_of: datetime, restored_at: datetime, archive: str) -> None:
    """Makes the empty database that of the file, in one step, with the mark that keeps it closed."""
    mark = (
        "INSERT INTO controls_restoration (state_of, restored_at, archive) "
        f"VALUES ('{_spelt(state_of)}', '{_spelt(restored_at)}', '{archive}');"
    )
    connections.close_all()
    if connection.vendor == "sqlite":
        _replace_sqlite(file, mark)
    else:
        _fill_postgresql(file, mark)


def _spelt(moment: datetime) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return text if connection.vendor == "sqlite" else f"{text}+00"


def _naming() -> str:
    """Asks for every stored file that a row names."""
    found = [(apps.get_model(model)._meta.db_table, column) for model, column in registry.files]
    return " UNION ".join(f'SELECT "{column}" FROM "{table}" WHERE "{column}" <> \'\'' for table, column in found)


def _write_names(rows: Any, folder: Path) -> Path:
    path = folder / "names"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for (name,) in rows)
    return path


# --- SQLite -------------------------------------------------------------------------------------------------------


@contextmanager
def _of_sqlite(folder: Path) -> Iterator[Snapshot]:
    copy = folder / "copy.sqlite3"
    with closing(_open(connection.settings_dict["NAME"])) as source, closing(_open(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        names = _write_names(target.execute(_naming()), folder)
    with copy.open("rb") as file:
        yield Snapshot(iter(lambda: file.read(PART), b""), names)


def _open(path: Any) -> sqlite3.Connection:
    return sqlite3.connect(str(path), timeout=20)


def _replace_sqlite(file: Path, mark: str) -> None:
    with closing(_open(file)) as restored:
        restored.execute(mark)
        restored.commit()
    with file.open("rb") as written:
        os.fsync(written.fileno())
    place = Path(str(connection.settings_dict["NAME"]))
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in ("-wal", "-shm"):  # of the empty database
        Path(f"{place}{left}").unlink(missing_ok=True)
    file.chmod(0o600)
    os.replace(file, place)


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


@contextmanager
def _of_postgresql(folder: Path) -> Iterator[Snapshot]:
    """The snapshot is let go when the dump has ended; the files are read after that."""
    with psycopg.connect(**_parameters()) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        (exported,) = reader.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        with reader.cursor("names") as cursor:
            names = _write_names(cursor.execute(_naming()), folder)
        yield Snapshot(_dumped(exported, reader), names)


def _dumped(exported: str, reader: Any) -> Iterator[bytes]:
    command = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={exported}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment()) as dump:  # noqa: S603
        assert dump.stdout is not None
        while data := dump.stdout.read(PART):
            yield data
    reader.rollback()
    if dump.returncode:
        raise Invalid(_("pg_dump failed: see what it wrote."))


def _fill_postgresql(file: Path, mark: str) -> None:
    """psql takes the whole script, and the mark behind it, in one transaction."""
    script = file.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file))
    with script.open("a", encoding="utf-8") as end:
        end.write(f"\nSET search_path TO public;\n{mark}\n")
    _run("psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={script}")


def _run(*command: str) -> None:
    done = subprocess.run(command, env=_environment(), stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    if done.returncode:
        raise Invalid(_("%(program)s failed: see what it wrote. Nothing was put in place.") % {"program": command[0]})


def _parameters() -> dict[str, Any]:
    return {name: value for name, value in connection.get_connection_params().items() if name not in OURS_ALONE}


def _environment() -> dict[str, str]:
    """Programs of PostgreSQL are told by the environment: arguments are seen by everybody on the machine."""
    names = {"dbname": "PGDATABASE", "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    told = {names[name]: str(value) for name, value in _parameters().items() if name in names}
    return os.environ | told
