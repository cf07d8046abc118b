"""What one person could do alone: planted holdings, all found and none invented; and roles that do not go together."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import transaction
from django.test import Client

from base import clock
from base.errors import WrongState
from controls import alone, approvals, checks, clients, reports, toxic
from controls.actions import REGISTRY
from controls.actor import Actor
from controls.alone import Account, Deed
from controls.models import ApiClient, AuditEntry, Authenticator, Person, RoleGrant
from controls.roles import ROLES
from tests.conftest import Make, SignInAs
from tests.exports import PURPOSE, table_of, taken
from tests.people import come_in, hold

PAIR = Deed("tests.pair", frozenset({"controls.manage_staff"}), {"controls.agree": 1})


ASKED = {  # a part of the actions, so that the table stays true when another app brings its own
    "controls.change_policy kyc.risk",
    "controls.change_policy assets.prices",
    "controls.grant_role",
    "controls.make_client",
    "controls.reset_factors",
    "controls.review_emergency",
    "kyc.approve",
    "kyc.approve_second",
    "kyc.send_back",
}


def account(name: str, *roles: str, **more: Any) -> Account:
    return Account(name, name, frozenset(roles), **more)


def told(*accounts: Account) -> set[str]:
    """Who: what, for each finding."""
    return {
        f"{'='.join(each.names)}: {'+'.join(each.clash.roles) if each.clash else each.deed}"
        for each in alone.findings(accounts, [deed for deed in alone.deeds(REGISTRY) if deed.name in ASKED])
    }


# What is planted, and exactly what must be found of it.
PLANTED: dict[str, tuple[list[Account], set[str]]] = {
    "maker and checker of postings": (
        [account("ann", "finance_officer", "finance_controller")],
        {"ann: finance_controller+finance_officer"},
    ),
    "moves money and posts it": ([account("ann", "treasury", "finance_officer")], {"ann: finance_officer+treasury"}),
    "moves money and checks it": (
        [account("ann", "treasury", "finance_controller")],
        {"ann: finance_controller+treasury"},
    ),
    "an administrator who works": (
        [account("ann", "administrator", "support_agent")],
        {"ann: administrator+support_agent"},
    ),
    "an auditor who works": (
        [account("ann", "internal_auditor", "licence_officer")],
        {"ann: internal_auditor+licence_officer"},
    ),
    "samples what she decides": ([account("ann", "kyc_reviewer", "qa_reviewer")], {"ann: kyc_reviewer+qa_reviewer"}),
    "first and second of high risk": ([account("ann", "kyc_reviewer", "mlro")], {"ann: kyc_reviewer+mlro"}),
    "watches over what she does": (
        [account("ann", "data_protection_officer", "mlro")],
        {"ann: data_protection_officer+mlro"},
    ),
    "hands in by a program and approves": (
        [account("ann", "kyc_reviewer", programs=frozenset({"applicant_intake"}))],
        {"ann: applicant_intake+kyc_reviewer", "ann: kyc.approve"},
    ),
    "three roles, two pairs": (
        [account("ann", "finance_officer", "finance_controller", "treasury")],
        {
            "ann: finance_controller+finance_officer",
            "ann: finance_controller+treasury",
            "ann: finance_officer+treasury",
        },
    ),
    "two accounts with one address": (
        [account("ann", "mlro", email="ann@example.com"), account("bea", "deputy_mlro", email=" Ann@Example.com ")],
        {"ann=bea: controls.change_policy kyc.risk", "ann=bea: controls.review_emergency"},
    ),
    "two reviewers with one address": (
        [
            account("ann", "senior_kyc_reviewer", email="ann@example.com"),
            account("bea", "kyc_reviewer", email="ann@example.com"),
        ],
        {"ann=bea: kyc.approve_second", "ann=bea: kyc.send_back"},
    ),
    "an administrator who could come in as an officer": (
        [account("ann", "administrator"), account("bea", "compliance_officer", open_to="ann")],
        {
            "ann=bea: administrator+compliance_officer",
            "ann=bea: controls.review_emergency",
            "ann=bea: controls.grant_role",
            "ann=bea: controls.make_client",
            "ann=bea: controls.reset_factors",
        },
    ),
    "a program of one account, the role of the other": (
        [
            account("ann", email="ann@example.com", programs=frozenset({"applicant_intake"})),
            account("bea", "kyc_reviewer", email="ann@example.com"),
        ],
        {"ann=bea: applicant_intake+kyc_reviewer", "ann=bea: kyc.approve"},
    ),
}

HARMLESS: dict[str, list[Account]] = {
    "nobody": [],
    "each role by itself": [account(role, role) for role, found in ROLES.items() if found.kind == "person"],
    "the two founders": [account("ann", "administrator"), account("bea", "compliance_officer")],
    "no address is not one address": [account("ann", "mlro"), account("bea", "deputy_mlro")],
    "a password issued by who is not there": [account("ann", "mlro", open_to="gone")],
    "reviewer of both ranks": [account("ann", "kyc_reviewer", "senior_kyc_reviewer")],
    "support and licences": [account("ann", "support_agent", "support_lead", "licence_officer")],
    "a program of an administrator": [account("ann", "administrator", programs=frozenset({"applicant_intake"}))],
    "a second account without a role": [
        account("ann", "senior_kyc_reviewer", email="ann@example.com"),
        account("bea", email="ann@example.com"),
    ],
    "a role nobody knows": [account("ann", "no_such_role", "kyc_reviewer")],
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found_and_nothing_else(name: str) -> None:
    accounts, expected = PLANTED[name]
    assert told(*accounts) == expected


@pytest.mark.parametrize("name", HARMLESS)
def test_nothing_is_invented(name: str) -> None:
    assert told(*HARMLESS[name]) == set()


def test_everything_planted_at_once_is_found_at_once() -> None:
    everybody, expected = [], set()
    for number, (accounts, found) in enumerate(PLANTED.values()):
        for one in accounts:
            key, email = f"{one.name}{number}", f"{number}{one.email.strip()}" if one.email else ""
            open_to = f"{one.open_to}{number}" if one.open_to else ""
            everybody.append(Account(key, key, one.roles, one.programs, email, open_to))
        expected |= {
            f"{text.partition(':')[0].replace('=', f'{number}=')}{number}:{text.partition(':')[2]}" for text in found
        }
    harmless = [Account(f"{name}:{one.key}", one.key, one.roles) for name, all_of in HARMLESS.items() for one in all_of]
    assert told(*everybody, *harmless) == expected


def test_votes_are_given_by_as_many_accounts_as_are_needed() -> None:
    needs_two = Deed("tests.two", PAIR.first, {"controls.agree": 2})
    one, two, three = account("a", "administrator"), account("b", "mlro"), account("c", "compliance_officer")
    assert alone.carried(PAIR, [one, two])
    assert not alone.carried(needs_two, [one, two])
    assert alone.carried(needs_two, [one, two, three])


def test_every_pair_that_holds_two_hands_is_forbidden_and_every_action_is_declared() -> None:
    assert alone.undeclared(REGISTRY) == []
    assert [pair for pair in alone.split(alone.deeds(REGISTRY)) if not list(toxic.clashes(pair.roles))] == []
    assert checks.what_takes_two_is_declared(None) == []


def test_a_pair_nobody_declared_and_an_action_nobody_explained_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toxic, "TOXIC", toxic.TOXIC[1:])
    monkeypatch.delitem(alone.ON_PURPOSE, "controls.reveal")
    found = {each.id: each.msg for each in checks.what_takes_two_is_declared(None)}
    assert "controls.reveal" in found["controls.E004"]
    assert "administrator" in found["controls.W005"]


# --- by what is in the database -----------------------------------------------------------------------------------


@pytest.fixture
def person(make_actor: Make) -> Person:
    return Person.all_unrestricted.get(pk=str(make_actor("pia").person_id))


def test_grants_and_programs_in_force_count_and_others_do_not(person: Person, administrator: Actor) -> None:
    hold(person, "kyc_reviewer", "qa_reviewer", "mlro")
    RoleGrant.all_unrestricted.filter(role="mlro").update(ended_at=clock.now())
    gone = ApiClient.all_unrestricted.create(name="Old", owner=person, role="applicant_intake", revoked_at=clock.now())
    assert gone.owner == person
    assert [each.clash and each.clash.roles for each in reports.alone_now()] == [("kyc_reviewer", "qa_reviewer")]
    RoleGrant.all_unrestricted.filter(role="qa_reviewer").update(suspended_at=clock.now())
    assert reports.alone_now() == []


def test_a_suspended_person_holds_nothing(person: Person) -> None:
    hold(person, "kyc_reviewer", "qa_reviewer")
    Person.all_unrestricted.filter(pk=person.pk).update(is_active=False)
    assert reports.alone_now() == []


def test_an_account_whose_factors_are_gone_is_open_to_who_issued_its_password(
    person: Person, administrator: Actor
) -> None:
    hold(person, "compliance_officer")
    come_in(person)
    Person.all_unrestricted.filter(pk=person.pk).update(
        password_is_temporary=True, password_issued_by_id=administrator.person_id
    )
    assert reports.alone_now() == []
    Authenticator.all_unrestricted.filter(user=person).update(removed_at=clock.now())
    assert "controls.grant_role" in {each.deed for each in reports.alone_now()}


def test_six_queries_however_many_people_there_are(
    make_actor: Make, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for number in range(12):
        make_actor(f"many_{number}", "kyc_reviewer")
    with django_assert_num_queries(6):
        assert reports.alone_now() == []


def test_the_check_names_who_holds_what(person: Person) -> None:
    hold(person, "finance_officer", "finance_controller")
    found = [each for each in run_checks(databases=["default"]) if each.id == "controls.W006"]
    assert [each.msg for each in found] == ["Pia: holds finance_controller and finance_officer."]


# --- given no more ------------------------------------------------------------------------------------------------


def propose(by: Actor, person: Person, role: str) -> Any:
    return approvals.propose(
        by=by, name="controls.grant_role", record=person, arguments={"role": role}, reason="Short of people."
    )


def test_a_role_is_not_proposed_beside_one_it_does_not_go_with(person: Person, administrator: Actor) -> None:
    hold(come_in(person), "finance_officer")
    with pytest.raises(WrongState) as refused, transaction.atomic():
        propose(administrator, person, "finance_controller")
    assert refused.value.code == "toxic_roles"
    assert "Finance controller (checker) + Finance officer (maker)" in refused.value.text
    assert propose(administrator, person, "support_agent")


def test_a_suspended_role_counts_as_held(person: Person, administrator: Actor) -> None:
    hold(come_in(person), "finance_officer")
    RoleGrant.all_unrestricted.filter(person=person).update(suspended_at=clock.now())
    with pytest.raises(WrongState, match="not held by one person"), transaction.atomic():
        propose(administrator, person, "finance_controller")


def test_of_two_proposals_the_second_is_refused_when_the_first_is_agreed(
    person: Person, administrator: Actor, officer: Actor
) -> None:
    come_in(person)
    first, second = propose(administrator, person, "treasury"), propose(administrator, person, "finance_controller")
    approvals.decide(first, by=officer, agrees=True, reason="Fine.")
    with pytest.raises(WrongState) as refused, transaction.atomic():
        approvals.decide(second, by=officer, agrees=True, reason="Fine.")
    assert refused.value.code == "toxic_roles"


def test_who_approves_applicants_owns_no_program_that_hands_them_in(
    reviewer: Actor, administrator: Actor, officer: Actor
) -> None:
    owner = Person.all_unrestricted.get(pk=str(reviewer.person_id))
    words: dict[str, Any] = {"name": "Site", "owner": owner, "role": "applicant_intake", "networks": []}
    with pytest.raises(WrongState) as refused, transaction.atomic():
        approvals.propose(by=administrator, name="controls.make_client", record=None, arguments=words, reason="New.")
    assert refused.value.code == "toxic_roles"
    client = ApiClient.all_unrestricted.create(
        name="Site", owner_id=officer.id, role="applicant_intake", expires_at=clock.now() + timedelta(days=1)
    )
    with pytest.raises(WrongState), transaction.atomic():
        approvals.propose(
            by=administrator,
            name=clients.hand_over_client.action.name,
            record=client,
            arguments={"owner": owner},
            reason="x",
        )


# --- the pages ----------------------------------------------------------------------------------------------------


def test_the_page_and_its_file_tell_the_same(
    client: Client, signin_as: SignInAs, person: Person, auditor: Actor
) -> None:
    hold(person, "finance_officer", "finance_controller")
    signin_as(client, auditor)
    page = client.get("/admin/alone/").content.decode()
    assert page.count("badge-red") == 1
    assert "Finance controller (checker) + Finance officer (maker)" in page
    assert "Roles that do not go together" in client.get("/admin/").content.decode()
    answer = client.post("/admin/alone/export/", PURPOSE)
    assert "Pia: Finance controller (checker) + Finance officer (maker)" in answer.content.decode()
    assert AuditEntry.all_unrestricted.filter(action="controls.export").count() == 1


@pytest.mark.parametrize("name", ["alone", "permissions"])
def test_a_matrix_leaves_as_a_file_by_post_alone(
    client: Client, signin_as: SignInAs, auditor: Actor, reviewer: Actor, name: str
) -> None:
    signin_as(client, auditor)
    assert client.get(f"/admin/{name}/export/")["Content-Type"].startswith("text/html")
    assert client.post(f"/admin/{name}/").status_code == 403
    assert table_of(taken(client, f"/admin/{name}/export/"))
    signin_as(client, reviewer)
    assert client.post(f"/admin/{name}/export/", PURPOSE).status_code == 403
