"""Who can give power back. Taking it away takes one person and works at once: one could take it from everybody.

Coming back is proposed by who manages staff, or may take that right in an emergency, and agreed to by another. The
roles of the last two who could, without the one who acts, are not ended by one person; they can be suspended, at once,
as everybody can. Where nobody is left who could restore them, whoever runs the server opens the accounts of two named
people again (`manage.py reopen`), and that is an entry (docs/decisions/0096).
"""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, WrongState
from base.locks import only_one
from controls.actions import action
from controls.actor import Actor
from controls.models.people import Person, RoleGrant
from controls.roles import EMERGENCY, permissions_of

PROPOSES, AGREES = {"controls.manage_staff", "controls.propose"}, {"controls.agree", "controls.decide"}
Roles = Mapping[UUID, frozenset[str]]


def exists(roles: Roles, *, without: UUID | None = None) -> bool:
    """Whether two people, neither of them `without`, could give power back: one proposes, another agrees."""
    others = {who: held for who, held in roles.items() if who != without}
    proposers = {who for who, held in others.items() if _may_propose(held)}
    agreeing = {who for who, held in others.items() if _may_agree(held)}
    return any(one != another for one in proposers for another in agreeing)


def _may_propose(roles: frozenset[str]) -> bool:
    return permissions_of(roles) >= PROPOSES or bool(roles & EMERGENCY["emergency_staff"])


def _may_agree(roles: frozenset[str]) -> bool:
    return permissions_of(roles) >= AGREES


def keep(person: Person, left: frozenset[str], *, by: Actor) -> None:
    """Refuses that `person` keeps only the roles `left`, where that takes the last way back that does not lead
    through `by`. Where there is none anyway, as with the first two people of an installation, nothing is refused."""
    only_one("way back")  # two who each end another's would both see one left
    now = _roles(RoleGrant.all_unrestricted.in_force())
    if exists(now, without=by.person_id) and not exists({**now, person.pk: left}, without=by.person_id):
        text = _(
            "Nobody but you could give power back then. Give a role to somebody else first; suspending the person "
            "works at once."
        )
        raise WrongState(text, code="last_way_back")


def would_go(person: UUID, role: str) -> bool:
    """Whether the way back is lost with this role of the person's: of those who can sign in where two of them have it,
    else of all whose accounts `manage.py reopen` could open again. False where there is none anyway."""
    grants = RoleGrant.all_unrestricted.in_force()
    active = _roles(grants.filter(person__is_active=True))
    now = active if exists(active) else _roles(grants)
    return exists(now) and not exists({**now, person: now.get(person, frozenset()) - {role}})


def _roles(grants: object) -> dict[UUID, frozenset[str]]:
    found: dict[UUID, frozenset[str]] = {}
    for who, role in grants.values_list("person_id", "role"):  # type: ignore[attr-defined]
        found[who] = found.get(who, frozenset()) | {role}
    return found


def _suspended(person: Person, by: Actor) -> str | None:
    if person.left_at:
        return _("%(name)s has left.") % {"name": person.name}
    return _("%(name)s is not suspended.") % {"name": person.name} if person.is_active else None


@action("controls.bootstrap", when=_suspended)
def reopen(person: Person, *, by: Actor, other: Person, reason: str) -> Person:
    """Run on the server, for each of two named people who together can give power back, while no two others can. Their
    roles, passwords and second factors are those they had."""
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    only_one("way back")
    grants = RoleGrant.all_unrestricted.in_force()
    if exists(_roles(grants.filter(person__is_active=True)), without=other.pk):
        raise WrongState(_("Two people can restore others themselves; it is proposed and agreed to."))
    if other.left_at or not exists(_roles(grants.filter(person__in=[person, other]))):
        raise Invalid(_("Name two people of whom one may propose, and the other agree."), field="other")
    person.is_active, person.reopened_at = True, clock.now()
    person.save(update_fields=["is_active", "reopened_at"])
    return person
