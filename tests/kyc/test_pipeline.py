"""Workers on rows: what waits is found, what fails is tried three times, what was recorded is not done again."""

from datetime import timedelta
from typing import Any

import pytest

from base import clock
from base.errors import WrongState
from controls.actor import Actor
from controls.models import LegalEntity
from kyc import actions, pipeline
from kyc.actions.checks import FACES, READING
from kyc.models import Application, Check, Customer
from kyc.results import Result
from tests.kyc import making


def finds(outcome: str = "passed") -> Any:
    """A look that finds the same in everything."""
    return lambda application: ({kind: Result(outcome) for kind in Check.Kind.values}, {})


def chokes(application: Application) -> Any:
    raise ValueError("a picture that a library chokes on")


def lapse(application: Application) -> None:
    past = clock.now() - timedelta(seconds=1)
    application.checks.filter(lease_until__isnull=False).update(lease_until=past)


def test_the_last_result_brings_it_to_the_desk(entity: LegalEntity) -> None:
    application = making.submitted(entity)
    assert pipeline.attempt(application, READING, finds())
    assert making.fresh(application).status == Application.Status.AWAITING_CHECKS
    assert pipeline.attempt(application, FACES, finds("review"))
    application = making.fresh(application)
    assert (application.status, application.risk_band) == (Application.Status.AWAITING_REVIEW, "low")


def test_what_is_recorded_is_not_done_again(entity: LegalEntity) -> None:
    application = making.submitted(entity)
    pipeline.attempt(application, READING, finds())
    assert not pipeline.attempt(application, READING, finds("failed"))
    assert set(application.checks.filter(kind__in=READING).values_list("outcome", flat=True)) == {"passed"}


def test_a_leased_check_is_left_to_its_worker(entity: LegalEntity) -> None:
    application = making.submitted(entity)
    actions.lease(application, READING)
    assert not pipeline.waits(READING)
    assert not pipeline.attempt(application, READING, finds())


def test_a_lapsed_lease_is_taken_over_and_its_holder_comes_too_late(entity: LegalEntity) -> None:
    application = making.submitted(entity)
    first = actions.lease(application, FACES)
    assert first
    lapse(application)
    assert pipeline.waits(FACES)
    assert pipeline.attempt(application, FACES, finds())
    with pytest.raises(WrongState):
        actions.record_check(
            application.checks.get(kind="face"), by=making.CHECKS, token=first.token, result=Result("failed")
        )


def test_a_worker_that_comes_too_late_does_not_change_the_reading(entity: LegalEntity) -> None:
    application = making.submitted(entity)
    late = actions.lease(application, READING)
    assert late
    lapse(application)
    pipeline.attempt(application, READING, finds())
    passport = application.documents.get(kind="passport")
    results = {kind: Result("passed") for kind in READING}
    with pytest.raises(WrongState):
        actions.record_results(
            application, by=making.CHECKS, token=late.token, results=results, readings={passport.pk: {"pages": []}}
        )
    passport.refresh_from_db()
    assert passport.reading is None


def test_hyphens_do_not_hide_that_a_document_number_was_stated_before(entity: LegalEntity) -> None:
    making.opened(entity, document_number="L898902C3")
    found = Customer.all_unrestricted.with_document_number("l898-902 c3")
    assert found.count() == 1
    assert not Customer.all_unrestricted.with_document_number("---").exists()


def test_what_fails_three_times_is_for_a_person_to_look_at(entity: LegalEntity) -> None:
    application = making.submitted(entity)
    for _attempt in range(3):
        assert not pipeline.attempt(application, FACES, chokes)
    assert pipeline.attempt(application, FACES, chokes)
    check = application.checks.get(kind="face")
    assert (check.outcome, check.attempts, check.reasons) == ("error", 3, [{"code": "gave_up"}])


def test_a_failed_attempt_can_be_repeated_at_once(entity: LegalEntity) -> None:
    application = making.submitted(entity)
    pipeline.attempt(application, FACES, chokes)
    assert pipeline.attempt(application, FACES, finds())


def test_results_for_what_was_withdrawn_meanwhile_are_dropped(entity: LegalEntity) -> None:
    application = making.submitted(entity)

    def withdraws_meanwhile(found: Application) -> Any:
        actions.withdraw(application, by=making.intake_of(application))
        return finds()(found)

    assert not pipeline.attempt(application, READING, withdraws_meanwhile)
    assert making.fresh(application).status == Application.Status.WITHDRAWN
    assert not pipeline.waits(READING)


def test_an_error_does_not_keep_an_application_from_the_desk(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.checked(entity, outcomes={"face": "error"})
    assert application.status == Application.Status.AWAITING_REVIEW
    assert actions.claim_next(by=reviewer) == application
