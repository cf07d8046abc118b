"""Asked for a fresh passport, the applicant hands in an identity card: what counts, and what is checked."""

import pytest

from base.errors import Invalid, WrongState
from controls.actor import Actor
from controls.models import LegalEntity
from kyc import actions, pipeline
from kyc.actions.checks import READING
from kyc.actions.intake import missing
from kyc.guidance import guidance
from kyc.models import Application, Check, Document
from kyc.models.applications import Status
from tests.kyc import making

PASSPORT = {"kind": "passport", "side": "front"}
SELFIE = {"kind": "selfie", "side": "front"}


@pytest.fixture
def asked(entity: LegalEntity, reviewer: Actor) -> Application:
    """The passport was read, and is asked for again."""
    application = making.claimed(
        entity, reviewer, reads=making.page(document_number="C01X0006H", expiry_date="2020-01-01")
    )
    return ask(application, reviewer, PASSPORT)


def ask(application: Application, by: Actor, *wanted: dict[str, str]) -> Application:
    words = {"code": "document_expired", "reason": "Since 2020.", "seen": making.seen(application)}
    actions.ask(application, by=by, wanted=list(wanted), **words)
    return making.fresh(application)


def card(application: Application) -> None:
    making.add(application, "identity_card", b"card front")
    making.add(application, "identity_card", b"card back", side="back")


def hand_in(application: Application) -> Application:
    result: Application = actions.submit(application, by=making.intake_of(application))
    return result


def test_a_whole_identity_card_answers_for_the_passport(asked: Application) -> None:
    card(asked)
    assert missing(asked) == []
    assert hand_in(asked).status == Status.AWAITING_CHECKS


def test_half_of_it_does_not(asked: Application) -> None:
    making.add(asked, "identity_card", b"card front")
    assert missing(asked) == [("identity_card", "back")]
    with pytest.raises(Invalid, match="identity_card"):
        hand_in(asked)


def test_a_selfie_that_was_asked_for_stays_asked_for(entity: LegalEntity, reviewer: Actor) -> None:
    application = ask(making.claimed(entity, reviewer), reviewer, PASSPORT, SELFIE)
    card(application)
    assert missing(application) == [("selfie", "front")]
    making.add(application, "selfie", b"new selfie")
    assert missing(application) == []


def test_the_passport_is_evidence_no_longer_and_every_check_looks_at_the_card(asked: Application) -> None:
    before = set(asked.checks.current().values_list("pk", flat=True))
    card(asked)
    hand_in(asked)
    current = asked.documents.current().of_identity()
    assert set(current.values_list("kind", flat=True)) == {"identity_card"}
    assert Document.all_unrestricted.get(application=asked, kind="passport").replaced_at is not None
    assert set(asked.checks.waiting().values_list("kind", flat=True)) == set(Check.Kind.values)
    assert not before & set(asked.checks.current().values_list("pk", flat=True))
    portrait, _selfie = pipeline.face_pictures(asked)
    assert (portrait.document.kind, portrait.document.side) == ("identity_card", "front")


def test_the_expiry_of_the_card_counts_and_not_that_of_the_passport(asked: Application, reviewer: Actor) -> None:
    card(asked)
    hand_in(asked)
    making.record(asked, READING, page=making.page(expiry_date="2036-01-01"))
    application = making.record(asked, ("face",))
    assert application.checks.current().get(kind=Check.Kind.EXPIRY).outcome == Check.Outcome.PASSED
    actions.claim(application, by=reviewer)
    making.approve(application, reviewer)
    assert making.fresh(application).status == Status.AWAITING_SCREENING


def test_what_was_seen_of_the_passport_decides_nothing_about_the_card(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    seen = making.seen(application)
    application = ask(application, reviewer, PASSPORT)
    card(application)
    hand_in(application)
    making.record(application, READING)
    application = actions.claim(making.record(application, ("face",)), by=reviewer)
    with pytest.raises(WrongState) as refused:
        actions.approve(application, by=reviewer, code="checked_by_eye", reason="Looked.", seen=seen)
    assert refused.value.code == "changed_since"


def test_the_old_picture_is_not_fresh_because_a_card_lay_there_in_between(asked: Application) -> None:
    making.add(asked, "identity_card", b"card front")
    making.add(asked, "passport")
    assert missing(asked) == [("passport", "front")]
    making.add(asked, "passport", b"a new picture")
    assert missing(asked) == []


def test_the_applicant_reads_that_another_document_will_do(asked: Application) -> None:
    told = guidance(asked)
    assert told["text"] == (
        "This document has expired. Please upload one that is valid. "
        "Another kind of identity document, complete and photographed anew, will do as well."
    )
    making.add(asked, "identity_card", b"card front")
    told = guidance(asked)
    assert "Another kind" not in told["text"]
    assert [slot["text"] for slot in told["missing"]] == ["the back of your identity card"]


def test_who_is_asked_for_a_selfie_reads_nothing_of_documents(entity: LegalEntity, reviewer: Actor) -> None:
    application = ask(making.claimed(entity, reviewer), reviewer, SELFIE)
    assert "Another kind" not in guidance(application)["text"]
