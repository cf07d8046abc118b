"""What changes when people sign in, keep their factors and end sessions."""

import secrets
from base64 import b32encode
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from controls.actions import action
from controls.actor import Actor
from controls.models.factors import (
    Authenticator,
    Factor,
    Passkey,
    RecoveryCode,
    RecoverySheet,
    digest_of,
    factors_of,
    matching_step,
)
from controls.models.people import Person
from controls.models.sessions import Session
from controls.staff import AGREED_BY_ANOTHER, with_reason

CODES_A_SHEET = 10
CODE_BYTES = 10


def _own(person: Person, by: Actor) -> str | RuleError | None:
    if person.pk != by.person_id:
        return NotPermitted(_("Everybody does this for themselves."))
    return None if person.is_active else _("%(name)s is suspended.") % {"name": person.name}


# --- sessions ----------------------------------------------------------------------------------------------------


@action("controls.own_sign_in", when=_own)
def sign_in(person: Person, *, by: Actor, address: str, browser: str) -> Session:
    """Both factors were given: a session begins."""
    if not factors_of(person):
        raise WrongState(_("Set up a second factor first."))
    now = clock.now()
    return Session.all_unrestricted.create(
        person=person, started_at=now, seen_at=now, confirmed_at=now, address=address, browser=browser
    )


def _can_end(session: Session, by: Actor) -> str | RuleError | None:
    if session.person_id != by.person_id and not by.may("controls.suspend"):
        return NotPermitted(_("Your role does not allow this."))
    return None if session.ended_at is None else _("This session has ended.")


@action("controls.end_session", when=_can_end)
def end_session(session: Session, *, by: Actor, reason: str = "") -> Session:
    """Works at the next request. Ending another's session needs a reason."""
    if session.person_id != by.person_id:
        with_reason(reason)
    return _ended(session, Session.Ending.REVOKED)


def _own_session(session: Session, by: Actor) -> str | RuleError | None:
    if session.person_id != by.person_id:
        return NotPermitted(_("Everybody does this for themselves."))
    return None if session.ended_at is None else _("This session has ended.")


@action("controls.end_session", when=_own_session)
def sign_out(session: Session, *, by: Actor) -> Session:
    return _ended(session, Session.Ending.SIGNED_OUT)


@action("controls.end_session", when=_own)
def end_other_sessions(person: Person, *, by: Actor, keep: UUID) -> Person:
    Session.all_unrestricted.of(person).exclude(pk=keep).end(Session.Ending.REVOKED)
    return person


def _ended(session: Session, ending: str) -> Session:
    session.ended_at, session.ending = clock.now(), ending
    session.save(update_fields=["ended_at", "ending"])
    return session


# --- passwords ---------------------------------------------------------------------------------------------------


def _own_temporary(person: Person, by: Actor) -> str | RuleError | None:
    if why := _own(person, by):
        return why
    return None if person.password_is_temporary else _("This password is not temporary.")


@action("controls.own_sign_in", when=_own_temporary)
def replace_temporary_password(person: Person, *, by: Actor, password: str) -> Person:
    """At the first sign-in: from here on nobody else knows the password."""
    return _with_password(person, password)


@action("controls.own_sign_in", when=_own, sensitive=True)
def change_password(person: Person, *, by: Actor, current: str, password: str, keep: UUID) -> Person:
    """Ends every other session: whoever knew the old password is out."""
    if not person.check_password(current):
        raise Invalid(_("This is not your current password."), field="current")
    changed = _with_password(person, password)
    Session.all_unrestricted.of(person).exclude(pk=keep).end(Session.Ending.PASSWORD)
    return changed


def _with_password(person: Person, password: str) -> Person:
    if person.check_password(password):
        raise Invalid(_("Choose another password than the one you have."), field="password")
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
    person.set_password(password)
    person.password_is_temporary = False
    person.save(update_fields=["password", "password_is_temporary"])
    return person


def _another(person: Person, by: Actor) -> str | RuleError | None:
    if person.pk == by.person_id:
        return NotPermitted(_("Another must do this for you."))
    return None if person.is_active else _("%(name)s is suspended.") % {"name": person.name}


@action("controls.manage_staff", when=_another, sensitive=True)
def issue_password(person: Person, *, by: Actor) -> str:
    """For who forgot theirs: a password for the next sign-in, shown once to who issues it. One person may do it,
    because the second factor still stands in the way; where there is none, two would be needed."""
    in_use = person.sessions.exists() or person.grants.filter(ended_at=None).exists()
    if in_use and not factors_of(person):
        raise WrongState(
            _("%(name)s has no second factor; a password alone would let anybody in.") % {"name": person.name}
        )
    password = secrets.token_urlsafe(15)
    person.set_password(password)
    person.password_is_temporary, person.password_issued_by_id = True, by.person_id
    person.save(update_fields=["password", "password_is_temporary", "password_issued_by"])
    Session.all_unrestricted.of(person).end(Session.Ending.PASSWORD)
    return password


# --- factors -----------------------------------------------------------------------------------------------------


@action("controls.own_sign_in", when=_own)
def enrol_authenticator(person: Person, *, by: Actor, key: str, code: str) -> Authenticator:
    """The first factor, proved by a code. Whoever has one already adds others with a fresh confirmation."""
    if factors_of(person):
        raise WrongState(_("You have a second factor already."))
    return _new_authenticator(person, key, code)


@action("controls.own_sign_in", when=_own, sensitive=True)
def replace_authenticator(person: Person, *, by: Actor, key: str, code: str) -> Authenticator:
    """A new phone: the codes of the old one are refused from now on."""
    for old in Authenticator.all_unrestricted.of(person).in_use():
        old.remove()
    return _new_authenticator(person, key, code)


def _new_authenticator(person: Person, key: str, code: str) -> Authenticator:
    step = matching_step(key, code)
    if step is None:
        raise Invalid(_("This code does not fit. Wait for the next one and check your phone's clock."), field="code")
    now = clock.now()
    return Authenticator.all_unrestricted.create(
        user=person, name=str(_("Authenticator app")), key=key, last_step=step, last_used_at=now
    )


@action("controls.own_sign_in", when=_own, sensitive=True)
def add_passkey(person: Person, *, by: Actor, proven: Passkey, name: str) -> Passkey:
    """`proven`: what the ceremony with the person's device yielded, not saved yet."""
    if not name.strip():
        raise Invalid(_("Give the passkey a name, so that you know it again."), field="name")
    assert proven.user_id == person.pk
    proven.name = name.strip()[:64]
    proven.save(force_insert=True)
    return proven


def _own_factor(factor: Factor, by: Actor) -> str | RuleError | None:
    if factor.user_id != by.person_id:
        return NotPermitted(_("Everybody does this for themselves."))
    return None if factor.confirmed and factor.removed_at is None else _("This factor is not in use.")


@action("controls.own_sign_in", when=_own_factor, sensitive=True)
def remove_factor(factor: Factor, *, by: Actor) -> Factor:
    """The last one stays: without it nobody could sign in."""
    if all(other == factor for other in factors_of(factor.user)):
        raise WrongState(_("This is your last second factor. Add another first."))
    factor.remove()
    return factor


@action("controls.own_sign_in", when=_own, sensitive=True)
def new_recovery_codes(person: Person, *, by: Actor) -> list[str]:
    """Codes to be shown once. The old ones hold until the person has shown that the new ones are kept."""
    for unconfirmed in RecoverySheet.all_unrestricted.of(person).filter(confirmed=False, removed_at=None):
        unconfirmed.remove()
    sheet = RecoverySheet.all_unrestricted.create(user=person, name=str(_("Recovery codes")), confirmed=False)
    codes = [_random_code() for _number in range(CODES_A_SHEET)]
    RecoveryCode.objects.bulk_create(RecoveryCode(sheet=sheet, digest=digest_of(sheet, code)) for code in codes)
    return codes


def _new_sheet(sheet: RecoverySheet, by: Actor) -> str | RuleError | None:
    if sheet.user_id != by.person_id:
        return NotPermitted(_("Everybody does this for themselves."))
    return None if not sheet.confirmed and sheet.removed_at is None else _("These codes are confirmed already.")


@action("controls.own_sign_in", when=_new_sheet)
def confirm_recovery_codes(sheet: RecoverySheet, *, by: Actor, code: str) -> RecoverySheet:
    """One of the codes, typed back, shows that they are kept. It stays unused."""
    if not sheet.holds(code):
        raise Invalid(_("This is none of the codes."), field="code")
    for old in RecoverySheet.all_unrestricted.of(sheet.user).in_use():
        old.remove()
    sheet.confirmed = True
    sheet.save(update_fields=["confirmed"])
    return sheet


def _can_reset(person: Person, by: Actor) -> str | RuleError | None:
    if person.password_is_temporary and person.password_issued_by_id == by.person_id:
        return NotPermitted(_("You issued the password; another administrator must propose this."))
    return _another(person, by)


@action("controls.manage_staff", quorum=AGREED_BY_ANOTHER, when=_can_reset)
def reset_factors(person: Person, *, by: Actor) -> Person:
    """The phone is lost and so are the recovery codes: all factors are removed, all sessions end, and the next
    sign-in leads through enrolment. Two people agree, because it gives access."""
    now = clock.now()
    for model in (Authenticator, Passkey, RecoverySheet):
        model.all_unrestricted.of(person).filter(removed_at=None).update(removed_at=now)
    Session.all_unrestricted.of(person).end(Session.Ending.FACTORS)
    person.factors_reset_at = now
    person.save(update_fields=["factors_reset_at"])
    return person


def _random_code() -> str:
    """Eighty bits in four groups that can be read out."""
    text = b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def new_key() -> str:
    """A secret for an authenticator app: 160 bits, hexadecimal."""
    return secrets.token_hex(20)
