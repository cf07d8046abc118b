"""Read-only figures of internal controls: who could do what alone, by the grants in force."""

from django.db.models import Prefetch

from controls import alone
from controls.actions import REGISTRY
from controls.alone import Account, Finding
from controls.models import ApiClient, Authenticator, Passkey, Person, RoleGrant, StandIn


def accounts() -> list[Account]:
    """Everybody who works here, with what they hold now. Six queries, however many they are."""
    secured = set(Authenticator.all_unrestricted.in_use().values_list("user_id", flat=True))
    secured |= set(Passkey.all_unrestricted.in_use().values_list("user_id", flat=True))
    people = Person.all_unrestricted.filter(is_active=True).prefetch_related(
        Prefetch("grants", RoleGrant.all_unrestricted.in_force(), to_attr="held"),
        Prefetch("stand_ins", StandIn.all_unrestricted.in_force(), to_attr="standing_in"),
        Prefetch("clients", ApiClient.all_unrestricted.usable(), to_attr="programs"),
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
