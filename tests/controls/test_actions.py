"""What @action promises, seen on the suspension of a person."""

from typing import Any

import pytest
from django.db import DatabaseError, connection

from base.errors import Invalid, NotFound, NotPermitted, WrongState
from controls import actions, approvals, entries, staff
from controls.actor import Actor
from controls.models import Attempt, AuditEntry, AuditValue, Person, Proposal, RoleGrant
from tests.people import come_in


def person(actor: Actor) -> Person:
    assert actor.person_id
    return Person.all_unrestricted.get(pk=actor.person_id)


def test_an_action_changes_the_record_and_writes_one_entry(officer: Actor, reviewer: Actor) -> None:
    changed = staff.suspend_person(person(reviewer), by=officer, reason="Left the company.")
    assert not changed.is_active
    assert not person(reviewer).is_active
    entry = AuditEntry.all_unrestricted.get()
    assert (entry.action, entry.actor, entry.record_id) == (
        "controls.suspend_person",
        officer.label,
        str(reviewer.person_id),
    )
    values = AuditValue.objects.get(pk=entry.ref).values
    assert (values["is_active"]["old"], values["is_active"]["new"]) == (True, False)
    assert values["reason"]["new"] == "Left the company."
    assert entries.commitment(values["is_active"]["salt"], True, False) in entry.content
    assert "Left the company" not in entry.content


def test_the_wrong_role_is_refused_and_only_the_log_of_attempts_grows(stranger: Actor, reviewer: Actor) -> None:
    with pytest.raises(NotFound):
        staff.suspend_person(person(reviewer), by=stranger, reason="No.")
    assert person(reviewer).is_active
    assert AuditEntry.all_unrestricted.count() == 0
    assert [attempt.code for attempt in Attempt.objects.all()] == ["not_found"]


def test_who_may_see_but_not_act_is_told_so(auditor: Actor, reviewer: Actor) -> None:
    with pytest.raises(NotPermitted):
        staff.suspend_person(person(reviewer), by=auditor, reason="No.")
    assert person(reviewer).is_active


def test_the_wrong_state_is_refused(officer: Actor, reviewer: Actor) -> None:
    staff.suspend_person(person(reviewer), by=officer, reason="Left.")
    with pytest.raises(WrongState):
        staff.suspend_person(person(reviewer), by=officer, reason="Again.")
    assert AuditEntry.all_unrestricted.count() == 1


def test_rights_are_read_again_at_the_moment_of_the_action(officer: Actor, mlro: Actor, reviewer: Actor) -> None:
    grant = RoleGrant.all_unrestricted.get(person=officer.person_id)
    staff.suspend_role(grant, by=mlro, reason="Under investigation.")
    with pytest.raises((NotPermitted, NotFound)):
        staff.suspend_person(person(reviewer), by=officer, reason="With rights of yesterday.")


def test_an_entry_that_cannot_be_written_undoes_the_change(
    officer: Actor, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**words: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(entries, "write", broken)
    with pytest.raises(DatabaseError):
        staff.suspend_person(person(reviewer), by=officer, reason="Left.")
    assert person(reviewer).is_active


def test_an_action_costs_at_most_six_queries(officer: Actor, reviewer: Actor) -> None:
    subject = person(reviewer)
    with connection.execute_wrapper(count := Counter()):
        staff.suspend_person(subject, by=officer, reason="Left.")
    assert count.seen <= 6


class Counter:
    """Counts statements, those of the transaction aside."""

    seen = 0

    def __call__(self, execute: object, sql: str, *rest: object) -> object:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN")):
            self.seen += 1
        return execute(sql, *rest)  # type: ignore[operator]


def test_a_role_is_proposed_by_one_and_agreed_by_another(administrator: Actor, officer: Actor, stranger: Actor) -> None:
    proposal = approvals.propose(
        by=administrator,
        name="controls.grant_role",
        record=person(stranger),
        arguments={"role": "kyc_reviewer"},
        reason="Joins the team.",
    )
    assert not person(stranger).roles()
    assert ("rolegrant.role", None, "kyc_reviewer") in {
        (row["field"], row["old"], row["new"]) for row in proposal.difference
    }
    approvals.decide(proposal, by=officer, agrees=True, reason="Confirmed with the team lead.")
    assert person(stranger).roles() == {"kyc_reviewer"}
    assert Proposal.all_unrestricted.get().status == Proposal.Status.AGREED


def test_a_role_cannot_be_granted_without_a_proposal(administrator: Actor, stranger: Actor) -> None:
    with pytest.raises(NotPermitted, match="proposed"):
        staff.grant_role(person(stranger), by=administrator, role="kyc_reviewer")
    assert not person(stranger).roles()


def test_the_maker_does_not_decide(make_actor: object, stranger: Actor) -> None:
    both = make_actor("both", "administrator", "compliance_officer")  # type: ignore[operator]
    proposal = approvals.propose(
        by=both, name="controls.grant_role", record=person(stranger), arguments={"role": "mlro"}, reason="Mine."
    )
    with pytest.raises(NotPermitted) as refused:
        approvals.decide(proposal, by=both, agrees=True, reason="Mine too.")
    assert refused.value.code == "same_person"
    assert not person(stranger).roles()


def test_what_can_no_longer_be_done_is_refused_at_the_decision(
    administrator: Actor, officer: Actor, reviewer: Actor, mlro: Actor
) -> None:
    grant = staff.suspend_role(RoleGrant.all_unrestricted.get(person=person(reviewer)), by=mlro, reason="First.")
    come_in(person(reviewer))
    proposal = approvals.propose(
        by=administrator, name="controls.restore_role", record=grant, arguments={}, reason="Back."
    )
    staff.end_role(grant, by=mlro, reason="For good.")
    with pytest.raises(WrongState):
        approvals.decide(proposal, by=officer, agrees=True, reason="Fine.")
    assert Proposal.all_unrestricted.get(pk=proposal.pk).status == Proposal.Status.PROPOSED


def test_the_very_same_is_not_proposed_twice_while_it_waits(
    administrator: Actor, officer: Actor, reviewer: Actor, mlro: Actor
) -> None:
    staff.suspend_person(person(reviewer), by=mlro, reason="First.")

    def propose() -> Proposal:
        made: Proposal = approvals.propose(
            by=administrator, name="controls.restore_person", record=person(reviewer), arguments={}, reason="Back."
        )
        return made

    first = propose()
    with pytest.raises(WrongState) as refused:
        propose()
    assert refused.value.code == "proposed_already"
    approvals.decide(first, by=officer, agrees=False, reason="Not yet.")
    assert propose().status == Proposal.Status.PROPOSED


def test_a_reason_is_asked_for_by_name(officer: Actor, reviewer: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        staff.suspend_person(person(reviewer), by=officer, reason="  ")
    assert refused.value.field == "reason"


def test_every_action_is_registered_under_its_app_and_verb() -> None:
    assert actions.REGISTRY["controls.suspend_person"].permission == "controls.suspend"


def test_who_would_gain_does_not_agree(administrator: Actor, officer: Actor) -> None:
    record = come_in(person(officer))
    proposal = approvals.propose(
        by=administrator, name="controls.grant_role", record=record, arguments={"role": "mlro"}, reason="Up."
    )
    with pytest.raises(NotPermitted) as refused:
        approvals.decide(proposal, by=officer, agrees=True, reason="Gladly.")
    assert refused.value.code == "concerned"
    assert person(officer).roles() == {"compliance_officer"}


def test_the_owner_of_a_client_does_not_agree_to_it(administrator: Actor, officer: Actor) -> None:
    words = {"name": "Mine", "owner": person(officer), "role": "applicant_intake", "networks": []}
    proposal = approvals.propose(
        by=administrator, name="controls.make_client", record=None, arguments=words, reason="Intake."
    )
    with pytest.raises(NotPermitted) as refused:
        approvals.decide(proposal, by=officer, agrees=True, reason="Gladly.")
    assert refused.value.code == "concerned"


def test_nobody_proposes_to_restore_their_own_role(make_actor: Any, mlro: Actor) -> None:
    own = make_actor("both", "administrator", "aml_analyst")
    grant = RoleGrant.all_unrestricted.get(person=person(own), role="aml_analyst")
    staff.suspend_role(grant, by=mlro, reason="Looked into.")
    with pytest.raises(Invalid) as refused:
        approvals.propose(by=own, name="controls.restore_role", record=grant, arguments={}, reason="Mine.")
    assert refused.value.field == "person"
