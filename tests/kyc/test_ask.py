"""Rejecting, and asking for another picture."""

from datetime import timedelta

import pytest

from base import clock
from base.errors import Invalid, NotFound
from controls.actor import Actor
from controls.models import LegalEntity
from kyc import actions
from kyc.actions.intake import missing
from kyc.models import Application, Check
from tests.kyc import making

SELFIE = [{"kind": "selfie", "side": "front"}]


def asked(entity: LegalEntity, reviewer: Actor) -> Application:
    application = making.claimed(entity, reviewer)
    ask(application, reviewer, SELFIE)
    return making.fresh(application)


def ask(application: Application, by: Actor, wanted: list[dict[str, str]]) -> None:
    seen = making.seen(application)
    actions.ask(application, by=by, code="unreadable", reason="Blurred.", wanted=wanted, seen=seen)


def test_rejecting_ends_it(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    seen = making.seen(application)
    actions.reject(application, by=reviewer, code="another_person", reason="Clearly somebody else.", seen=seen)
    assert making.fresh(application).status == Application.Status.REJECTED


def test_asking_gives_it_back_to_the_applicant(entity: LegalEntity, reviewer: Actor) -> None:
    application = asked(entity, reviewer)
    assert application.status == Application.Status.COLLECTING
    assert missing(application) == [("selfie", "front")]


def test_it_cannot_be_handed_in_without_the_picture_asked_for(entity: LegalEntity, reviewer: Actor) -> None:
    application = asked(entity, reviewer)
    with pytest.raises(Invalid, match="selfie"):
        actions.submit(application, by=making.intake_of(application))


def test_a_new_selfie_is_checked_again_and_the_passport_is_not(entity: LegalEntity, reviewer: Actor) -> None:
    application = asked(entity, reviewer)
    making.add(application, "selfie", b"without sunglasses")
    actions.submit(application, by=making.intake_of(application))
    waiting = application.checks.waiting().values_list("kind", flat=True)
    assert list(waiting) == [Check.Kind.FACE]
    assert application.checks.filter(kind=Check.Kind.FACE).count() == 2


def test_it_comes_back_to_the_desk_for_a_second_round(entity: LegalEntity, reviewer: Actor) -> None:
    application = asked(entity, reviewer)
    making.add(application, "selfie", b"without sunglasses")
    actions.submit(application, by=making.intake_of(application))
    application = making.record(application, ("face",))
    assert (application.status, application.round) == (Application.Status.AWAITING_REVIEW, 2)


def test_an_unknown_picture_is_refused_by_name(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    with pytest.raises(Invalid) as refused:
        ask(application, reviewer, [{"kind": "library card"}])
    assert refused.value.field == "wanted"


def test_what_is_not_handed_in_is_no_reviewers_business(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.collected(entity)
    assert not Application.objects.visible_to(reviewer).exists()
    with pytest.raises(NotFound):
        actions.claim(application, by=reviewer)


def test_two_identity_documents_cannot_be_asked_for_at_once(entity: LegalEntity, reviewer: Actor) -> None:
    both = [{"kind": "passport", "side": "front"}, {"kind": "identity_card", "side": "front"}]
    with pytest.raises(Invalid) as refused:
        ask(making.claimed(entity, reviewer), reviewer, both)
    assert refused.value.field == "wanted"


def test_whether_the_passport_is_valid_is_asked_again_on_another_day(
    entity: LegalEntity, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = asked(entity, reviewer)
    later = clock.now() + timedelta(days=20)
    monkeypatch.setattr(clock, "now", lambda: later)
    making.add(application, "selfie", b"without sunglasses")
    actions.submit(application, by=making.intake_of(application))
    waiting = application.checks.waiting().values_list("kind", flat=True)
    assert set(waiting) == {Check.Kind.FACE, Check.Kind.EXPIRY}
