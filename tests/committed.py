"""A database of its own for tests that commit for real: threads, races, raw SQL against the guards."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class CommittedDatabase:
    """`url` is what DATABASE_URL must say for another process to work on the same database."""

    name: str
    url: str


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: Any, tmp_path: Path) -> Iterator[CommittedDatabase]:
    """A copy of the migrated, empty test database, in which everything commits; thrown away afterwards.

    Ask for it instead of `db` or `django_db(transaction=True)`: that one empties tables with DELETE or TRUNCATE,
    which the guards of evidence refuse. It replaces `db` for the whole test, so that fixtures which ask for `db`
    (make_actor, reviewer, ...) work in the copy; do not mark such a test django_db. `transactional_db` and with it
    `live_server` get the copy too. Threads get connections to it by themselves and must close them
    (`connections.close_all()`) before they end; another process gets `.url` as its DATABASE_URL.
    """
    with django_db_blocker.unblock():
        before = connections["default"]
        settings = before.settings_dict
        clone = _copied_file(before, tmp_path) if before.vendor == "sqlite" else _copied_template(before)
        _use({**settings, "NAME": clone.name})
        try:
            yield clone
        finally:
            connections["default"].close()
            _use(settings, before)
            if before.vendor != "sqlite":
                _on_maintenance(before, f'DROP DATABASE "{clone.name}" WITH (FORCE)')


@pytest.fixture
def db(request: pytest.FixtureRequest) -> None:
    """The database in a transaction that is rolled back; the committed copy where the test asks for that."""
    commits = {"committed_db", "transactional_db", "live_server"} & set(request.fixturenames)
    request.getfixturevalue("committed_db" if commits else "_django_db_helper")


@pytest.fixture
def transactional_db(committed_db: CommittedDatabase) -> CommittedDatabase:
    return committed_db


def _use(settings: dict[str, Any], connection: BaseDatabaseWrapper | None = None) -> None:
    """From here on `default` means these settings, in every thread."""
    connections.settings["default"] = settings
    connections["default"] = connection or connections.create_connection("default")


def _copied_file(before: BaseDatabaseWrapper, folder: Path) -> CommittedDatabase:
    path = folder / f"{uuid4().hex}.sqlite3"
    source, target = sqlite3.connect(str(before.settings_dict["NAME"])), sqlite3.connect(path)
    with source, target:
        source.backup(target)
    source.close()
    target.close()
    return CommittedDatabase(str(path), f"sqlite:///{path}")


def _copied_template(before: BaseDatabaseWrapper) -> CommittedDatabase:
    settings = before.settings_dict
    name = f"{settings['NAME']}_{os.getpid()}_{uuid4().hex[:6]}"
    before.close()  # a template must have no connection
    _on_maintenance(before, f'CREATE DATABASE "{name}" TEMPLATE "{settings["NAME"]}"')
    where = f"{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT'] or 5432}"
    return CommittedDatabase(name, f"postgres://{where}/{name}")


def _on_maintenance(connection: Any, statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
