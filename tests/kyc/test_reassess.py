"""Days pass between checks and decision: what is decided is what holds now, and nobody is refused in circles."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from base import clock
from base.crypto import Undecryptable
from base.errors import WrongState
from controls import approvals
from controls.actor import Actor
from controls.models import ApiClient, AuditEntry, LegalEntity, PolicyVersion
from kyc import actions, tasks
from kyc.actions import assessment
from kyc.actions.inputs import inputs
from kyc.models import Application, Check, Decision
from kyc.models.applications import Status
from kyc.policies import RISK
from tests.conftest import SignInAs
from tests.kyc import making

EVENING = datetime(2026, 11, 25, 21, 55, tzinfo=UTC)  # five to midnight in Vilnius
MIDNIGHT = EVENING + timedelta(minutes=10)
VALID_TODAY = making.page(expiry_date="2026-11-25")

At = Callable[[datetime], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    return lambda time: monkeypatch.setattr(clock, "now", lambda: time)


@pytest.fixture
def now_prohibited(officer: Actor, mlro: Actor) -> Callable[[str], None]:
    """The list is changed as it is in life: proposed by one, agreed by another."""

    def change(code: str) -> None:
        document = json.loads(json.dumps(policy_version().document))
        listed = document["countries"]
        listed["high"] = [one for one in listed["high"] if one != code]
        listed["prohibited"].append(code)
        words = {"name": RISK, "document": document, "effective_on": clock.today()}
        proposal = approvals.propose(
            by=officer, name="controls.change_policy", record=None, arguments=words, reason="Called on."
        )
        approvals.decide(proposal, by=mlro, agrees=True, reason="Read the statement.")

    return change


def policy_version() -> PolicyVersion:
    found: PolicyVersion = PolicyVersion.all_unrestricted.of(RISK).in_force(clock.today())[0]
    return found


def refused(verb: Callable[..., Decision], application: Application, by: Actor) -> str:
    with pytest.raises(WrongState) as error:
        verb(application, by=by, code="checked_by_eye", reason="Looked.", seen=making.seen(application))
    assert making.fresh(application).status == application.status
    return error.value.code


def test_a_passport_that_expired_at_midnight_is_not_approved_as_valid(
    entity: LegalEntity, reviewer: Actor, at: At
) -> None:
    at(EVENING)
    application = making.claimed(entity, reviewer, reads=VALID_TODAY)
    at(MIDNIGHT)
    assert refused(actions.approve, application, reviewer) == "changed_since"


def test_who_looks_again_sees_it_and_can_decide(entity: LegalEntity, reviewer: Actor, at: At) -> None:
    at(EVENING)
    application = making.claimed(entity, reviewer, reads=VALID_TODAY)
    at(MIDNIGHT)
    assert actions.look_again(making.fresh(application))
    application = making.fresh(application)
    assert application.risk_reasons == [{"code": "check_failed", "points": 25, "about": "expiry"}]
    check = application.checks.current().get(kind=Check.Kind.EXPIRY)
    assert (check.outcome, check.reasons[0]["code"]) == (Check.Outcome.FAILED, "expired")
    assert application.checks.get(kind=Check.Kind.EXPIRY, outcome=Check.Outcome.PASSED).replaced_at == MIDNIGHT
    assert not actions.look_again(application)
    making.approve(application, reviewer)
    assert making.fresh(application).status == Status.AWAITING_SCREENING


def test_the_entry_names_the_job_and_what_changed(entity: LegalEntity, at: At) -> None:
    at(EVENING)
    application = making.checked(entity, reads=VALID_TODAY)
    at(MIDNIGHT)
    actions.look_again(application)
    entry = AuditEntry.all_unrestricted.get(action="kyc.reassess")
    assert (entry.actor, entry.record_id) == ("job:kyc.checks", str(application.pk))
    assert "risk_band" in entry.content


def test_the_new_result_is_not_computed_once_more_on_the_same_day(entity: LegalEntity, at: At) -> None:
    at(EVENING)
    application = making.checked(entity, reads=VALID_TODAY)
    at(MIDNIGHT)
    actions.look_again(application)
    check = application.checks.current().get(kind=Check.Kind.EXPIRY)
    assert check.input_hash == inputs(application)[Check.Kind.EXPIRY]


def test_where_nothing_was_read_time_changes_no_result(entity: LegalEntity, at: At) -> None:
    at(EVENING)
    application = making.checked(entity, {"expiry": "error"}, reads=VALID_TODAY)
    unread = making.checked(entity, {"expiry": "inconclusive"})
    at(MIDNIGHT)
    assert not actions.look_again(application)
    assert not actions.look_again(unread)


def test_a_country_that_was_struck_off_meanwhile_is_not_approved(
    entity: LegalEntity, reviewer: Actor, now_prohibited: Callable[[str], None]
) -> None:
    application = making.claimed(entity, reviewer)
    now_prohibited("LT")
    assert refused(actions.approve, application, reviewer) == "changed_since"
    actions.look_again(application)
    with pytest.raises(WrongState, match="prohibited"):
        making.approve(application, reviewer)


def test_coming_of_age_lowers_the_risk(entity: LegalEntity, at: At) -> None:
    at(EVENING)
    application = making.checked(entity, birth_date=date(2008, 11, 26))
    assert application.risk_band == "high"
    at(MIDNIGHT)
    actions.look_again(application)
    assert making.fresh(application).risk_band == "low"


def test_a_number_that_turns_up_elsewhere_raises_the_risk(entity: LegalEntity) -> None:
    application = making.checked(entity, document_number="L898902C3")
    making.opened(entity, document_number="L898902C3")
    actions.look_again(application)
    assert making.fresh(application).risk_band == "high"


def test_rejecting_does_not_wait_for_it(entity: LegalEntity, reviewer: Actor, at: At) -> None:
    at(EVENING)
    application = making.claimed(entity, reviewer, reads=VALID_TODAY)
    at(MIDNIGHT)
    words = {"code": "document_forged", "reason": "Glue.", "seen": making.seen(application)}
    actions.reject(application, by=reviewer, **words)
    assert making.fresh(application).status == Status.REJECTED


# --- who takes it on, stays on it or opens it ---------------------------------------------------------------------


def test_taking_it_on_brings_it_up_to_date(
    entity: LegalEntity, reviewer: Actor, now_prohibited: Callable[[str], None]
) -> None:
    making.checked(entity)
    now_prohibited("LT")
    claimed = actions.claim_next(by=reviewer)
    assert claimed
    assert (claimed.risk_band, making.fresh(claimed).risk_band) == ("prohibited", "prohibited")


def test_staying_on_it_brings_it_up_to_date(
    entity: LegalEntity, reviewer: Actor, now_prohibited: Callable[[str], None]
) -> None:
    application = making.claimed(entity, reviewer)
    now_prohibited("LT")
    assert actions.extend_claim(application, by=reviewer).is_held_by(reviewer)
    assert making.fresh(application).risk_band == "prohibited"


def test_the_desk_the_dialog_and_the_api_show_what_holds_now(
    client: Client,
    signin_as: SignInAs,
    entity: LegalEntity,
    reviewer: Actor,
    now_prohibited: Callable[[str], None],
) -> None:
    signin_as(client, reviewer)
    first, second, third = (making.claimed(entity, reviewer, residence=code) for code in ("LV", "EE", "FI"))
    for application, address in (
        (first, reverse("admin:kyc_desk", args=[first.pk])),
        (second, reverse("admin:kyc_application_do", args=[second.pk, "approve"])),
        (third, f"/api/v1/kyc/applications/{third.pk}"),
    ):
        now_prohibited(application.customer.residence)
        page = client.get(address).content.decode()
        assert making.fresh(application).risk_band == "prohibited"
        assert making.seen(application) in page


def test_a_program_that_polls_brings_nothing_about(
    entity: LegalEntity, with_key: Callable[..., Client], now_prohibited: Callable[[str], None]
) -> None:
    application, program = making.checked(entity), with_key("applicant_intake")
    label = f"client:{ApiClient.all_unrestricted.order_by('-made_at')[0].pk}"
    Application.all_unrestricted.filter(pk=application.pk).update(opened_by=label)
    now_prohibited("LT")
    assert program.get(f"/api/v1/kyc/applications/{application.pk}").status_code == 200
    assert making.fresh(application).risk_band == "low"


# --- the second person --------------------------------------------------------------------------------------------


def test_a_second_person_never_agrees_to_what_became_prohibited(
    entity: LegalEntity, reviewer: Actor, mlro: Actor, now_prohibited: Callable[[str], None]
) -> None:
    application = actions.claim(making.awaiting_second(entity, reviewer), by=mlro)
    now_prohibited("VE")
    assert refused(actions.approve_second, application, mlro) == "changed_since"
    actions.look_again(application)
    application = making.fresh(application)
    assert (application.status, application.risk_band) == (Status.AWAITING_REVIEW, "prohibited")
    assert (application.approved_by, application.claimed_by, application.round) == (None, None, 2)


def test_what_the_first_person_did_not_know_goes_back_to_the_reviewers(
    entity: LegalEntity, reviewer: Actor, at: At
) -> None:
    at(EVENING)
    application = making.awaiting_second(entity, reviewer, reads=VALID_TODAY)
    at(MIDNIGHT)
    actions.look_again(application)
    application = actions.claim(making.fresh(application), by=reviewer)
    assert (application.status, application.risk_band) == (Status.AWAITING_REVIEW, "high")
    making.approve(application, reviewer)
    assert making.fresh(application).status == Status.AWAITING_SECOND


def test_who_takes_on_what_turns_out_to_be_a_reviewers_is_not_on_it(
    entity: LegalEntity, reviewer: Actor, mlro: Actor, now_prohibited: Callable[[str], None]
) -> None:
    changed = making.awaiting_second(entity, reviewer, residence="VE")
    unchanged = making.awaiting_second(entity, reviewer, residence="MM")
    now_prohibited("VE")
    assert actions.claim_next(by=mlro) == unchanged
    changed = making.fresh(changed)
    assert (changed.status, changed.claimed_by) == (Status.AWAITING_REVIEW, None)


def test_who_stays_on_what_turns_out_to_be_a_reviewers_is_not_on_it(
    entity: LegalEntity, reviewer: Actor, mlro: Actor, now_prohibited: Callable[[str], None]
) -> None:
    application = actions.claim(making.awaiting_second(entity, reviewer), by=mlro)
    now_prohibited("VE")
    actions.extend_claim(application, by=mlro)
    application = making.fresh(application)
    assert (application.status, application.claimed_by) == (Status.AWAITING_REVIEW, None)


# --- the sweep ----------------------------------------------------------------------------------------------------


def test_the_sweep_goes_round_in_batches(
    entity: LegalEntity, monkeypatch: pytest.MonkeyPatch, at: At, now_prohibited: Callable[[str], None]
) -> None:
    monkeypatch.setattr(assessment, "BATCH", 2)
    waiting = [making.checked(entity) for _ in range(3)]
    at(clock.now() + timedelta(minutes=6))
    now_prohibited("LT")
    counted = [actions.look_again_at_the_desk(2) for _ in range(3)]
    assert counted == [2, 1, 0]
    assert {making.fresh(application).risk_band for application in waiting} == {"prohibited"}


def test_the_sweep_leaves_no_entry_where_nothing_moved_on(entity: LegalEntity, at: At) -> None:
    application = making.checked(entity)
    before = AuditEntry.all_unrestricted.count()
    at(clock.now() + timedelta(minutes=6))
    tasks.look_again()
    assert AuditEntry.all_unrestricted.count() == before
    assert making.fresh(application).assessed_at == clock.now()


def test_one_that_cannot_be_assessed_does_not_hold_the_others_up(
    entity: LegalEntity, monkeypatch: pytest.MonkeyPatch, at: At
) -> None:
    broken, sound = making.checked(entity), making.checked(entity)
    at(clock.now() + timedelta(minutes=6))
    look = assessment.look_again

    def choke(application: Application) -> bool:
        if application == broken:
            raise Undecryptable("damaged")
        return look(application)

    monkeypatch.setattr(assessment, "look_again", choke)
    with pytest.raises(Undecryptable):
        tasks.look_again()
    tasks.look_again()
    assert making.fresh(sound).assessed_at == clock.now()


# --- what it costs ------------------------------------------------------------------------------------------------


def test_claiming_and_approving_cost_a_fixed_number_of_queries(
    entity: LegalEntity, reviewer: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    application = making.checked(entity, reads=making.page(document_number="L898902C3", expiry_date="2036-01-01"))
    with django_assert_num_queries(13):
        application = actions.claim(application, by=reviewer)
    seen = making.seen(application)
    with django_assert_num_queries(21):
        actions.approve(application, by=reviewer, code="all_in_order", reason="Fine.", seen=seen)
