"""The page of the API opens under the policy that allows no inline script."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import sync_playwright

from controls.actor import Actor
from tests.conftest import SignInAs

pytestmark = pytest.mark.browser
CHROMIUM = {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox", "--disable-gpu", "--no-first-run"]}


def test_each_address_stands_on_the_page(
    live_server: Any, signin_as: SignInAs, stranger: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright keeps an event loop in this thread
    signin_as(client := Client(), stranger)
    complaints: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**CHROMIUM)  # type: ignore[arg-type]
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        page.goto(f"{live_server.url}/docs/api/")
        page.get_by_text("controls: people", exact=True).first.click(timeout=30_000)
        page.locator(".opblock-summary-path", has_text="/suspend_person").wait_for(timeout=30_000)
        browser.close()
    assert complaints == []
