"""Read-only figures of internal controls: who could do what alone, by the grants in force."""

from datetime import datetime

from django.db.models import Prefetch

from controls import alone
from controls.actions import REGISTRY
from controls.alone import Account, Finding
from controls.models import (
    ApiClient,
    AuditEntry,
    Authenticator,
    Passkey,
    Person,
    ReviewedGrant,
    RoleGrant,
    Session,
    StandIn,
)
from controls.roles import EVERYBODY, ROLES, STAFF


def accounts() -> list[Account]:
    """Everybody who works here, with what they hold now. Six queries, however many they are."""
    secured = set(Authenticator.all_unrestricted.in_use().values_list("user_id", flat=True))
    secured |= set(Passkey.all_unrestricted.in_use().values_list("user_id", flat=True))
    people = Person.all_unrestricted.filter(is_active=True).prefetch_related(
        Prefetch("grants", RoleGrant.all_unrestricted.in_force(), to_attr="held"),
        Prefetch("stand_ins", StandIn.all_unrestricted.in_force(), to_attr="standing_in"),
        programs_of(),
    )
    return [_account(person, person.pk in secured) for person in people]


def _account(person: Person, secured: bool) -> Account:
    open_to = person.password_issued_by_id if person.password_is_temporary and not secured else None
    return Account(
        key=str(person.pk),
        name=person.name,
        roles=frozenset(grant.role for grant in (*person.held, *person.standing_in)),  # type: ignore[attr-defined]
        programs=frozenset(client.role for client in person.programs),  # type: ignore[attr-defined]
        email=person.email,
        open_to=str(open_to or ""),
    )


def alone_now() -> list[Finding]:
    """What one person could do alone at this moment, and toxic roles that somebody holds."""
    return alone.findings(accounts(), alone.deeds(REGISTRY))


def programs_of(whose: str = "") -> Prefetch:  # type: ignore[type-arg]
    """`.programs` of each person: the API clients in use that are theirs."""
    path = f"{whose}__clients" if whose else "clients"
    return Prefetch(path, ApiClient.all_unrestricted.usable(), to_attr="programs")


# --- what whoever reviews a grant is told of its use: times alone, of deeds that they need not see ------------------


def last_sign_in(person: Person) -> datetime | None:
    times = Session.all_unrestricted.of(person).order_by("-started_at").values_list("started_at", flat=True)
    return times.first()


def last_use(reviewed: ReviewedGrant) -> datetime | None:
    """When something was last done that this role allows and not every role of staff."""
    if reviewed.client:
        return reviewed.client.last_used_at
    granted = ROLES[reviewed.role].permissions if reviewed.role in ROLES else frozenset()
    beyond = granted - EVERYBODY - frozenset(STAFF.split())
    names = [name for name, action in REGISTRY.items() if action.permission in beyond]
    deeds = AuditEntry.all_unrestricted.filter(actor=f"person:{reviewed.person_id}", action__in=names)
    return deeds.order_by("-id").values_list("at", flat=True).first()
