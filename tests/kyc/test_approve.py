"""Letting an applicant in: one person, or two when the risk is high, and never past name screening."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from base.errors import ConfirmationNeeded, Invalid, NotPermitted, WrongState
from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity, Person
from kyc import actions
from kyc.models import Application, Decision
from kyc.models.applications import NEXT, Status
from tests.conftest import Make
from tests.kyc import making

YES = {"code": "checked_by_eye", "reason": "Looked at both pictures."}


def send_back(application: Application, by: Actor) -> None:
    seen = making.seen(application)
    actions.send_back(application, by=by, code="not_convinced", reason="Ask for proof of address.", seen=seen)


def test_an_approved_applicant_waits_for_name_screening(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    actions.approve(application, by=reviewer, seen=making.seen(application), **YES)
    application = making.fresh(application)
    assert application.status == Status.AWAITING_SCREENING
    assert (application.approved_by_id, application.claimed_by_id) == (reviewer.person_id, None)


def test_nothing_leads_out_of_name_screening() -> None:
    assert Status.AWAITING_SCREENING not in NEXT


def test_the_decision_keeps_what_was_seen_and_the_words_encrypted(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    digest = application.seen_digest()
    actions.approve(application, by=reviewer, seen=digest, **YES)
    decision = Decision.all_unrestricted.get()
    assert (decision.seen, decision.words, decision.by_id) == (digest, YES["reason"], reviewer.person_id)
    assert YES["reason"] not in AuditEntry.all_unrestricted.get(action="kyc.approve").content


def test_who_is_not_on_it_is_told_who_is(entity: LegalEntity, reviewer: Actor, second_reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    with pytest.raises(WrongState, match="Ruta Reviewer is on it until") as refused:
        actions.approve(application, by=second_reviewer, seen=making.seen(application), **YES)
    assert refused.value.code == "claimed"
    assert making.fresh(application).status == Status.AWAITING_REVIEW


def test_a_claim_is_needed_first(entity: LegalEntity, reviewer: Actor) -> None:
    with pytest.raises(WrongState, match="Take the application on first"):
        making.approve(making.checked(entity), reviewer)


def test_all_in_order_is_refused_while_a_check_did_not_pass(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer, outcomes={"face": "review"})
    with pytest.raises(Invalid) as refused:
        actions.approve(application, by=reviewer, code="all_in_order", reason="Fine.", seen=making.seen(application))
    assert refused.value.field == "code"
    assert not Decision.all_unrestricted.exists()


def test_who_decides_on_what_has_changed_is_told_to_look_again(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    with pytest.raises(WrongState) as refused:
        actions.approve(application, by=reviewer, seen="0" * 64, **YES)
    assert refused.value.code == "changed_since"


def test_nobody_decides_without_saying_what_they_saw(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    with pytest.raises(Invalid) as refused:
        actions.approve(application, by=reviewer, seen="", **YES)
    assert refused.value.field == "seen"
    assert making.fresh(application).status == Status.AWAITING_REVIEW


def test_another_customer_with_the_same_number_is_something_to_look_at(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer, document_number="L898902C3")
    seen = making.seen(application)
    making.opened(entity, document_number="l898902-c3")
    with pytest.raises(WrongState) as refused:
        actions.approve(application, by=reviewer, seen=seen, **YES)
    assert refused.value.code == "changed_since"


@pytest.mark.parametrize("verb", ["send_back", "second round"])
def test_what_was_seen_in_an_earlier_round_decides_nothing_in_the_next(
    entity: LegalEntity, reviewer: Actor, mlro: Actor, verb: str
) -> None:
    """Not even when every picture and every result is the same as before."""
    if verb == "send_back":
        application = actions.claim(making.awaiting_second(entity, reviewer), by=mlro)
        seen = making.seen(application)
        send_back(application, mlro)
    else:
        application = making.claimed(entity, reviewer)
        seen = making.seen(application)
        application = making.second_round(application, reviewer)
    actions.claim(making.fresh(application), by=reviewer)
    with pytest.raises(WrongState) as refused:
        actions.approve(application, by=reviewer, seen=seen, **YES)
    assert refused.value.code == "changed_since"


def test_prohibited_risk_is_never_approved(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer, residence="KP")
    assert application.risk_band == "prohibited"
    with pytest.raises(WrongState, match="prohibited"):
        actions.approve(application, by=reviewer, seen=making.seen(application), **YES)


def test_high_risk_waits_for_a_second_person(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.awaiting_second(entity, reviewer)
    assert (application.status, application.approved_by_id) == (Status.AWAITING_SECOND, reviewer.person_id)


def test_the_second_person_completes_it(entity: LegalEntity, reviewer: Actor, mlro: Actor) -> None:
    application = actions.claim(making.awaiting_second(entity, reviewer), by=mlro)
    actions.approve_second(application, by=mlro, seen=making.seen(application), **YES)
    application = making.fresh(application)
    assert (application.status, application.agreed_by_id) == (Status.AWAITING_SCREENING, mlro.person_id)


def test_the_first_person_is_never_the_second(entity: LegalEntity, second_reviewer: Actor) -> None:
    application = making.awaiting_second(entity, second_reviewer)
    with pytest.raises(NotPermitted) as refused:
        actions.claim(application, by=second_reviewer)
    assert refused.value.code == "same_person"
    with pytest.raises(NotPermitted) as refused:
        actions.approve_second(application, by=second_reviewer, seen=making.seen(application), **YES)
    assert refused.value.code == "same_person"


def test_the_second_person_confirms_freshly(entity: LegalEntity, reviewer: Actor, make_actor: Make) -> None:
    stale = make_actor("mira_mlro", "mlro", confirmed_at=None)
    application = actions.claim(making.awaiting_second(entity, reviewer), by=stale)
    with pytest.raises(ConfirmationNeeded):
        actions.approve_second(application, by=stale, seen=making.seen(application), **YES)


def test_the_second_person_may_send_it_back(entity: LegalEntity, reviewer: Actor, mlro: Actor) -> None:
    application = actions.claim(making.awaiting_second(entity, reviewer), by=mlro)
    send_back(application, mlro)
    application = making.fresh(application)
    assert (application.status, application.approved_by_id) == (Status.AWAITING_REVIEW, None)
    actions.claim(application, by=reviewer)
    making.approve(application, reviewer)
    assert making.fresh(application).status == Status.AWAITING_SECOND


@pytest.mark.parametrize("second", ["the first person", "nobody"])
def test_the_database_itself_refuses_high_risk_without_another_person(
    entity: LegalEntity, reviewer: Actor, second: str
) -> None:
    application = making.awaiting_second(entity, reviewer)
    agreed_by = reviewer.person_id if second == "the first person" else None
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.all_unrestricted.filter(pk=application.pk).update(
            status=Status.AWAITING_SCREENING, agreed_by=agreed_by
        )


def test_the_database_itself_refuses_a_second_decision_by_its_maker(entity: LegalEntity, reviewer: Actor) -> None:
    assert reviewer.person_id
    person = Person.all_unrestricted.get(pk=reviewer.person_id)
    application = making.awaiting_second(entity, reviewer)
    for maker in (person, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.all_unrestricted.create(
                application=application, round=1, kind="approve_second", by=person, maker=maker, words="", seen=""
            )


def test_a_decision_is_never_changed_nor_deleted(entity: LegalEntity, reviewer: Actor) -> None:
    making.approve(making.claimed(entity, reviewer), reviewer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.all_unrestricted.update(reason_code="all_in_order")
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.all_unrestricted.all().delete()
