"""Whose votes count when a quorum of two is completed."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection

from base import clock
from base.crypto import Undecryptable
from controls import approvals, staff
from controls.actions import REGISTRY
from controls.actor import Actor
from controls.models import Person, Proposal, RoleGrant

TWO = {"controls.agree": 2}


@pytest.fixture
def proposal(administrator: Actor, stranger: Actor, monkeypatch: pytest.MonkeyPatch) -> Proposal:
    """A role that two must agree to."""
    monkeypatch.setitem(REGISTRY, "controls.grant_role", replace(REGISTRY["controls.grant_role"], quorum=TWO))
    person = Person.all_unrestricted.get(pk=str(stranger.person_id))
    made: Proposal = approvals.propose(
        by=administrator, name="controls.grant_role", record=person, arguments={"role": "mlro"}, reason="Joins."
    )
    return made


@pytest.fixture
def deputy(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor("dario_deputy", "deputy_mlro")


def agree(proposal: Proposal, *voters: Actor) -> str:
    for voter in voters:
        proposal = approvals.decide(proposal, by=voter, agrees=True, reason="Known to me.")
    return proposal.status


def suspend(who: Actor, by: Actor) -> None:
    staff.suspend_person(Person.all_unrestricted.get(pk=str(who.person_id)), by=by, reason="Under investigation.")


def restore(who: Actor) -> None:
    """As two others would have."""
    one, another = Person.all_unrestricted.filter(username__startswith="long_gone")
    Person.all_unrestricted.filter(pk=str(who.person_id)).update(
        is_active=True, restored_at=clock.now(), restored_by=one, restore_agreed_by=another
    )


def test_two_votes_of_people_who_hold_the_right_do_it(proposal: Proposal, officer: Actor, mlro: Actor) -> None:
    assert agree(proposal, officer, mlro) == Proposal.Status.AGREED


def test_the_vote_of_who_was_suspended_since_does_not_count(
    proposal: Proposal, officer: Actor, mlro: Actor, deputy: Actor
) -> None:
    agree(proposal, officer)
    suspend(officer, mlro)
    assert agree(proposal, mlro) == Proposal.Status.PROPOSED
    assert not Person.all_unrestricted.get(pk=proposal.record_id).roles()
    assert agree(proposal, deputy) == Proposal.Status.AGREED


def test_the_vote_of_who_lost_the_role_since_does_not_count(
    proposal: Proposal, officer: Actor, mlro: Actor, deputy: Actor
) -> None:
    agree(proposal, officer)
    grant = RoleGrant.all_unrestricted.get(person=officer.person_id)
    staff.end_role(grant, by=mlro, reason="Another department.")
    assert agree(proposal, mlro) == Proposal.Status.PROPOSED
    assert agree(proposal, deputy) == Proposal.Status.AGREED


def test_a_vote_counts_again_once_its_giver_is_back_and_nobody_votes_twice(
    proposal: Proposal, officer: Actor, mlro: Actor, deputy: Actor
) -> None:
    agree(proposal, officer)
    suspend(officer, mlro)
    agree(proposal, mlro)
    restore(officer)
    assert agree(proposal, deputy) == Proposal.Status.AGREED


def test_a_vote_put_into_the_database_by_hand_does_not_count(
    proposal: Proposal, administrator: Actor, officer: Actor, mlro: Actor
) -> None:
    columns = "id, proposal_id, person_id, maker_id, permission, agrees, reason, at"
    ids = [uuid4(), proposal.pk, officer.person_id, administrator.person_id]
    keys = [each if connection.vendor == "postgresql" else each.hex for each in ids if each]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO controls_vote ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [*keys, "controls.agree", True, b"a made-up reason", clock.now()],
        )
    with pytest.raises(Undecryptable):
        agree(proposal, mlro)
    assert Proposal.all_unrestricted.get().status == Proposal.Status.PROPOSED
