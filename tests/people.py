"""People with roles that two others gave, and with their first sign-in behind them: the rows that actions leave,
where a test is about something else."""

from base import clock
from controls.models import Authenticator, Person, RoleGrant, Session

LONG_GONE = {"long_gone_proposer", "long_gone_agreer"}


def hold(person: Person, *roles: str) -> None:
    """As if proposed and agreed by two who left long ago."""
    one, another = (_long_gone(name) for name in ("proposer", "agreer"))
    for role in roles:
        RoleGrant.all_unrestricted.create(person=person, role=role, granted_by=one, agreed_by=another)


def _long_gone(name: str) -> Person:
    who, _made = Person.all_unrestricted.get_or_create(
        username=f"long_gone_{name}", defaults={"name": f"Former {name.title()}", "is_active": False}
    )
    return who


def come_in(person: Person) -> Person:
    """Has signed in, with an authenticator, and out again; as often as it is said."""
    if not Authenticator.all_unrestricted.filter(user=person).exists():
        Authenticator.all_unrestricted.create(user=person, name="Authenticator app", key="31" * 20)
    now = clock.now()
    Session.all_unrestricted.create(
        person=person, confirmed_at=now, ended_at=now, ending=Session.Ending.SIGNED_OUT, address="127.0.0.1"
    )
    return person
