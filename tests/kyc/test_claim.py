"""Taking the next application: a lock that everybody sees and that ends by itself."""

from datetime import timedelta
from typing import Any

import pytest

from base import clock
from base.errors import NotPermitted, WrongState
from controls import leaving, staff
from controls.actor import Actor
from controls.models import LegalEntity, Person, RoleGrant
from kyc import actions, tasks
from kyc.models import Application
from tests.kyc import making


def lapse(application: Application) -> None:
    Application.all_unrestricted.filter(pk=application.pk).update(claimed_until=clock.now() - timedelta(seconds=1))


def test_next_is_the_one_that_waits_longest(entity: LegalEntity, reviewer: Actor) -> None:
    first, _second = making.checked(entity), making.checked(entity)
    claimed = actions.claim_next(by=reviewer)
    assert claimed == first
    assert claimed.claimed_by_id == reviewer.person_id


def test_two_people_get_two_applications(entity: LegalEntity, reviewer: Actor, second_reviewer: Actor) -> None:
    first, second = making.checked(entity), making.checked(entity)
    assert [actions.claim_next(by=reviewer), actions.claim_next(by=second_reviewer)] == [first, second]


def test_next_stays_on_the_one_in_hand(entity: LegalEntity, reviewer: Actor) -> None:
    making.checked(entity), making.checked(entity)
    assert actions.claim_next(by=reviewer) == actions.claim_next(by=reviewer)


def test_nothing_waits(entity: LegalEntity, reviewer: Actor) -> None:
    making.submitted(entity)
    assert actions.claim_next(by=reviewer) is None


def test_high_risk_is_offered_to_who_may_be_the_second(entity: LegalEntity, reviewer: Actor, mlro: Actor) -> None:
    waiting = making.awaiting_second(entity, reviewer)
    assert actions.claim_next(by=reviewer) is None
    assert actions.claim_next(by=mlro) == waiting


def test_a_claim_of_another_holds(entity: LegalEntity, reviewer: Actor, second_reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    with pytest.raises(WrongState, match="Ruta Reviewer is on it"):
        actions.claim(application, by=second_reviewer)


def test_a_lapsed_claim_holds_nobody_up(entity: LegalEntity, reviewer: Actor, second_reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    lapse(application)
    assert actions.claim_next(by=second_reviewer) == application
    with pytest.raises(WrongState):
        making.approve(application, reviewer)


def test_who_lost_the_claim_by_time_cannot_decide(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    lapse(application)
    with pytest.raises(WrongState, match="Take the application on first"):
        making.approve(application, reviewer)


def test_the_sweep_frees_lapsed_claims(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    lapse(application)
    tasks.sweep()
    assert making.fresh(application).claimed_by is None


def lose_the_role(who: Actor, by: Actor) -> None:
    staff.end_role(RoleGrant.all_unrestricted.get(person=who.person_id), by=by, reason="Another department.")


def test_the_sweep_frees_what_somebody_suspended_is_on(entity: LegalEntity, reviewer: Actor, officer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    tasks.sweep()
    assert making.fresh(application).claimed_by_id == reviewer.person_id
    staff.suspend_person(Person.all_unrestricted.get(pk=str(reviewer.person_id)), by=officer, reason="Looked into.")
    tasks.sweep()
    assert making.fresh(application).claimed_by is None


def test_who_leaves_is_on_nothing_at_once(entity: LegalEntity, reviewer: Actor, administrator: Actor) -> None:
    application = making.claimed(entity, reviewer)
    person = Person.all_unrestricted.get(pk=str(reviewer.person_id))
    leaving.see_off(person, by=administrator, reason="Last day.")  # who does not see applications
    assert making.fresh(application).claimed_by is None


def test_the_sweep_frees_what_somebody_without_the_right_is_on(
    entity: LegalEntity, reviewer: Actor, second_reviewer: Actor, officer: Actor, mlro: Actor
) -> None:
    review, second = making.claimed(entity, second_reviewer), making.awaiting_second(entity, reviewer)
    actions.claim(second, by=mlro)
    lose_the_role(second_reviewer, officer)
    tasks.sweep()
    assert making.fresh(review).claimed_by is None
    assert making.fresh(second).claimed_by_id == mlro.person_id
    lose_the_role(mlro, officer)
    tasks.sweep()
    assert making.fresh(second).claimed_by is None


def test_next_is_not_what_one_may_no_longer_decide(
    entity: LegalEntity, make_actor: Any, reviewer: Actor, officer: Actor
) -> None:
    both = make_actor("both", "kyc_reviewer", "deputy_mlro")
    review, second = making.claimed(entity, both), making.awaiting_second(entity, reviewer)
    grant = RoleGrant.all_unrestricted.get(person=both.person_id, role="kyc_reviewer")
    staff.end_role(grant, by=officer, reason="Deputy only, from now on.")
    assert actions.claim_next(by=both.still()) == second
    assert making.fresh(review).claimed_by_id == both.person_id


def test_a_senior_takes_it_off_a_colleague(entity: LegalEntity, reviewer: Actor, second_reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    actions.free_claim(application, by=second_reviewer, reason="On holiday.")
    assert actions.claim_next(by=second_reviewer) == application


def test_an_auditor_reads_and_claims_nothing(entity: LegalEntity, auditor: Actor) -> None:
    application = making.checked(entity)
    with pytest.raises(NotPermitted):
        actions.claim_next(by=auditor)
    with pytest.raises(NotPermitted):
        actions.claim(application, by=auditor)


def test_the_clients_of_others_know_nothing_of_it(entity: LegalEntity) -> None:
    application = making.checked(entity)
    assert not Application.objects.visible_to(making.client_actor()).exists()
    assert Application.objects.visible_to(making.intake_of(application)).get() == application
    assert not Application.objects.visible_to(None).exists()


def test_the_sweep_ends_what_the_applicant_did_not_complete_in_time(entity: LegalEntity) -> None:
    late, in_time = making.opened(entity), making.opened(entity)
    Application.all_unrestricted.filter(pk=late.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    tasks.sweep()
    assert making.fresh(late).status == Application.Status.EXPIRED
    assert making.fresh(in_time).status == Application.Status.COLLECTING
