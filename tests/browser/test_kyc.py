"""The reviewer's day in a real browser: next, look, decide; a second person for high risk; the timeline afterwards."""

import base64
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from base import clock
from controls.actor import Actor
from controls.models import LegalEntity, Session
from kyc import actions, files, specimen
from kyc.actions.checks import FACES, READING
from kyc.models import Application, Picture
from kyc.results import Result
from tests.browser.conftest import Accessible, Shoot, SignedIn
from tests.kyc import making

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def kept(picture: Any) -> dict[str, Any]:
    memory = io.BytesIO()
    picture.convert("RGB").save(memory, "JPEG", quality=85)
    original, page = files.keep(memory.getvalue()), files.keep(memory.getvalue(), "jpg")
    return {
        "name": "picture.jpg",
        "original": original,
        "original_type": "image/jpeg",
        "verdict": {"clean": True},
        "pages": [files.KeptPage(page.file, page.sha256, page.size, "image/jpeg", *picture.size)],
    }


def at_the_desk(entity: LegalEntity, number: int, residence: str = "LT") -> Application:
    """An application with real pictures of an invented person, checked."""
    person = specimen.people()[number]
    words: dict[str, Any] = {
        "given_names": person.given_names,
        "family_name": person.surname,
        "birth_date": person.born,
    }
    application = making.opened(entity, document_number=person.number, residence=residence, **words)
    for kind, picture in (("passport", specimen.passport(person)), ("selfie", specimen.selfie(person))):
        actions.add_document(application, by=making.intake_of(application), kind=kind, side="front", **kept(picture))
    application = actions.submit(application, by=making.intake_of(application))
    document = application.documents.get(kind="passport")
    picture = document.pictures.get()
    box = [picture.width * 0.05, picture.height * 0.8, picture.width * 0.6, picture.height * 0.87]
    surname = {"value": person.surname.upper(), "confidence": 0.98, "source": "mrz", "box": box}
    zone: dict[str, Any] = {"text": None, "raw": [], "changed": [], "check_digits": {}, "valid": True}
    reading = {"pages": [{"picture": str(picture.pk), "mrz": zone, "fields": {"surname": surname}, "printed": {}}]}
    taken = actions.lease(application, READING)
    assert taken
    results = {kind: Result("passed", scores={"focus": 212.0}) for kind in taken.kinds}
    results["agreement"] = Result("review", [{"code": "nearly_the_same", "field": "given_names"}])
    actions.record_results(
        application, by=making.CHECKS, token=taken.token, results=results, readings={document.pk: reading}
    )
    making.record(application, FACES)
    return making.fresh(application)


@pytest.fixture
def reviewer_page(page: Page, signed_in: SignedIn, reviewer: Actor) -> Page:
    return signed_in(page, reviewer)


def decide(page: Page, key: str, code: str, words: str) -> None:
    page.keyboard.press(key)
    page.get_by_label(code).check()
    page.get_by_label("In words").fill(words)
    page.locator("#dialog-form button[type=submit]").click()


def test_a_reviewer_takes_the_next_one_looks_closely_and_approves_it(
    reviewer_page: Page, entity: LegalEntity, shoot: Shoot, accessible: Accessible
) -> None:
    first, second = at_the_desk(entity, 1), at_the_desk(entity, 2)
    page = reviewer_page
    page.goto("/admin/kyc/application/")
    accessible(page)
    shoot(page, "queue")
    page.keyboard.press("n")
    page.wait_for_url(f"**/{first.pk}/desk/")
    expect(page.locator(".frame image")).to_have_count(2)
    shoot(page, "desk")
    accessible(page)

    page.keyboard.press("2")
    page.keyboard.press("z")
    page.keyboard.press("t")
    assert "rotate(90) scale(" in (page.locator(".frame[data-current] .turned").get_attribute("transform") or "")
    page.keyboard.press("f")
    page.locator("tr[data-field=family_name]").hover()
    expect(page.locator("rect[data-field=family_name]")).to_have_class("box lit")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('details').open")

    decide(page, "a", "Checked by eye", "Both pictures show the same person.")
    page.wait_for_url(f"**/{second.pk}/desk/")
    assert making.fresh(first).status == Application.Status.AWAITING_SCREENING
    assert making.fresh(first).decisions.get().words == "Both pictures show the same person."


def test_the_tenth_picture_is_reached_by_keyboard(
    reviewer_page: Page, entity: LegalEntity, accessible: Accessible, reviewer: Actor
) -> None:
    """A passport, and a selfie in a file of ten pages."""
    application, page = making.claimed(entity, reviewer), reviewer_page
    selfie = application.documents.get(kind="selfie").pictures.get()
    for number in range(2, 11):
        key = files.keep(f"page {number}".encode(), "jpg")
        copied = Picture(document=selfie.document, page=number, file=key.file, sha256=key.sha256)
        copied.content_type, copied.width, copied.height = "image/jpeg", 1000, 700
        copied.save(force_insert=True)
    page.route("**/kyc/picture/**", lambda route: route.fulfill(body=PIXEL, content_type="image/png"))
    page.goto(f"/admin/kyc/application/{application.pk}/desk/")
    page.keyboard.press("9")
    page.keyboard.press("l")
    tenth = page.locator(".frame[data-current]")
    expect(tenth.locator("figcaption")).to_have_text(re.compile("^10 · selfie, page 9"))
    expect(tenth).to_be_in_viewport(ratio=0.9)
    expect(page.locator("[data-show]:focus")).to_have_text("10 selfie, page 9")
    accessible(page)
    for _press in range(3):
        page.keyboard.press("h")
    expect(tenth.locator("figcaption")).to_have_text(re.compile("^7 "))
    for _press in range(7):
        page.keyboard.press("h")
    expect(tenth.locator("figcaption")).to_have_text(re.compile("^11 "))
    page.keyboard.press("?")
    expect(page.locator("[data-keys-help]")).to_contain_text("h l previous and next picture")


def test_a_mistake_in_the_dialog_is_told_there_and_can_be_put_right(
    reviewer_page: Page, entity: LegalEntity, shoot: Shoot
) -> None:
    application, page = at_the_desk(entity, 3), reviewer_page
    page.goto("/admin/kyc/application/")
    page.keyboard.press("n")
    page.wait_for_url("**/desk/")
    page.keyboard.press("q")
    page.get_by_label("Picture is blurred").check()
    page.get_by_label("In words").fill("Glare over the face.")
    page.locator("#dialog-form button[type=submit]").click()
    expect(page.locator("#dialog-form [role=alert]")).to_be_visible()
    shoot(page, "dialog")
    page.get_by_role("checkbox", name="selfie").check()
    page.locator("#dialog-form button[type=submit]").click()
    page.wait_for_url("**/admin/kyc/application/")
    assert making.fresh(application).status == Application.Status.COLLECTING


def test_a_session_that_ends_over_a_dialog_says_so_and_keeps_the_words(
    page: Page, signed_in: SignedIn, entity: LegalEntity, reviewer: Actor
) -> None:
    at_the_desk(entity, 3)
    signed_in(page, reviewer)
    page.goto("/admin/kyc/application/")
    page.keyboard.press("n")
    page.wait_for_url("**/desk/")
    desk = page.url
    page.keyboard.press("q")
    page.get_by_label("Picture is blurred").check()
    page.get_by_label("In words").fill("Glare over the face.")
    Session.all_unrestricted.update(seen_at=clock.now() - timedelta(days=1))
    page.locator("#dialog-form button[type=submit]").click()
    page.wait_for_url("**/sign-in/**")
    expect(page.get_by_role("status")).to_contain_text("Your session has ended")

    signed_in(page, reviewer)
    page.goto(desk)
    page.keyboard.press("q")
    expect(page.get_by_label("In words")).to_have_value("Glare over the face.")
    expect(page.get_by_label("Picture is blurred")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_label("In words")).to_be_hidden()
    page.keyboard.press("q")
    expect(page.get_by_label("In words")).to_have_value("")


def test_high_risk_needs_a_second_person_and_the_timeline_tells_it_all(
    page: Page,
    signed_in: SignedIn,
    entity: LegalEntity,
    reviewer: Actor,
    second_reviewer: Actor,
    shoot: Shoot,
    accessible: Accessible,
) -> None:
    application = at_the_desk(entity, 4, residence="VE")
    signed_in(page, reviewer)
    page.goto("/admin/kyc/application/")
    page.keyboard.press("n")
    page.wait_for_url("**/desk/")
    decide(page, "a", "Checked by eye", "Looked at every field.")
    page.wait_for_url("**/admin/kyc/application/")
    page.goto(f"/admin/kyc/application/{application.pk}/desk/")
    expect(page.locator("#why-not")).to_contain_text("Your role does not allow this.")

    page.context.clear_cookies()
    signed_in(page, second_reviewer)
    page.goto("/admin/kyc/application/?tab=second")
    page.keyboard.press("n")
    page.wait_for_url("**/desk/")
    decide(page, "a", "Checked by eye", "Agreed after a look of my own.")
    page.wait_for_url("**/admin/kyc/application/")
    done = making.fresh(application)
    assert done.status == Application.Status.AWAITING_SCREENING
    assert (done.approved_by_id, done.agreed_by_id) == (reviewer.person_id, second_reviewer.person_id)

    page.goto(f"/admin/kyc/application/{application.pk}/?tab=timeline")
    expect(page.get_by_text("agreed as second person")).to_be_visible()
    expect(page.get_by_text("“Agreed after a look of my own.”").first).to_be_visible()
    accessible(page)
    shoot(page, "timeline")


def test_the_home_page_says_what_waits(
    reviewer_page: Page, entity: LegalEntity, shoot: Shoot, accessible: Accessible
) -> None:
    for number in (5, 6):
        at_the_desk(entity, number)
    reviewer_page.goto("/admin/")
    expect(reviewer_page.locator(".tile", has_text="Applications to review")).to_contain_text("2")
    accessible(reviewer_page)
    shoot(reviewer_page, "home")
