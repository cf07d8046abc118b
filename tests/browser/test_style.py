"""The style page in a real browser: every badge in both colours, readable; a dialog that does nothing."""

import pytest
from playwright.sync_api import Page, expect

from base.badges import STATES
from controls.actor import Actor
from tests.browser.conftest import Accessible, Shoot, SignedIn

pytestmark = pytest.mark.browser


def test_each_kind_and_badge_is_shown_and_readable(
    page: Page, signed_in: SignedIn, officer: Actor, accessible: Accessible, shoot: Shoot
) -> None:
    signed_in(page, officer).goto("/admin/style/")
    page.wait_for_load_state("networkidle")
    expect(page.locator(".table .badge")).to_have_count(sum(len(states.split()) for states in STATES.values()))
    accessible(page)
    shoot(page, "style")
    page.get_by_role("button", name="A dialog").click()
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_visible()
    accessible(page)


@pytest.mark.parametrize("name", ["task", "notice"])
def test_tasks_and_notifications_are_accessible(
    page: Page, signed_in: SignedIn, mlro: Actor, officer: Actor, accessible: Accessible, shoot: Shoot, name: str
) -> None:
    from tests.work.sweep_tasks import raised

    raised(mlro, role="compliance_officer")
    signed_in(page, officer).goto(f"/admin/work/{name}/")
    accessible(page)
    shoot(page, f"{name}s")
