"""Brings what is encrypted to the newest key of FIELD_KEYS, while people work and however often it is stopped: what is
not under that key yet is what is left to do.

Rows are taken a few at a time; one that somebody works on is left for the next round, so that nobody waits long and
nothing waits in a circle. Evidence too is encrypted anew: its triggers let a row's ciphertext pass from a former
key to the one of a rotation that is under way, and nothing else. What is hashed and sealed are commitments to
values, and those stay the same.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from base import clock, crypto, registry
from base.crypto import Undecryptable
from base.errors import NotPermitted
from base.fields import EncryptedTextField
from base.storage import EncryptedStorage
from controls import entries
from controls.actor import Actor
from controls.models import KeyRotation
from controls.signin import lockouts

ROWS = 100
PAUSE = 0.005  # seconds, in which others get their turn
ROUNDS = 50  # whoever holds a row that long has died with it


@dataclass
class Part:
    """What was done to a table's values, indexes or files. `broken` opens with no key; `left` was never free."""

    name: str
    done: int = 0
    broken: int = 0
    left: int = 0


def rotate(*, by: Actor, data: bool = True, indexes: bool = True) -> Iterator[Part]:
    """Part by part. With `data` the rotation ends, if nothing is left, with an entry that says so."""
    if not by.may("controls.rotate_keys"):
        raise NotPermitted(_("Your role does not allow this."))
    sums: Counter[str] = Counter()
    rotation = _begun(by) if data else None
    for work in [*(_data() if data else ()), *(_indexes() if indexes else ())]:
        part = work()
        sums.update(done=part.done, open=part.broken + part.left)
        yield part
    if rotation and not sums["open"]:
        _finished(rotation, sums["done"], by)


def encrypted() -> list[tuple[type[models.Model], list[EncryptedTextField]]]:
    """Every table that holds encrypted values, and the columns that do."""
    found = [
        (model, [field for field in model._meta.local_fields if isinstance(field, EncryptedTextField)])
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
    ]
    return [(model, fields) for model, fields in found if fields]


def _data() -> Iterator[Callable[[], Part]]:
    for model, fields in encrypted():
        yield lambda model=model, fields=fields: _values(model, fields)  # type: ignore[misc]
    for label, column in registry.files:
        yield lambda label=label, column=column: _files(label, column)  # type: ignore[misc]


def _indexes() -> Iterator[Callable[[], Part]]:
    for index in registry.indexes:
        yield lambda index=index: _reindexed(index)  # type: ignore[misc]
    yield lambda: Part("controls_lockout.index", left=lockouts.forget_former_indexes())


# --- the rotation as a fact ---------------------------------------------------------------------------------------


def _begun(by: Actor) -> KeyRotation:
    """The one under way; one that was for another key is over."""
    with transaction.atomic():
        header, now = crypto.newest_header(), clock.now()
        running = KeyRotation.objects.select_for_update().filter(finished_at=None).first()
        if running and bytes(running.header) == header:
            return running
        if running:
            KeyRotation.objects.filter(pk=running.pk).update(finished_at=now)
        begun = KeyRotation.objects.create(header=header, key_id=crypto.newest_key(), began_at=now)
        _note(begun, by, {"key": begun.key_id, "state": "began"})
        return begun


def _finished(rotation: KeyRotation, done: int, by: Actor) -> None:
    with transaction.atomic():
        if KeyRotation.objects.filter(pk=rotation.pk, finished_at=None).update(finished_at=clock.now()):
            _note(rotation, by, {"key": rotation.key_id, "state": "finished", "done": done})


def _note(rotation: KeyRotation, by: Actor, facts: dict[str, Any]) -> None:
    entries.write(ref=uuid4(), by=by, action="controls.rotate_keys", record=rotation, changed={}, facts=facts)


# --- values -------------------------------------------------------------------------------------------------------


def _values(model: type[models.Model], fields: list[EncryptedTextField]) -> Part:
    header, table = crypto.newest_header(), model._meta.db_table
    where = " OR ".join(f'substr("{table}"."{field.column}", 1, {len(header)}) <> %s' for field in fields)
    waiting = model._base_manager.extra(where=[where], params=[header] * len(fields)).only("pk", *_names(fields))  # noqa: S610
    return _in_rounds(table, waiting, lambda row: _encrypt_anew(row, fields))


def _names(fields: list[EncryptedTextField]) -> list[str]:
    return [field.name for field in fields]


def _encrypt_anew(row: models.Model, fields: list[EncryptedTextField]) -> None:
    """By the columns alone: whatever saving a row does besides has no part in this."""
    values = [(field, row.__dict__[field.attname]) for field in fields]
    anew = {
        field.column: crypto.encrypt(crypto.decrypt(value, field.place(row)), field.place(row))
        for field, value in values
        if value is not None
    }
    key = row._meta.pk
    assert key is not None
    names = ", ".join(f'"{column}" = %s' for column in anew)
    statement = f'UPDATE "{row._meta.db_table}" SET {names} WHERE "{key.column}" = %s'
    with connection.cursor() as cursor:
        cursor.execute(statement, [*anew.values(), key.get_db_prep_value(row.pk, connection)])


# --- indexes ------------------------------------------------------------------------------------------------------


def _reindexed(index: registry.BlindIndex) -> Part:
    model, column = apps.get_model(index.model), index.column
    newest = {f"{column}__startswith": f"{crypto.newest_key()}:"}
    waiting = model._base_manager.exclude(**{column: ""}).exclude(**newest)

    def anew(row: models.Model) -> None:
        setattr(row, column, index.compute(row))
        row.save(update_fields=[column])

    return _in_rounds(f"{model._meta.db_table}.{column}", waiting, anew)


# --- in rounds ----------------------------------------------------------------------------------------------------


def _in_rounds(name: str, waiting: models.QuerySet[Any], work: Callable[[models.Model], None]) -> Part:
    part = Part(name)
    for _round in range(ROUNDS):
        done, broken = _once(waiting, work)
        part.done, part.broken = part.done + done, broken
        part.left = waiting.count() - broken
        if part.left <= 0:
            break
        if not done:
            time.sleep(PAUSE * 20)
    return part


def _once(waiting: models.QuerySet[Any], work: Callable[[models.Model], None]) -> tuple[int, int]:
    """From the first key to the last; rows that somebody holds are passed over."""
    done = broken = 0
    after: Any = None
    while True:
        with transaction.atomic():
            free = waiting if after is None else waiting.filter(pk__gt=after)
            rows = list(free.order_by("pk").select_for_update(skip_locked=True, no_key=True)[:ROWS])
            for row in rows:
                try:
                    work(row)
                    done += 1
                except Undecryptable:
                    broken += 1
        if not rows:
            return done, broken
        after = rows[-1].pk
        time.sleep(PAUSE)


# --- files --------------------------------------------------------------------------------------------------------


def _files(label: str, column: str) -> Part:
    model, header = apps.get_model(label), crypto.newest_file_header()
    part = Part(f"{model._meta.db_table}.{column} (files)")
    storage = cast(EncryptedStorage, default_storage)
    rows = model._base_manager.exclude(**{column: ""}).order_by(column).values_list(column, flat=True)
    for name in rows.iterator():
        try:
            if storage.is_under(name, header):
                continue
            storage.seal_anew(name)
            part.done += 1
        except FileNotFoundError:  # erased meanwhile
            continue
        except Undecryptable:
            part.broken += 1
        if not model._base_manager.filter(**{column: name}).exists():
            storage.delete(name)  # erased while it was sealed: it would be back
    return part
