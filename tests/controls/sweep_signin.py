"""Rows of the sweep for signing in."""

from controls import staff
from controls.actor import Actor
from controls.models import Authenticator, Passkey, Person, RecoverySheet, Session
from controls.signin import actions
from tests.sweep import Case, Row, World

PASSWORD = "a made-up password 7"
NEW_PASSWORD = "another made-up password 8"
KEY = "31" * 20


def code(key: str = KEY) -> str:
    return Authenticator(key=key).code()


def person_of(actor: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(actor.person_id))


def somebody(world: World, *, temporary: bool = False) -> Actor:
    """With a password, and no factor yet."""
    actor = world.actor("kyc_reviewer")
    person = person_of(actor)
    person.set_password(PASSWORD)
    person.password_is_temporary = temporary
    person.save()
    return actor


def enrolled(world: World) -> Actor:
    actor = somebody(world)
    actions.enrol_authenticator(person_of(actor), by=actor, key=KEY, code=code())
    return actor


def unsaved_passkey(person: Person, number: int = 1) -> Passkey:
    return Passkey(user=person, credential_id=bytes([number]) * 16, public_key=b"public", aaguid="0" * 36)


def with_passkey(world: World) -> tuple[Actor, Passkey]:
    actor = enrolled(world)
    person = person_of(actor)
    return actor, actions.add_passkey(person, by=actor, proven=unsaved_passkey(person), name="Blue key")


def session_of(actor: Actor) -> Session:
    session: Session = actions.sign_in(person_of(actor), by=actor, address="192.0.2.7", browser="Firefox · Linux")
    return session


def suspended(world: World, person: Person) -> None:
    staff.suspend_person(person, by=world.actor("compliance_officer"), reason="Left.")


def _ended(world: World, session: Session) -> None:
    actions.end_session(session, by=world.actor("mlro"), reason="Seen from abroad.")


def _own(world: World, actor: Actor, **words: object) -> Case:
    return Case(person_of(actor), actor, words)


def _own_session(world: World) -> Case:
    actor = enrolled(world)
    return Case(session_of(actor), actor)


def _change(world: World) -> Case:
    actor = enrolled(world)
    words = {"current": PASSWORD, "password": NEW_PASSWORD, "keep": session_of(actor).pk}
    return Case(person_of(actor), actor, words)


def _add_passkey(world: World) -> Case:
    actor = enrolled(world)
    return _own(world, actor, proven=unsaved_passkey(person_of(actor)), name="Blue key")


def _remove(world: World) -> Case:
    actor, passkey = with_passkey(world)
    return Case(passkey, actor)


def _removed(world: World, passkey: Passkey) -> None:
    actions.remove_factor(passkey, by=Actor.of(passkey.user, confirmed_at=passkey.created_at))


def _sheet(world: World) -> Case:
    actor = enrolled(world)
    codes = actions.new_recovery_codes(person_of(actor), by=actor)
    return Case(RecoverySheet.all_unrestricted.get(user=actor.person_id), actor, {"code": codes[3]})


def _sheet_replaced(world: World, sheet: RecoverySheet) -> None:
    actions.new_recovery_codes(sheet.user, by=Actor.of(sheet.user, confirmed_at=sheet.created_at))


ROWS = {
    "controls.sign_in": Row(
        lambda world: _own(world, enrolled(world), address="192.0.2.7", browser="Firefox · Linux"), spoil=suspended
    ),
    "controls.end_session": Row(_own_session, spoil=_ended),
    "controls.sign_out": Row(_own_session, spoil=_ended),
    "controls.end_other_sessions": Row(
        lambda world: _own(world, actor := enrolled(world), keep=session_of(actor).pk), spoil=suspended
    ),
    "controls.replace_temporary_password": Row(
        lambda world: _own(world, somebody(world, temporary=True), password=NEW_PASSWORD),
        spoil=suspended,
        spoiled_words={"password": "short"},
    ),
    "controls.change_password": Row(_change, spoil=suspended, spoiled_words={"current": "not this one"}),
    "controls.issue_password": Row(
        lambda world: Case(person_of(enrolled(world)), world.actor("administrator")), spoil=suspended
    ),
    "controls.enrol_authenticator": Row(
        lambda world: _own(world, somebody(world), key=KEY, code=code()),
        spoil=suspended,
        spoiled_words={"code": "12345x"},
    ),
    "controls.replace_authenticator": Row(
        lambda world: _own(world, enrolled(world), key="32" * 20, code=code("32" * 20)),
        spoil=suspended,
        spoiled_words={"code": "12345x"},
    ),
    "controls.add_passkey": Row(_add_passkey, spoil=suspended, spoiled_words={"name": " "}),
    "controls.remove_factor": Row(_remove, spoil=_removed),
    "controls.new_recovery_codes": Row(lambda world: _own(world, enrolled(world)), spoil=suspended),
    "controls.confirm_recovery_codes": Row(_sheet, spoil=_sheet_replaced, spoiled_words={"code": "none-of-them"}),
    "controls.reset_factors": Row(
        lambda world: Case(person_of(enrolled(world)), world.actor("administrator")), spoil=suspended
    ),
}
