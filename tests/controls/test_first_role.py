"""From the first start to the third person: a first password is no way to a role, and the two founders are enough."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from base import clock
from base.errors import NotPermitted, WrongState
from controls import approvals, staff
from controls.actor import Actor
from controls.models import Authenticator, Person, Proposal, RoleGrant
from controls.signin import actions
from tests.committed import CommittedDatabase
from tests.people import come_in, hold
from tests.signin.test_sign_in import key_on

FIRST_PASSWORD, OWN_PASSWORD = "a made-up password 7", "another made-up password 8"


def fresh(person: Person | Actor) -> Person:
    key = person.pk if isinstance(person, Person) else person.person_id
    return Person.all_unrestricted.get(pk=str(key))


def founders() -> tuple[Actor, Actor]:
    first, second = ({"username": name, "name": name.title(), "password": FIRST_PASSWORD} for name in ("ada", "ben"))
    staff.bootstrap(by=Actor.job("controls.bootstrap"), administrator=first, officer=second, entity="First company")
    one, two = (
        Actor.of(come_in(Person.all_unrestricted.get(username=name)), confirmed_at=clock.now())
        for name in ("ada", "ben")
    )
    return one, two


def create(by: Actor, username: str = "nina") -> Person:
    person: Person = staff.create_person(by=by, username=username, name=username.title(), password=FIRST_PASSWORD)
    return person


def propose(person: Person, by: Actor, role: str = "kyc_reviewer") -> Proposal:
    proposal: Proposal = approvals.propose(
        by=by, name="controls.grant_role", record=person, arguments={"role": role}, reason="Joins."
    )
    return proposal


def own_password(person: Person) -> Person:
    changed: Person = actions.replace_temporary_password(person, by=Actor.of(person), password=OWN_PASSWORD)
    return changed


def sign_in_for_the_first_time(client: Client, username: str) -> None:
    client.post("/sign-in/", {"name": username, "password": FIRST_PASSWORD})
    client.post("/sign-in/new-password/", {"password": OWN_PASSWORD, "again": OWN_PASSWORD})
    key = key_on(client.get("/sign-in/enrol/").content)
    client.post("/sign-in/enrol/", {"code": Authenticator(key=key).code()})
    shown = re.findall(rb"<code>([a-z2-7-]+)</code>", client.post("/sign-in/recovery-codes/").content)
    client.post("/sign-in/recovery-codes/", {"code": shown[0].decode()})


@pytest.mark.django_db
def test_two_founders_add_the_third_person_who_signs_in_first(client: Client) -> None:
    administrator, officer = founders()
    person = create(administrator)
    sign_in_for_the_first_time(client, "nina")
    assert fresh(person).sessions.exists()
    approvals.decide(propose(fresh(person), administrator), by=officer, agrees=True, reason="Known to me.")
    grant = RoleGrant.all_unrestricted.get(person=person)
    assert (grant.granted_by_id, grant.agreed_by_id) == (administrator.person_id, officer.person_id)
    assert list(
        RoleGrant.all_unrestricted.exclude(founder=None).order_by("founder").values_list("role", flat=True)
    ) == [
        "administrator",
        "compliance_officer",
    ]


@pytest.mark.django_db
def test_no_role_is_proposed_before_password_factor_and_sign_in() -> None:
    administrator, _officer = founders()
    person = create(administrator)
    assert person.password_issued_by_id == person.created_by_id == administrator.person_id
    for step in (lambda: None, lambda: own_password(fresh(person)), lambda: _factor(person)):
        step()
        with pytest.raises(WrongState) as refused:
            propose(fresh(person), administrator)
        assert refused.value.code == "not_enrolled"
    actions.sign_in(fresh(person), by=Actor.of(fresh(person)), address="127.0.0.1", browser="")
    assert propose(fresh(person), administrator).status == Proposal.Status.PROPOSED


@pytest.mark.django_db
def test_a_password_issued_since_the_proposal_stops_it() -> None:
    administrator, officer = founders()
    person = come_in(own_password(create(administrator)))
    proposal = propose(person, administrator)
    actions.issue_password(fresh(person), by=administrator)
    with pytest.raises(WrongState) as refused:
        approvals.decide(proposal, by=officer, agrees=True, reason="Known to me.")
    assert refused.value.code == "not_enrolled"
    assert not fresh(person).roles()


@pytest.mark.parametrize("deed", ["created", "issued the password of"])
def test_who_made_a_person_does_not_agree_to_their_first_role(deed: str, make_actor: Any, officer: Actor) -> None:
    both = make_actor("bea_both", "administrator", "compliance_officer")
    administrator = make_actor("adam_admin", "administrator")
    person = come_in(own_password(create(both if deed == "created" else administrator)))
    if deed != "created":
        actions.issue_password(person, by=both)
        person = actions.replace_temporary_password(
            fresh(person), by=Actor.of(person), password="a third made-up one 9"
        )
    proposal = propose(person, administrator)
    with pytest.raises(NotPermitted) as refused:
        approvals.decide(proposal, by=both, agrees=True, reason="Known to me.")
    assert refused.value.code == "concerned"
    approvals.decide(proposal, by=officer, agrees=True, reason="Known to me.")
    second = propose(fresh(person), administrator, "aml_analyst")
    approvals.decide(second, by=both, agrees=True, reason="Known to all by now.")
    assert fresh(person).roles() == {"kyc_reviewer", "aml_analyst"}


def test_a_restored_role_is_a_new_one_given_by_two(reviewer: Actor, officer: Actor, mlro: Actor) -> None:
    person = come_in(fresh(reviewer))
    hold(person, "aml_analyst")
    grant = RoleGrant.all_unrestricted.get(person=person, role="aml_analyst")
    staff.suspend_role(grant, by=mlro, reason="Looked into.")
    other = Person.all_unrestricted.create(username="olga", name="Olga")
    hold(other, "administrator")
    by = Actor.of(other, confirmed_at=clock.now())
    back = approvals.propose(by=by, name="controls.restore_role", record=grant, arguments={}, reason="Cleared.")
    assert {"(who agrees)"} == {row["new"] for row in back.difference if row["field"] == "rolegrant.agreed_by"}
    approvals.decide(back, by=officer, agrees=True, reason="Cleared.")
    anew = RoleGrant.all_unrestricted.in_force().get(person=person, role="aml_analyst")
    assert (anew.granted_by_id, anew.agreed_by_id) == (other.pk, officer.person_id)
    assert RoleGrant.all_unrestricted.get(pk=grant.pk).ended_at


def test_who_restored_a_person_is_kept(administrator: Actor, officer: Actor, mlro: Actor, reviewer: Actor) -> None:
    staff.suspend_person(fresh(reviewer), by=mlro, reason="Looked into.")
    back = approvals.propose(
        by=administrator, name="controls.restore_person", record=fresh(reviewer), arguments={}, reason="Cleared."
    )
    approvals.decide(back, by=officer, agrees=True, reason="Cleared.")
    person = fresh(reviewer)
    assert person.is_active
    assert (person.restored_by_id, person.restore_agreed_by_id) == (administrator.person_id, officer.person_id)


def test_roles_given_before_it_was_kept_who_agreed_say_it_after_the_migration(committed_db: CommittedDatabase) -> None:
    administrator, officer = founders()
    person = come_in(own_password(create(administrator)))
    approvals.decide(propose(person, administrator), by=officer, agrees=True, reason="Known to me.")
    before = sorted(RoleGrant.all_unrestricted.values_list("role", "granted_by", "agreed_by", "founder"), key=str)
    call_command("migrate", "controls", "0011", verbosity=0)
    _without_the_guards_of_now()
    call_command("migrate", verbosity=0)
    after = sorted(RoleGrant.all_unrestricted.values_list("role", "granted_by", "agreed_by", "founder"), key=str)
    assert after == before
    assert fresh(person).created_by_id == administrator.person_id


def _factor(person: Person) -> None:
    key = actions.new_key()
    actions.enrol_authenticator(fresh(person), by=Actor.of(person), key=key, code=Authenticator(key=key).code())


def _without_the_guards_of_now() -> None:
    """An installation of then had none for these columns; on SQLite they step aside by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER guard_controls_person_update ON controls_person")
