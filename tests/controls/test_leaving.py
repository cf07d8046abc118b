"""Somebody leaves: everything ends at once, by one person; coming back takes two and gives no role back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from base import clock
from base.errors import NotPermitted, WrongState
from controls import approvals, clients, leaving, staff
from controls.actor import Actor
from controls.models import ApiClient, AuditEntry, ClientKey, Person, Proposal, ReportSight, RoleGrant, Session
from tests.conftest import Make, SignInAs
from tests.people import come_in


@pytest.fixture
def leaver(make_actor: Make) -> Actor:
    return make_actor("lea_leaver", "administrator")


def row(who: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(who.person_id))


@pytest.fixture
def holds(
    client: Client, signin_as: SignInAs, leaver: Actor, administrator: Actor, mlro: Actor, stranger: Actor
) -> ApiClient:
    """A session, a program with a key, a proposal, a sight of reports, a role."""
    signin_as(client, leaver)
    program: ApiClient = ApiClient.all_unrestricted.create(
        name="Site", owner=row(leaver), role="applicant_intake", expires_at=clock.now() + timedelta(days=9)
    )
    clients.issue_key(program, by=leaver)
    words = {"role": "aml_analyst"}
    approvals.propose(by=leaver, name="controls.grant_role", record=row(stranger), arguments=words, reason="Joins.")
    staff.grant_report_sight(row(leaver), by=mlro, reason="Investigates.")
    return program


def test_everything_held_is_told_beforehand_and_ends_at_once(
    client: Client, leaver: Actor, holds: ApiClient, officer: Actor
) -> None:
    assert {str(title) for title, count in leaving.held(row(leaver)) if count == 1} == {
        "Sessions",
        "Keys of API clients",
        "Proposals that wait",
        "Sight of reports",
        "Roles",
    }
    assert client.get("/admin/").status_code == 200
    leaving.see_off(row(leaver), by=officer, reason="Last day.")
    assert not any(count for _title, count in leaving.held(row(leaver)))
    assert client.get("/admin/").status_code == 302
    assert not Session.all_unrestricted.filter(ended_at=None).exists()
    assert not ClientKey.all_unrestricted.in_force().exists()
    assert Proposal.all_unrestricted.get().status == "withdrawn"
    assert not ReportSight.all_unrestricted.filter(ended_at=None).exists()
    assert not RoleGrant.all_unrestricted.in_force().filter(person=row(leaver)).exists()


def test_each_thing_that_ended_has_an_entry_that_names_the_leaving_as_its_cause(
    leaver: Actor, holds: ApiClient, officer: Actor
) -> None:
    leaving.see_off(row(leaver), by=officer, reason="Last day.")
    cause = AuditEntry.all_unrestricted.get(action="controls.see_off").ref
    caused = [entry.action for entry in AuditEntry.all_unrestricted.all() if str(cause) in entry.content]
    assert sorted(caused) == [
        "controls.end_key",
        "controls.end_report_sight",
        "controls.end_role",
        "controls.end_session",
        "controls.see_off",
        "controls.withdraw",
    ]


def test_once_more_changes_nothing(leaver: Actor, officer: Actor) -> None:
    leaving.see_off(row(leaver), by=officer, reason="Last day.")
    entries = AuditEntry.all_unrestricted.count()
    with pytest.raises(WrongState, match="has left already"), transaction.atomic():
        leaving.see_off(row(leaver), by=officer, reason="Last day.")
    assert AuditEntry.all_unrestricted.count() == entries


def test_who_is_suspended_leaves_too(leaver: Actor, officer: Actor) -> None:
    staff.suspend_person(row(leaver), by=officer, reason="Looked into.")
    leaving.see_off(row(leaver), by=officer, reason="It was so.")
    assert RoleGrant.all_unrestricted.in_force().filter(person=row(leaver)).count() == 0


def test_their_program_stands_still_until_two_give_it_another_owner(
    leaver: Actor, holds: ApiClient, officer: Actor, administrator: Actor
) -> None:
    leaving.see_off(row(leaver), by=officer, reason="Last day.")
    words = {"owner": row(administrator)}
    other = approvals.propose(
        by=administrator, name="controls.hand_over_client", record=holds, arguments=words, reason="Goes on."
    )
    approvals.decide(other, by=officer, agrees=True, reason="Goes on.")
    program = ApiClient.all_unrestricted.get()
    assert clients.issue_key(program, by=administrator).is_in_force()
    assert ClientKey.all_unrestricted.in_force().count() == 1


def test_coming_back_takes_two_and_gives_no_role_back(leaver: Actor, officer: Actor, administrator: Actor) -> None:
    come_in(row(leaver))
    leaving.see_off(row(leaver), by=officer, reason="Last day.")
    with pytest.raises(NotPermitted) as refused, transaction.atomic():
        staff.restore_person(row(leaver), by=administrator)
    assert refused.value.code == "approval_needed"
    back = approvals.propose(
        by=administrator, name="controls.restore_person", record=row(leaver), arguments={}, reason="Back."
    )
    approvals.decide(back, by=officer, agrees=True, reason="Back.")
    assert (row(leaver).is_active, row(leaver).left_at, row(leaver).roles()) == (True, None, frozenset())


def test_who_has_left_is_not_active_even_by_sql(leaver: Actor, officer: Actor) -> None:
    leaving.see_off(row(leaver), by=officer, reason="Last day.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Person.all_unrestricted.filter(pk=row(leaver).pk).update(is_active=True)


def test_the_dialog_says_what_ends(
    client: Client, signin_as: SignInAs, leaver: Actor, holds: Any, officer: Actor
) -> None:
    signin_as(client, officer)
    page = client.get(f"/admin/controls/person/{leaver.person_id}/do/see_off/").content.decode()
    assert "Keys of API clients (1)" in page
