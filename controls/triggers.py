"""What the database itself refuses, whoever asks: one table of guards, installed after every migrate.

They are installed from code and not from a migration, because Django's SQLite schema editor rebuilds a table when
a field changes, and its triggers are gone without a word. A system check compares those that exist with those
that must be.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from base.fields import EncryptedTextField

PREFIX = "guard_"


@dataclass(frozen=True)
class Trigger:
    """One trigger, spelt for both databases: `sqlite` is its WHEN and body, `postgres` the body of its function
    (none: this database needs no such trigger)."""

    name: str
    table: str
    event: str
    sqlite: str = ""
    postgres: str = ""
    scope: str = "FOR EACH ROW"

    @property
    def sqlite_text(self) -> str:
        return f'CREATE TRIGGER "{self.name}" {self.event} ON "{self.table}" {self.sqlite}'

    @property
    def postgres_text(self) -> str:
        return f"CREATE TRIGGER {self.name} {self.event} ON {self.table} {self.scope} EXECUTE FUNCTION {self.name}()"


@dataclass(frozen=True)
class Erased:
    """Columns of guarded rows that an erasure empties: each may become NULL, once, and only where `certified` holds of
    the row as it was (OLD): a condition that a certificate stands for the person it is about."""

    columns: tuple[str, ...]
    certified: str

    def allowed(self, column: str) -> str:
        return f'(NEW."{column}" IS NULL AND {self.certified})'


@dataclass(frozen=True)
class Guard:
    """How a table is guarded. `fixed` columns of a table that otherwise changes never do, nor are its rows deleted (to
    be put in again otherwise); an append-only table refuses UPDATE (less columns that are set once), TRUNCATE and,
    unless its rows may be shredded, DELETE. A `closing` column changes once too: in the update that sets the last of
    `set_once`."""

    model: str
    append_only: bool = False
    stream: str = ""
    may_delete: bool = False
    set_once: tuple[str, ...] = ()
    closing: str = ""
    fixed: tuple[str, ...] = ()
    erased: "Erased | None" = None


GUARDS: dict[str, Guard] = {}
OTHERS: list[Trigger] = []


def append_only(
    model: str,
    *,
    stream: str = "",
    may_delete: bool = False,
    set_once: tuple[str, ...] = (),
    closing: str = "",
    erased: Erased | None = None,
) -> None:
    """Declares a table append-only; called from AppConfig.ready(). `set_once` names columns that may go from NULL
    to a value once; `closing` a state that changes with it."""
    GUARDS[model] = Guard(model, True, stream, may_delete, set_once, closing, erased=erased)


def fixed(model: str, *columns: str, erased: Erased | None = None) -> None:
    """Declares columns that are written on insert and never again, of rows that stay."""
    GUARDS[model] = Guard(model, fixed=columns, erased=erased)


def erasable(model: str, erased: Erased) -> None:
    """What an app above says of a guarded table below: which columns an erasure of its empties."""
    GUARDS[model] = replace(GUARDS[model], erased=erased)


def add(trigger: Trigger) -> None:
    """Declares a trigger of another kind, beside those of the table of guards."""
    assert trigger.name.startswith(PREFIX), "the prefix tells our triggers from others"
    OTHERS.append(trigger)


def install(using: str = "default") -> None:
    """Makes the triggers of a database those that must be. Safe to repeat."""
    connection = connections[using]
    wanted, existing = _wanted(connection), _existing(connection)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for key in existing.keys() - wanted.keys():
            if key[1].startswith(PREFIX):
                cursor.execute(_drop(connection, *key))
        for key, trigger in wanted.items():
            if existing.get(key) == _text(connection, trigger):
                continue
            if key in existing:
                cursor.execute(_drop(connection, *key))
            for statement in _create(connection, trigger):
                cursor.execute(statement)


def step_aside(using: str = "default") -> None:
    """SQLite cannot rebuild a table that a trigger elsewhere names; before migrations run they step aside, and
    `install` puts them back when the migrations end."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for key in _existing(connection):
            if key[1].startswith(PREFIX):
                cursor.execute(_drop(connection, *key))


def differences(using: str = "default") -> list[str]:
    """In words, how the triggers of a database differ from those that must be; nothing when they do not."""
    connection = connections[using]
    wanted, existing = _wanted(connection), _existing(connection)
    guarded = {table for table, _name in wanted}
    found = [f"{name} on {table} is missing" for table, name in wanted.keys() - existing.keys()]
    found += [
        f"{name} on {table} was altered"
        for (table, name), trigger in wanted.items()
        if existing.get((table, name), "") not in ("", _text(connection, trigger))
    ]
    found += [f"{name} on {table} is not ours" for table, name in existing.keys() - wanted.keys() if table in guarded]
    return sorted(found)


# --- what must be -----------------------------------------------------------------------------------------------


def _wanted(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], Trigger]:
    """By table and name, for the tables that exist by now."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    found = [trigger for guard in GUARDS.values() for trigger in _of(guard, connection, tables)] + OTHERS
    spelt = "sqlite" if connection.vendor == "sqlite" else "postgres"
    return {(each.table, each.name): each for each in found if each.table in tables and getattr(each, spelt)}


def _of(guard: Guard, connection: BaseDatabaseWrapper, tables: set[str]) -> Iterable[Trigger]:
    table = apps.get_model(guard.model)._meta.db_table
    if table not in tables:
        return
    if guard.fixed:
        fixed = [f"({_changed(column)}{_unless_erased(guard, column)})" for column in guard.fixed]
        yield _refusing(table, "UPDATE", " OR ".join(fixed))
        yield _refusing(table, "DELETE", "")
        yield _replacing(guard, table)
        return
    yield _refusing(table, "UPDATE", _more_than_once(guard, table, connection))
    yield _replacing(guard, table)
    yield _truncating(table)
    if not guard.may_delete:
        yield _refusing(table, "DELETE", "")
    if guard.stream:
        yield _queueing(guard.stream, table)


def _refusing(table: str, event: str, condition: str) -> Trigger:
    """Refuses an UPDATE or DELETE of a row, always or where the condition holds."""
    words = f"{table} is append-only: {event} refused"
    raises = f"RAISE EXCEPTION '{words}' USING ERRCODE = '23000';"
    back = "RETURN NEW;" if event == "UPDATE" else "RETURN OLD;"
    return Trigger(
        f"{PREFIX}{table}_{event.lower()}",
        table,
        f"BEFORE {event}",
        sqlite=(f"WHEN {condition} " if condition else "") + f"BEGIN SELECT RAISE(ABORT, '{words}'); END",
        postgres=(f"IF {condition} THEN {raises} END IF; {back}" if condition else raises),
    )


def _changed(column: str) -> str:
    """Both databases know IS DISTINCT FROM (SQLite since 3.39)."""
    return f'OLD."{column}" IS DISTINCT FROM NEW."{column}"'


def _more_than_once(guard: Guard, table: str, connection: BaseDatabaseWrapper) -> str:
    """The condition under which an update sets more than what may be set once, or encrypts anew more than an exchange
    of keys under way needs; always, when nothing may."""
    encrypted = _encrypted(guard, table, connection)
    if not guard.set_once and not encrypted:
        return ""
    with connection.cursor() as cursor:
        columns = [each.name for each in connection.introspection.get_table_description(cursor, table)]
    free = (*guard.set_once, guard.closing, *encrypted)
    rest = [f"({_changed(column)}{_unless_erased(guard, column)})" for column in columns if column not in free]
    rest += [
        f"({_changed(column)} AND NOT {_for_another_key(column)}{_unless_erased(guard, column)})"
        for column in encrypted
    ]
    if not guard.set_once:
        rest.append("NOT (" + " OR ".join(_changed(column) for column in encrypted) + ")")
    again = [f'(OLD."{column}" IS NOT NULL AND {_changed(column)})' for column in guard.set_once]
    if guard.closing:
        again.append(f"({_changed(guard.closing)} AND NOT {_changed(guard.set_once[-1])})")
    return " OR ".join(rest + again)


def _unless_erased(guard: Guard, column: str) -> str:
    erased = guard.erased
    return f" AND NOT {erased.allowed(column)}" if erased and column in erased.columns else ""


def _encrypted(guard: Guard, table: str, connection: BaseDatabaseWrapper) -> list[str]:
    """Columns whose ciphertext may be another's while keys are exchanged. Where the table of exchanges is not there
    yet, none."""
    rotations = apps.get_model("controls.KeyRotation")._meta.db_table
    with connection.cursor() as cursor:
        if rotations not in connection.introspection.table_names(cursor):
            return []
    fields = apps.get_model(guard.model)._meta.local_fields
    return [str(field.column) for field in fields if isinstance(field, EncryptedTextField)]


def _for_another_key(column: str) -> str:
    """From a former key to that of the exchange under way: once, and not back."""
    rotations = apps.get_model("controls.KeyRotation")._meta.db_table
    begins = 'substr({}."{}", 1, length(r.header))'
    return (
        f"EXISTS (SELECT 1 FROM {rotations} r WHERE r.finished_at IS NULL "
        f"AND {begins.format('NEW', column)} = r.header AND {begins.format('OLD', column)} <> r.header)"
    )


def _replacing(guard: Guard, table: str) -> Trigger:
    """SQLite's INSERT OR REPLACE deletes the row in its way without asking the DELETE trigger."""
    meta = apps.get_model(guard.model)._meta
    unique = [[field.name for field in meta.pk_fields]]
    unique += [[field.name] for field in meta.local_fields if field.unique and not field.primary_key]
    unique += [list(each.fields) for each in meta.total_unique_constraints]
    columns = [[meta.get_field(name).column for name in names] for names in unique]
    taken = " OR ".join("(" + " AND ".join(f'"{each}" = NEW."{each}"' for each in names) + ")" for names in columns)
    return Trigger(
        f"{PREFIX}{table}_replace",
        table,
        "BEFORE INSERT",
        sqlite=f'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE {taken}) '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: REPLACE refused'); END",
    )


def _truncating(table: str) -> Trigger:
    return Trigger(
        f"{PREFIX}{table}_truncate",
        table,
        "BEFORE TRUNCATE",
        postgres=f"RAISE EXCEPTION '{table} is append-only: TRUNCATE refused' USING ERRCODE = '23000';",
        scope="FOR EACH STATEMENT",
    )


def _queueing(stream: str, table: str) -> Trigger:
    """Whatever is inserted is queued for the sealer, in the same transaction."""
    queue = apps.get_model("controls.PendingSeal")._meta.db_table
    insert = f"INSERT INTO {queue} (stream, row_id) VALUES ('{stream}', NEW.id);"
    return Trigger(
        f"{PREFIX}{table}_queue",
        table,
        "AFTER INSERT",
        sqlite=f"BEGIN {insert} END",
        postgres=f"{insert} RETURN NULL;",
    )


def leaving_the_queue() -> Trigger:
    """A row leaves the queue of the sealer only when it has been sealed."""
    queue = apps.get_model("controls.PendingSeal")._meta.db_table
    sealed = apps.get_model("controls.SealedRow")._meta.db_table
    words = f"{queue}: not sealed yet, DELETE refused"
    known = f"SELECT 1 FROM {sealed} AS s WHERE s.stream = {{0}}.stream AND s.row_id = {{0}}.row_id"
    return Trigger(
        f"{PREFIX}{queue}_delete",
        queue,
        "AFTER DELETE",
        sqlite=f"WHEN NOT EXISTS ({known.format('OLD')}) BEGIN SELECT RAISE(ABORT, '{words}'); END",
        # OFFSET 0 keeps the inner question one look into an index a row, however long the table of sealed rows is
        postgres=f"IF EXISTS (SELECT 1 FROM gone WHERE NOT EXISTS ({known.format('gone')} OFFSET 0)) "
        f"THEN RAISE EXCEPTION '{words}' USING ERRCODE = '23000'; END IF; RETURN NULL;",
        scope="REFERENCING OLD TABLE AS gone FOR EACH STATEMENT",
    )


def voting() -> Trigger:
    """A vote repeats who made its proposal, truly, and is not the maker's own."""
    vote, proposal = (apps.get_model(f"controls.{name}")._meta.db_table for name in ("Vote", "Proposal"))
    maker = f"(SELECT proposed_by_id FROM {proposal} WHERE id = NEW.proposal_id)"
    wrong = f"NEW.maker_id IS DISTINCT FROM {maker} OR NEW.person_id = NEW.maker_id"
    words = "a vote is not the maker's own, and names the maker truly".replace("'", "''")
    return Trigger(
        f"{PREFIX}{vote}_maker",
        vote,
        "BEFORE INSERT",
        sqlite=f"WHEN {wrong} BEGIN SELECT RAISE(ABORT, '{words}'); END",
        postgres=f"IF {wrong} THEN RAISE EXCEPTION '{words}' USING ERRCODE = '23000'; END IF; RETURN NEW;",
    )


def restoring() -> Trigger:
    """Who was suspended works here again only in an update that says anew which two restored them, or that the account
    was opened again on the server."""
    table = apps.get_model("controls.Person")._meta.db_table
    back = "NOT OLD.is_active AND NEW.is_active"
    wrong = f"{back} AND {' AND '.join(_unsaid(column) for column in ('restored_at', 'reopened_at'))}"
    words = f"{table}: a suspended person is restored by two"
    return Trigger(
        f"{PREFIX}{table}_restore",
        table,
        "BEFORE UPDATE",
        sqlite=f"WHEN {wrong} BEGIN SELECT RAISE(ABORT, '{words}'); END",
        postgres=f"IF {wrong} THEN RAISE EXCEPTION '{words}' USING ERRCODE = '23000'; END IF; RETURN NEW;",
    )


def _unsaid(column: str) -> str:
    return f"(NEW.{column} IS NULL OR OLD.{column} IS NOT DISTINCT FROM NEW.{column})"


# --- what is, and how it is changed -----------------------------------------------------------------------------


def _text(connection: BaseDatabaseWrapper, trigger: Trigger) -> str:
    if connection.vendor == "sqlite":
        return trigger.sqlite_text
    return f"{trigger.postgres_text}\n{_body(trigger)}\nO"


def _body(trigger: Trigger) -> str:
    return f"BEGIN {trigger.postgres} END"


def _existing(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT c.relname, t.tgname, "
                "pg_get_triggerdef(t.oid, true) || E'\\n' || p.prosrc || E'\\n' || t.tgenabled::text "
                "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
                "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
            )
        rows: list[Any] = cursor.fetchall()
    return {(table, name): text for table, name, text in rows}


def _create(connection: BaseDatabaseWrapper, trigger: Trigger) -> list[str]:
    if connection.vendor == "sqlite":
        return [trigger.sqlite_text]
    function = f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS $${_body(trigger)}$$"
    return [function, trigger.postgres_text]


def _drop(connection: BaseDatabaseWrapper, table: str, name: str) -> str:
    return f'DROP TRIGGER "{name}"' if connection.vendor == "sqlite" else f'DROP TRIGGER "{name}" ON "{table}"'
