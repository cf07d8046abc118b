"""The page of the API opens under the policy that allows no inline script."""

import pytest
from playwright.sync_api import Page

from controls.actor import Actor
from tests.browser.conftest import SignedIn

pytestmark = pytest.mark.browser


def test_each_address_stands_on_the_page(page: Page, signed_in: SignedIn, stranger: Actor) -> None:
    signed_in(page, stranger)
    page.goto("/docs/api/")
    page.get_by_text("controls: people", exact=True).first.click(timeout=30_000)
    page.locator(".opblock-summary-path", has_text="/suspend_person").wait_for(timeout=30_000)
