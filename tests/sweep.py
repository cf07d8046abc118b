"""The sweep over every registered action.

Each app has `tests/<app>/sweep.py` with ROWS: {action name: Row}. A Row says how to come, through states that can
exist, to a case in which the action works. The sweep then sees it work, and sees it refused to every role that
lacks the permission, in the wrong state, and to the maker, with nothing changed but the log of attempts.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, models

from base import clock
from controls.actor import Actor
from controls.models import ApiClient, LegalEntity, Person
from controls.roles import JOBS, ROLES
from tests import people

MAY_GROW = {"controls_attempt"}


@dataclass
class Case:
    """A call that works: `action(record, by=by, **words)`; `record` is None for actions that create one."""

    record: Any
    by: Actor
    words: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """`spoil` puts the record into a state in which the action must be refused; None only where the action has no
    `when`. `spoiled_words` do the same through the arguments. `proposed`: it runs through approvals alone."""

    case: Callable[["World"], Case]
    spoil: Callable[["World", Any], None] | None = None
    spoiled_words: dict[str, Any] | None = None
    through: Callable[..., Any] | None = None


class World:
    """Makes actors of any role, and the records that cases start from."""

    def __init__(self) -> None:
        self.entity = LegalEntity.all_unrestricted.create(name="Example Exchange UAB", country="LT")
        self.count = 0

    def person(self, *roles: str) -> Person:
        self.count += 1
        person = Person(username=f"person{self.count}", name=f"Person {self.count}")
        person.set_unusable_password()
        person.save(force_insert=True)
        people.hold(person, *roles)
        return person

    def actor(self, *roles: str) -> Actor:
        """Somebody new who holds these roles: a person, a client or a job, as the role asks."""
        kind = ROLES[roles[0]].kind if roles else "person"
        if kind == "job":
            return Actor.job(next(name for name, role in JOBS.items() if role == roles[0]))
        if kind == "client":
            self.count += 1
            name = f"client {self.count}"
            client = ApiClient.all_unrestricted.create(name=name, owner=self.person(), role=roles[0])
            return Actor("client", str(client.pk), client.name, client.owner_id, frozenset(roles))
        return Actor.of(self.person(*roles), confirmed_at=clock.now())

    def also(self, actor: Actor, *roles: str) -> Actor:
        """The same person with further roles."""
        assert actor.person_id
        person = Person.all_unrestricted.get(pk=actor.person_id)
        people.hold(person, *{*roles} - person.roles())
        return Actor.of(person, confirmed_at=clock.now())


def roles_without(permission: str) -> list[str]:
    return [key for key, role in ROLES.items() if permission not in role.permissions]


def facts() -> str:
    """A digest of every row of every table and of every file, the log of attempts aside."""
    digest = hashlib.sha256()
    for table in sorted(connection.introspection.table_names()):
        if table in MAY_GROW or table.startswith("sqlite_"):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of our own
            for row in sorted(repr(row) for row in cursor.fetchall()):
                digest.update(f"{table}:{row}\n".encode())
    for name in sorted(_files("")):
        with default_storage.open(name) as file:
            digest.update(f"{name}:{hashlib.sha256(file.read()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files(folder: str) -> list[str]:
    assert settings.MEDIA_ROOT
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    found = [f"{folder}/{name}".lstrip("/") for name in files]
    for inner in folders:
        found += _files(f"{folder}/{inner}".lstrip("/"))
    return found


def maker_of(record: models.Model, maker_field: str) -> Person:
    maker: Person = getattr(record, maker_field)
    return maker
