"""People and their roles. Giving power takes two people, taking it away takes one and works at once."""

from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, RuleError, WrongState
from base.locks import only_one
from controls import toxic, unit, wayback
from controls.actions import action
from controls.actor import Actor
from controls.models.clients import ApiClient
from controls.models.examinations import Examination
from controls.models.factors import factors_of
from controls.models.people import FOUNDERS, LegalEntity, Person, ReportSight, RoleGrant
from controls.models.sessions import Session
from controls.models.standing import StandIn
from controls.roles import ROLES

R = TypeVar("R", RoleGrant, ReportSight)
AGREED_BY_ANOTHER = {"controls.agree": 1}


@action("controls.bootstrap")
def bootstrap(*, by: Actor, administrator: dict[str, str], officer: dict[str, str], entity: str) -> LegalEntity:
    """The first two role-holders and the first company. Refused once anybody holds a role."""
    only_one("bootstrap")
    if RoleGrant.all_unrestricted.exists():
        raise WrongState(_("Somebody holds a role already; roles are proposed and agreed from now on."))
    company = LegalEntity.all_unrestricted.create(name=entity, country="LT")
    for number, details in enumerate((administrator, officer), 1):
        person = _new_person(None, **details)
        RoleGrant.all_unrestricted.create(person=person, role=FOUNDERS[number - 1], founder=number)
    return company


@action("controls.manage_staff")
def create_person(*, by: Actor, username: str, name: str, password: str, email: str = "", zone: str = "UTC") -> Person:
    """Somebody new, without any role. The password is for the first sign-in only; who creates a person knows it, so
    no role is given before it was replaced, and never a first one by their word alone (docs/decisions/0076)."""
    return _new_person(by.person_id, username=username, name=name, password=password, email=email, zone=zone)


def _active(person: Person, by: Actor) -> str | None:
    return None if person.is_active else _("%(name)s is suspended.") % {"name": person.name}


def _ready(person: Person, by: Actor) -> str | RuleError | None:
    return _active(person, by) or (_not_in_yet(person) if person.password_is_temporary else None)


@action("controls.manage_staff", quorum=AGREED_BY_ANOTHER, when=_ready)
def grant_role(person: Person, *, by: Actor, role: str) -> RoleGrant:
    if role not in ROLES or ROLES[role].kind != "person":
        raise Invalid(_("There is no such role."), field="role")
    if person.pk == by.person_id:
        raise Invalid(_("Nobody proposes a role for themselves."), field="person")
    if person.grants.filter(role=role, ended_at=None).exists():
        raise WrongState(_("%(name)s holds this role already.") % {"name": person.name})
    return _granted(person, role, by)


def refuse_toxic(person: Person, role: str) -> None:
    """Raises where the role does not go with what the person holds, suspended or not, or what their programs hold.
    Of two roles given at once the second sees the first."""
    only_one(f"roles of {person.pk}")
    refuse_examiner(person)
    held = set(person.grants.filter(ended_at=None).values_list("role", flat=True))
    held |= set(StandIn.all_unrestricted.running().filter(person=person).values_list("role", flat=True))
    programs = ApiClient.all_unrestricted.usable().filter(owner=person).values_list("role", flat=True)
    toxic.refuse(role, held.union(programs))


def refuse_examiner(person: Person) -> None:
    """Raises where the person is here to examine: such a one holds nothing else."""
    if Examination.all_unrestricted.running().filter(person=person).exists():
        text = _("%(name)s examines, and holds nothing beside it.")
        raise WrongState(text % {"name": person.name}, code="examines")


def _granted(person: Person, role: str, by: Actor) -> RoleGrant:
    """To somebody who has come in: until then whoever knows the first password could come in as that person."""
    if refused := ready(person):
        raise refused
    refuse_toxic(person, role)
    return RoleGrant.all_unrestricted.create(
        person=person, role=role, granted_by_id=by.person_id, agreed_by_id=unit.agreed_by()
    )


def ready(person: Person) -> RuleError | None:
    """Why nothing is given to this person yet; None for who works here and has come in as themselves."""
    if not person.is_active:
        return WrongState(_("%(name)s is suspended.") % {"name": person.name})
    there = not person.password_is_temporary and factors_of(person) and person.sessions.exists()
    return None if there else _not_in_yet(person)


def _not_in_yet(person: Person) -> WrongState:
    text = _("%(name)s has not signed in with a password of their own and a second factor yet.")
    return WrongState(text % {"name": person.name}, code="not_enrolled")


def _suspendable(grant: RoleGrant, by: Actor) -> str | None:
    return None if grant.ended_at is None and grant.suspended_at is None else _("This role is not in force.")


@action("controls.suspend", when=_suspendable)
def suspend_role(grant: RoleGrant, *, by: Actor, reason: str) -> RoleGrant:
    wayback.keep(grant.person, grant.person.roles() - {grant.role}, by=by)
    return _stamp(grant, "suspended_at", reason)


def _suspended(grant: RoleGrant, by: Actor) -> str | None:
    return None if grant.ended_at is None and grant.suspended_at else _("This role is not suspended.")


@action("controls.manage_staff", quorum=AGREED_BY_ANOTHER, when=_suspended)
def restore_role(grant: RoleGrant, *, by: Actor) -> RoleGrant:
    """The suspended one ends, and the role is given anew by two."""
    if grant.person_id == by.person_id:
        raise Invalid(_("Nobody proposes a role for themselves."), field="person")
    grant.ended_at = clock.now()
    grant.save(update_fields=["ended_at"])
    return _granted(grant.person, grant.role, by)


def _held(grant: RoleGrant, by: Actor) -> str | None:
    return None if grant.ended_at is None else _("This role has ended.")


@action("controls.suspend", when=_held)
def end_role(grant: RoleGrant, *, by: Actor, reason: str) -> RoleGrant:
    wayback.keep(grant.person, grant.person.roles() - {grant.role}, by=by)
    return _stamp(grant, "ended_at", reason)


@action("controls.suspend", when=_active)
def suspend_person(person: Person, *, by: Actor, reason: str) -> Person:
    """Works at once: the next request of any of the person's sessions is refused."""
    with_reason(reason)
    person.is_active = False
    person.save(update_fields=["is_active"])
    Session.all_unrestricted.of(person).end(Session.Ending.SUSPENDED)
    return person


def _inactive(person: Person, by: Actor) -> str | None:
    return _("%(name)s is not suspended.") % {"name": person.name} if person.is_active else None


@action("controls.manage_staff", quorum=AGREED_BY_ANOTHER, when=_inactive)
def restore_person(person: Person, *, by: Actor) -> Person:
    if person.pk == by.person_id:
        raise Invalid(_("Nobody proposes this for themselves."), field="person")
    person.is_active, person.left_at, person.restored_at = True, None, clock.now()
    person.restored_by_id, person.restore_agreed_by_id = by.person_id, unit.agreed_by()
    person.save(update_fields=["is_active", "left_at", "restored_at", "restored_by", "restore_agreed_by"])
    return person


@action("controls.grant_report_sight", sensitive=True, when=_active)
def grant_report_sight(person: Person, *, by: Actor, reason: str) -> ReportSight:
    """Sight of suspicious-activity reports, apart from every role."""
    with_reason(reason)
    assert by.person_id is not None, "only a signed-in person passes `sensitive`"
    refuse_examiner(person)
    if person.report_sights.filter(ended_at=None).exists():
        raise WrongState(_("%(name)s sees reports already.") % {"name": person.name})
    return ReportSight.all_unrestricted.create(person=person, granted_by_id=by.person_id)


def _sees(sight: ReportSight, by: Actor) -> str | None:
    return None if sight.ended_at is None else _("This sight has ended.")


@action("controls.grant_report_sight", when=_sees)
def end_report_sight(sight: ReportSight, *, by: Actor, reason: str) -> ReportSight:
    return _stamp(sight, "ended_at", reason)


def _stamp(record: R, field: str, reason: str) -> R:
    with_reason(reason)
    setattr(record, field, clock.now())
    record.save(update_fields=[field])
    return record


def with_reason(reason: str) -> None:
    """Taking something away is explained. Raises Invalid, which names the field."""
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")


def _new_person(
    by: UUID | None, /, *, username: str, name: str, password: str, email: str = "", zone: str = "UTC"
) -> Person:
    if not name.strip():
        raise Invalid(_("A name is needed."), field="name")
    username = Person.normalize_username(username.strip())
    person = Person(username=username, name=name.strip(), email=email, zone=zone)
    person.created_by_id = person.password_issued_by_id = by
    try:
        ZoneInfo(zone)
        validate_password(password, person)
        person.set_password(password)
        person.password_is_temporary = True
        person.full_clean(exclude=["password"])
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Invalid(_("There is no such time zone."), field="zone") from error
    except ValidationError as error:
        raise _invalid(error) from error
    person.save(force_insert=True)
    return person


def _invalid(error: ValidationError) -> Invalid:
    if not hasattr(error, "error_dict"):
        return Invalid(" ".join(error.messages), field="password")
    field, messages = next(iter(error.message_dict.items()))
    return Invalid(" ".join(messages), field=field)
