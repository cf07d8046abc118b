"""A policy edited in a real browser, by keyboard and with rows that come and go, and proposed from its form."""

import re

import pytest
from playwright.sync_api import Page, expect

from controls import drafts
from controls.actor import Actor
from controls.models import Proposal
from tests.browser.conftest import Accessible, Shoot, SignedIn

pytestmark = pytest.mark.browser


def test_reasons_are_edited_kept_and_proposed(
    page: Page, signed_in: SignedIn, shoot: Shoot, accessible: Accessible, officer: Actor, mlro: Actor
) -> None:
    held = drafts.in_force("kyc.reasons")
    signed_in(page, officer).goto(f"/admin/controls/policyversion/{held.pk}/")
    accessible(page)
    shoot(page, "policy")
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Reasons of decisions")).to_be_visible()
    accessible(page)
    shoot(page, "policy-form")
    count = len(held.document["reasons"])
    page.get_by_role("button", name="Add: Reasons").press("Enter")
    row = page.locator("[data-rows='d.reasons'] > .table-frame > table > tbody > tr").nth(count)
    expect(row.locator("input").first).to_be_focused()
    page.keyboard.type("No such code")
    row.get_by_label("Verdict").select_option("ask")
    row.get_by_label("Reviewer's words").fill("The address is missing")
    row.get_by_role("button", name=re.compile("^Add")).press("Enter")
    page.keyboard.type("en")
    row.locator(".doc-entry textarea").fill("Write your address.")
    page.get_by_role("button", name="Save the draft").last.click()
    expect(page.get_by_text("These places do not fit yet")).to_be_visible()
    accessible(page)
    shoot(page, "policy-form-errors")
    page.locator(f"[name='d.reasons.{count}.code']").fill("address_missing")
    page.get_by_label("Reason", exact=True).fill("Asked for by the desk.")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Proposed. Another person finds it")).to_be_visible()
    proposal = Proposal.all_unrestricted.get()
    document = proposal.arguments["document"]["json"]
    assert document["reasons"][-1] == {
        "code": "address_missing",
        "verdict": "ask",
        "reviewer": "The address is missing",
        "applicant": {"en": "Write your address."},
    }
    page.context.clear_cookies()
    signed_in(page, mlro).goto(page.url)
    expect(page.locator("ins", has_text="address_missing").first).to_be_visible()
    shoot(page, "policy-inbox")


@pytest.mark.parametrize("name", ["kyc.risk", "privacy.retention"])
def test_forms_of_lists_and_names(
    page: Page, signed_in: SignedIn, shoot: Shoot, accessible: Accessible, officer: Actor, name: str
) -> None:
    signed_in(page, officer).goto(f"/admin/controls/policyversion/edit/{name}/")
    page.locator("[data-remove]").first.press("Enter")
    page.get_by_role("button", name="Save the draft").last.click()
    expect(page.get_by_text("Your draft is kept")).to_be_visible()
    accessible(page)
    shoot(page, f"policy-{name}")
    held = drafts.in_force(name)
    page.goto(f"/admin/controls/policyversion/{held.pk}/compare/?with=draft")
    expect(page.locator("del").first).to_be_visible()
    accessible(page)
    shoot(page, f"policy-compare-{name}")
    page.goto(f"/admin/controls/policyversion/edit/{name}/?view=json")
    accessible(page)
