"""Deputies: another's role on given days, for them; never the check of what either of them made."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from base import clock
from base.errors import Invalid, NotPermitted, WrongState
from controls import approvals, deputies, leaving, staff, timeline
from controls.actor import Actor
from controls.models import AuditEntry, Person, Proposal, RoleGrant, StandIn
from tests.conftest import Make
from tests.people import come_in


def row(who: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(who.person_id))


@pytest.fixture
def deputy(make_actor: Make) -> Actor:
    actor = make_actor("dora_deputy", "aml_analyst")
    come_in(row(actor))
    return actor


@pytest.fixture
def other(make_actor: Make) -> Actor:
    return make_actor("otto_other", "administrator")


def proposed(by: Actor, absent: Actor, deputy: Actor, **words: Any) -> Proposal:
    today = clock.today()
    given = {"deputy": row(deputy), "role": "compliance_officer", "first_day": today, "last_day": today, **words}
    made: Proposal = approvals.propose(
        by=by, name="controls.stand_in", record=row(absent), arguments=given, reason="On holiday."
    )
    return made


@pytest.fixture
def standing(administrator: Actor, officer: Actor, deputy: Actor, mlro: Actor) -> StandIn:
    """Dora stands in for Carla, the compliance officer, for three days."""
    made = proposed(administrator, officer, deputy, last_day=clock.today() + timedelta(days=2))
    approvals.decide(made, by=mlro, agrees=True, reason="Fine.")
    found: StandIn = StandIn.all_unrestricted.get()
    return found


def at(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    then = clock.now() + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: then)


def test_a_deputy_holds_the_role_on_those_days_alone(
    deputy: Actor, standing: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deputy.still().may("controls.agree")
    at(2, monkeypatch)
    assert deputy.still().may("controls.agree")
    at(1, monkeypatch)
    assert not deputy.still().may("controls.agree")
    assert deputy.still().may("kyc.view_application"), "their own role stays"


def test_what_waits_moves_over_and_the_entry_says_for_whom(
    deputy: Actor, standing: StandIn, administrator: Actor, stranger: Actor, officer: Actor
) -> None:
    words = {"role": "support_agent"}
    waiting = approvals.propose(
        by=administrator, name="controls.grant_role", record=row(stranger), arguments=words, reason="Joins."
    )
    by = deputy.still()
    assert list(Proposal.objects.visible_to(by).to_decide(by)) == [waiting]
    approvals.decide(waiting, by=by, agrees=True, reason="Fine.")
    entries = list(AuditEntry.all_unrestricted.filter(action="controls.suspend_person"))
    assert not entries
    staff.suspend_person(row(stranger), by=by, reason="Gone.")
    entry = AuditEntry.all_unrestricted.get(action="controls.suspend_person")
    assert timeline.sentences([entry], officer)[0].who == "Dora Deputy for Carla Compliance"


def test_a_deputy_checks_neither_what_the_absent_made_nor_their_own(
    deputy: Actor, standing: StandIn, officer: Actor
) -> None:
    from controls.policies import policy
    from kyc.policies import RISK_DEFAULT

    assert policy("kyc.risk")
    words = {"name": "kyc.risk", "document": {**RISK_DEFAULT, "adult_years": 19}, "effective_on": date(2030, 1, 1)}
    by = deputy.still()
    for maker in (officer, by):
        changed = {**words, "document": {**RISK_DEFAULT, "adult_years": 19 + (maker is by)}}
        made = approvals.propose(by=maker, name="controls.change_policy", record=None, arguments=changed, reason="Law.")
        assert made not in Proposal.objects.visible_to(by).to_decide(by)
        with pytest.raises(NotPermitted) as refused, transaction.atomic():
            approvals.decide(made, by=by, agrees=True, reason="Fine.")
        assert refused.value.code == "same_person"


def test_it_ends_when_the_absent_one_loses_the_role_or_leaves(
    deputy: Actor, standing: StandIn, officer: Actor, administrator: Actor, other: Actor, mlro: Actor, make_actor: Make
) -> None:
    make_actor("second_mlro", "deputy_mlro")
    grant = RoleGrant.all_unrestricted.get(person=officer.person_id)
    staff.suspend_role(grant, by=mlro, reason="Looked into.")
    assert not deputy.still().may("controls.agree")
    leaving.see_off(row(officer), by=mlro, reason="Last day.")
    assert StandIn.all_unrestricted.get().ended_at is not None


def test_it_is_ended_early_by_one(deputy: Actor, standing: StandIn, mlro: Actor) -> None:
    deputies.end_stand_in(standing, by=mlro, reason="Back already.")
    assert not deputy.still().may("controls.agree")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"role": "mlro"}, "role"),
        ({"first_day": date(2020, 1, 1)}, "last_day"),
        ({"last_day": date(2020, 1, 1)}, "last_day"),
        ({"last_day": date(2099, 1, 1)}, "last_day"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    administrator: Actor, officer: Actor, deputy: Actor, words: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused, transaction.atomic():
        proposed(administrator, officer, deputy, **words)
    assert refused.value.field == field


def test_roles_that_do_not_go_together_are_not_lent_either(
    administrator: Actor, officer: Actor, reviewer: Actor, other: Actor
) -> None:
    come_in(row(other))
    with pytest.raises(WrongState) as refused, transaction.atomic():
        proposed(administrator, officer, other)
    assert refused.value.code == "toxic_roles"


def test_nobody_is_a_deputy_by_one_persons_word_even_by_sql(standing: StandIn, administrator: Actor) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        StandIn.all_unrestricted.update(agreed_by=administrator.person_id)
