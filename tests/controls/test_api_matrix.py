"""Who gets what from the addresses of staff and clients: a table, held against every role that people have."""

from collections.abc import Callable

import pytest
from django.test import Client

from controls.actor import Actor
from controls.models import ApiClient, Person, Proposal, RoleGrant
from controls.roles import ROLES
from tests.people import come_in

BASE = "/api/v1/controls"
READS_STAFF = {
    "administrator",
    "compliance_officer",
    "mlro",
    "deputy_mlro",
    "senior_management",
    "internal_auditor",
}
SUSPENDS = {"administrator", "compliance_officer", "mlro", "deputy_mlro"}
MANAGES = {"administrator"}
ROLES_OF_PEOPLE = sorted(key for key, role in ROLES.items() if role.kind == "person")


def expected(role: str, address: str) -> int:
    """404 where the record may not be known, 403 where it may be seen but not that be done."""
    sees = role in READS_STAFF
    return {
        "GET person": 200 if sees else 404,
        "GET grant": 200 if sees else 404,
        "GET client": 200 if sees else 404,
        "GET people": 200,
        "POST suspend_person": (200 if role in SUSPENDS else 403) if sees else 404,
        "POST suspend_role": (200 if role in SUSPENDS else 403) if sees else 404,
        "POST revoke_client": (200 if role in SUSPENDS else 403) if sees else 404,
        "POST issue_key": 403 if sees else 404,  # its owner alone
        "POST grant_role": (202 if role in MANAGES else 403) if sees else 404,
        "POST people": 201 if role in MANAGES else 403,
    }[address]


@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_every_role_gets_what_the_table_says(
    role: str, api: Callable[[Actor], Client], make_actor: Callable[..., Actor], administrator: Actor
) -> None:
    caller = api(make_actor("rita_role", role))
    subject = make_actor("sam_subject", "aml_analyst")
    come_in(Person.all_unrestricted.get(pk=subject.id))
    grant = RoleGrant.all_unrestricted.get(person_id=subject.id)
    program = ApiClient.all_unrestricted.create(
        name="Sign-up site", owner_id=administrator.id, role="applicant_intake", networks=[]
    )
    person, new = f"{BASE}/people/{subject.id}", {"username": "nina", "name": "Nina", "password": "a made-up word 7"}
    calls: dict[str, tuple[str, dict[str, str] | None]] = {
        "GET people": (f"{BASE}/people", None),
        "GET person": (person, None),
        "GET grant": (f"{BASE}/role-grants/{grant.pk}", None),
        "GET client": (f"{BASE}/clients/{program.pk}", None),
        "POST people": (f"{BASE}/people", new),
        "POST grant_role": (f"{person}/grant_role", {"role": "qa_reviewer", "reason": "Moves."}),
        "POST issue_key": (f"{BASE}/clients/{program.pk}/issue_key", {}),
        "POST revoke_client": (f"{BASE}/clients/{program.pk}/revoke_client", {"reason": "Leaked."}),
        "POST suspend_role": (f"{BASE}/role-grants/{grant.pk}/suspend_role", {"reason": "Looked into."}),
        "POST suspend_person": (f"{person}/suspend_person", {"reason": "Left."}),
    }
    seen = {
        name: (caller.get(where) if body is None else caller.post(where, body, "application/json")).status_code
        for name, (where, body) in calls.items()
    }
    assert seen == {name: expected(role, name) for name in calls}
    if role not in SUSPENDS | MANAGES:
        assert Person.all_unrestricted.get(pk=subject.id).is_active
        assert not Proposal.all_unrestricted.exists()
