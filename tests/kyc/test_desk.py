"""The queue and the desk, as a reviewer's browser asks for them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from controls.actor import Actor
from controls.models import LegalEntity
from kyc.models import Application, Decision
from tests.conftest import SignInAs
from tests.kyc.making import awaiting_second, checked, claimed, fresh, seen

QUEUE = "/admin/kyc/application/"


def desk(application: Application) -> str:
    return reverse("admin:kyc_desk", args=[application.pk])


def verb(application: Application, name: str) -> str:
    return reverse("admin:kyc_application_do", args=[application.pk, name])


@pytest.fixture
def at_work(client: Client, signin_as: SignInAs, reviewer: Actor) -> Client:
    signin_as(client, reviewer)
    return client


def test_next_takes_the_one_that_waits_longest_and_opens_its_desk(
    at_work: Client, entity: LegalEntity, reviewer: Actor
) -> None:
    first, second = checked(entity), checked(entity)
    answer = at_work.post(reverse("admin:kyc_next"))
    assert answer.headers["Location"] == desk(first)
    assert fresh(first).is_held_by(reviewer)
    assert not fresh(second).is_claimed()


def test_asking_for_next_with_get_takes_nothing(at_work: Client, entity: LegalEntity) -> None:
    waiting = checked(entity)
    assert at_work.get(reverse("admin:kyc_next")).headers["Location"] == QUEUE
    assert not fresh(waiting).is_claimed()


def test_the_queue_says_who_waits_and_why(at_work: Client, entity: LegalEntity) -> None:
    checked(entity, {"face": "failed"}, given_names="Ana", family_name="Exampleton")
    page = at_work.get(QUEUE).content.decode()
    assert "Ana Exampleton" in page
    assert "check failed: portrait and selfie" in page


def test_the_desk_shows_what_was_typed_every_check_and_the_digest_of_it(
    at_work: Client, entity: LegalEntity, reviewer: Actor
) -> None:
    application = claimed(entity, reviewer, document_number="L898902C3")
    page = at_work.get(desk(application)).content.decode()
    assert "L898902C3" in page
    for check in application.checks.current():
        assert str(check) in page
    assert fresh(application).seen_digest() in page
    for picture in (p for d in application.documents.current() for p in d.pictures.all()):
        assert reverse("admin:kyc_picture", args=[picture.pk]) in page


def test_a_decision_is_taken_in_the_dialog_and_the_next_case_comes_at_once(
    at_work: Client, entity: LegalEntity, reviewer: Actor
) -> None:
    application = claimed(entity, reviewer)
    following = checked(entity)
    words = {"code": "checked_by_eye", "reason": "Both pictures show her.", "seen": seen(application)}
    answer = at_work.post(verb(application, "approve"), words)
    assert answer.headers["Location"] == desk(following)
    assert fresh(application).status == Application.Status.AWAITING_SCREENING
    decision = Decision.all_unrestricted.get()
    assert (decision.words, decision.seen) == ("Both pictures show her.", words["seen"])


def test_a_decision_on_what_the_page_no_longer_shows_is_refused(
    at_work: Client, entity: LegalEntity, reviewer: Actor
) -> None:
    application = claimed(entity, reviewer)
    words = {"code": "checked_by_eye", "reason": "Looked.", "seen": "0" * 64}
    answer = at_work.post(verb(application, "approve"), words)
    assert answer.status_code == 409
    assert "Look again" in answer.content.decode()
    assert fresh(application).status == Application.Status.AWAITING_REVIEW


@pytest.mark.parametrize(
    ("name", "words", "field"),
    [
        ("approve", {"code": "", "reason": "Words."}, "code"),
        ("approve", {"code": "document_forged", "reason": "Words."}, "code"),
        ("reject", {"code": "document_forged", "reason": ""}, "reason"),
        ("ask", {"code": "unreadable", "reason": "Blurred."}, "wanted"),
        ("ask", {"code": "unreadable", "reason": "Blurred.", "wanted": ["passport:back"]}, "wanted"),
    ],
)
def test_a_clerks_mistake_is_named_at_its_field_and_nothing_changes(
    at_work: Client, entity: LegalEntity, reviewer: Actor, name: str, words: dict[str, Any], field: str
) -> None:
    application = claimed(entity, reviewer)
    answer = at_work.post(verb(application, name), words | {"seen": seen(application)})
    assert answer.status_code == 422
    form = answer.content.decode()
    at = form.index(f'id="id_{field}')
    assert 'role="alert"' in form[at:]
    assert fresh(application).status == Application.Status.AWAITING_REVIEW
    assert not Decision.all_unrestricted.exists()


def test_words_too_long_are_named_and_kept_whole(at_work: Client, entity: LegalEntity, reviewer: Actor) -> None:
    address = verb(claimed(entity, reviewer), "reject")
    assert "maxlength" not in at_work.get(address).content.decode()
    words = "w" * 2_001
    answer = at_work.post(address, {"code": "document_forged", "reason": words, "seen": "0" * 64})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_decision_that_does_not_say_what_was_seen_is_refused(
    at_work: Client, entity: LegalEntity, reviewer: Actor
) -> None:
    application = claimed(entity, reviewer)
    answer = at_work.post(verb(application, "approve"), {"code": "checked_by_eye", "reason": "Looked."})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert fresh(application).status == Application.Status.AWAITING_REVIEW


def test_asking_again_names_the_pictures(at_work: Client, entity: LegalEntity, reviewer: Actor) -> None:
    application = claimed(entity, reviewer)
    words = {"code": "unreadable", "reason": "Glare on the face.", "wanted": ["passport:front", "selfie:front"]}
    words["seen"] = seen(application)
    assert at_work.post(verb(application, "ask"), words).status_code == 302
    assert Decision.all_unrestricted.get().wanted == [
        {"kind": "passport", "side": "front"},
        {"kind": "selfie", "side": "front"},
    ]


def test_who_has_not_taken_it_on_sees_why_the_buttons_are_off(at_work: Client, entity: LegalEntity) -> None:
    page = at_work.get(desk(checked(entity))).content.decode()
    assert "Take the application on first." in page


def test_the_first_person_is_told_that_another_must_agree(
    at_work: Client, entity: LegalEntity, reviewer: Actor
) -> None:
    application = awaiting_second(entity, reviewer)
    page = at_work.get(desk(application)).content.decode()
    assert 'aria-disabled="true"' in page
    words = {"code": "checked_by_eye", "reason": "Me again.", "seen": seen(application)}
    assert at_work.post(verb(application, "approve_second"), words).status_code == 403
    assert fresh(application).status == Application.Status.AWAITING_SECOND


def test_the_second_person_agrees_at_the_same_desk(
    client: Client, signin_as: SignInAs, entity: LegalEntity, reviewer: Actor, second_reviewer: Actor
) -> None:
    application = awaiting_second(entity, reviewer)
    signin_as(client, second_reviewer)
    client.post(verb(application, "claim"))
    words = {"code": "checked_by_eye", "reason": "Seen by me as well.", "seen": seen(application)}
    client.post(verb(application, "approve_second"), words)
    assert fresh(application).status == Application.Status.AWAITING_SCREENING
    assert fresh(application).agreed_by_id == second_reviewer.person_id


def test_the_desk_is_for_who_may_see_documents(
    client: Client, signin_as: SignInAs, entity: LegalEntity, stranger: Actor
) -> None:
    application = checked(entity)
    signin_as(client, stranger)
    assert client.get(desk(application)).status_code == 404


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_the_queue_costs_the_same_for_one_and_for_many(at_work: Client, entity: LegalEntity) -> None:
    checked(entity, residence="VE")
    few = queries(at_work, QUEUE)
    for _each in range(4):
        checked(entity, residence="VE")
    assert queries(at_work, QUEUE) == few
    assert few <= 22


def test_the_desk_costs_a_fixed_number_of_queries(at_work: Client, entity: LegalEntity, reviewer: Actor) -> None:
    application = claimed(entity, reviewer)
    assert queries(at_work, desk(application)) <= 33


def test_no_page_of_kyc_carries_an_inline_script_or_style(
    at_work: Client, entity: LegalEntity, reviewer: Actor
) -> None:
    application = claimed(entity, reviewer)
    for address in (QUEUE, desk(application), verb(application, "approve")):
        page = at_work.get(address).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert "onclick=" not in page
