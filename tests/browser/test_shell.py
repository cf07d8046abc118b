"""The frame in a real browser: search, colours, sidebar, dialogs, filters, keys; the policy has nothing to report."""

import re

import pytest
from playwright.sync_api import Page, expect

from controls import approvals, staff
from controls.actor import Actor
from controls.models import Person, Proposal
from tests.browser.conftest import Accessible, Shoot, SignedIn
from tests.people import come_in

pytestmark = pytest.mark.browser

LONG = "Wolfeschlegelsteinhausenbergerdorff-Example Maximiliane"


def person(actor: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(actor.person_id))


def test_the_palette_finds_a_person_by_keyboard_alone(
    page: Page, signed_in: SignedIn, officer: Actor, reviewer: Actor
) -> None:
    signed_in(page, officer).goto("/admin/")
    page.keyboard.press("Control+k")
    expect(page.locator("#search-input-command")).to_be_focused()
    page.keyboard.type("ruta")
    expect(page.locator("#command-results-list a")).to_have_text(re.compile("Ruta Reviewer"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ruta Reviewer")).to_be_visible()


def test_the_palette_shows_nothing_of_what_the_reader_may_not_know(
    page: Page, signed_in: SignedIn, officer: Actor, reviewer: Actor
) -> None:
    signed_in(page, reviewer).goto("/admin/")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#search-input-command")).to_be_focused()
    page.keyboard.type("carla")
    expect(page.locator("#command-results-list")).to_contain_text("Nothing you may see fits")


def test_colours_are_chosen_and_kept(page: Page, signed_in: SignedIn, officer: Actor) -> None:
    signed_in(page, officer).goto("/admin/")
    page.get_by_role("button", name=re.compile("Carla Compliance")).click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_class("dark")
    page.reload()
    expect(page.locator("html")).to_have_class("dark")


def test_the_sidebar_hides_and_stays_hidden(page: Page, signed_in: SignedIn, officer: Actor) -> None:
    signed_in(page, officer).goto("/admin/")
    page.get_by_role("button", name="Show or hide the navigation").click()
    expect(page.locator("#nav-sidebar")).to_be_hidden()
    page.reload()
    expect(page.locator("#nav-sidebar")).to_be_hidden()


def test_a_dialog_takes_the_focus_asks_for_the_reason_and_runs_the_action(
    page: Page, signed_in: SignedIn, officer: Actor, reviewer: Actor
) -> None:
    signed_in(page, officer).goto(f"/admin/controls/person/{reviewer.person_id}/")
    page.get_by_role("button", name="Suspend").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    dialog.get_by_role("button", name="Suspend").click()
    expect(dialog.get_by_text("Say why.")).to_be_visible()
    dialog.get_by_label("Reason").fill("Left the company.")
    dialog.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Suspended. Every session has ended.")).to_be_visible()
    assert not person(reviewer).is_active
    page.get_by_role("link", name="Timeline").click()
    expect(page.locator(".timeline")).to_contain_text("Carla Compliance suspended the person")


def test_escape_closes_a_dialog_and_gives_the_focus_back(
    page: Page, signed_in: SignedIn, officer: Actor, reviewer: Actor
) -> None:
    signed_in(page, officer).goto(f"/admin/controls/person/{reviewer.person_id}/")
    page.get_by_role("button", name="Suspend").press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Suspend")).to_be_focused()
    assert person(reviewer).is_active


def test_a_refused_button_is_shown_disabled_with_its_reason(
    page: Page, signed_in: SignedIn, auditor: Actor, reviewer: Actor
) -> None:
    signed_in(page, auditor).goto(f"/admin/controls/person/{reviewer.person_id}/")
    expect(page.get_by_role("button", name="Suspend")).to_have_attribute("aria-disabled", "true")
    expect(page.locator(".why-not")).to_contain_text("Your role does not allow this.")


def test_a_proposal_is_agreed_by_key(
    page: Page, signed_in: SignedIn, administrator: Actor, officer: Actor, stranger: Actor
) -> None:
    propose(administrator, stranger, "kyc_reviewer")
    signed_in(page, officer).goto("/admin/controls/proposal/")
    expect(page.locator(".difference")).to_contain_text("KYC reviewer")
    page.keyboard.press("a")
    page.get_by_role("dialog").get_by_label("Reason").fill("Confirmed with the team lead.")
    page.get_by_role("dialog").get_by_role("button", name="Agree").click()
    expect(page.get_by_text("You agreed.")).to_be_visible()
    assert Proposal.all_unrestricted.get().status == Proposal.Status.AGREED
    assert person(stranger).roles() == {"kyc_reviewer"}


def test_the_keys_of_a_page_are_listed(
    page: Page, signed_in: SignedIn, administrator: Actor, officer: Actor, stranger: Actor
) -> None:
    propose(administrator, stranger, "kyc_reviewer")
    signed_in(page, officer).goto("/admin/controls/proposal/")
    page.keyboard.press("?")
    shown = page.get_by_role("dialog", name="Keys of this page")
    expect(shown.locator("dl")).to_have_text(re.compile("a.*Agree.*d.*Decline", re.DOTALL))
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


def test_filters_narrow_a_list_and_can_be_cleared(
    page: Page, signed_in: SignedIn, officer: Actor, reviewer: Actor, auditor: Actor
) -> None:
    signed_in(page, officer).goto("/admin/controls/person/")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Role").select_option("kyc_reviewer")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#result_list")).to_contain_text("Ruta Reviewer")
    expect(page.locator("#result_list")).not_to_contain_text("Ines Auditor")
    page.get_by_role("link", name="show all").click()
    expect(page.locator("#result_list")).to_contain_text("Ines Auditor")


def propose(by: Actor, who: Actor, role: str) -> None:
    approvals.propose(
        by=by,
        name="controls.grant_role",
        record=come_in(person(who)),
        arguments={"role": role},
        reason="Joins the team.",
    )


PAGES = {
    "home": "/admin/",
    "people": "/admin/controls/person/",
    "roles": "/admin/permissions/",
    "proposals": "/admin/controls/proposal/",
    "policies": "/admin/controls/policyversion/",
    "audit-trail": "/admin/controls/auditentry/",
    "sessions": "/admin/controls/session/",
    "refused": "/admin/controls/attempt/",
}


@pytest.fixture
def busy_office(administrator: Actor, officer: Actor, reviewer: Actor, stranger: Actor, mlro: Actor) -> Actor:
    """Somebody with a long name was suspended, roles are proposed, a report's sight is granted."""
    long = staff.create_person(by=administrator, username="long", name=LONG, password="a long made-up password 9")
    staff.create_person(by=administrator, username="arabic", name="محمد عبد الرحمن المثال", password="made-up word 91")
    staff.suspend_person(long, by=officer, reason="Left the company.")
    propose(administrator, stranger, "finance_officer")
    propose(administrator, stranger, "support_agent")
    staff.grant_report_sight(person(officer), by=mlro, reason="Works on cases.")
    return officer


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_accessible_and_have_their_picture_taken(
    page: Page, signed_in: SignedIn, busy_office: Actor, accessible: Accessible, shoot: Shoot, name: str
) -> None:
    signed_in(page, busy_office).goto(PAGES[name])
    page.wait_for_load_state("networkidle")
    accessible(page)
    shoot(page, name)


def test_a_record_and_its_timeline_are_accessible(
    page: Page, signed_in: SignedIn, busy_office: Actor, accessible: Accessible, shoot: Shoot
) -> None:
    long = Person.all_unrestricted.get(username="long")
    signed_in(page, busy_office).goto(f"/admin/controls/person/{long.pk}/")
    accessible(page)
    shoot(page, "person")
    page.get_by_role("link", name="Timeline").click()
    accessible(page)
    shoot(page, "timeline")


def test_the_navigation_of_a_tablet_opens_and_closes(page: Page, signed_in: SignedIn, officer: Actor) -> None:
    page.set_viewport_size({"width": 820, "height": 1180})
    signed_in(page, officer).goto("/admin/")
    page.get_by_role("button", name="Open the navigation").click()
    expect(page.locator("#nav-sidebar")).to_be_visible()
    page.get_by_role("button", name="Close the navigation").click()
    expect(page.locator("#nav-sidebar")).to_be_hidden()
