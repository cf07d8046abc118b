"""Chromium against the product: a live server, a page that fails the test on any complaint, pictures of pages.

Fixtures: `live` (the server's address), `page` (1366x768, light), `signed_in(page, person)`, `shoot(page, name)` and
`accessible(page)`. Complaints are errors of the console, reports of the content security policy, exceptions in
scripts, and files that could not be loaded.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from controls.actor import Actor
from controls.models import Person
from tests.conftest import SignInAs

WIDE, TABLET = {"width": 1366, "height": 768}, {"width": 820, "height": 1180}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# Pictures go into the documentation when asked for (SCREENSHOTS=1); otherwise they are taken all the same.
PICTURES = Path(configured.BASE_DIR) / "docs" / "screenshots"
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright runs an event loop in this thread; Django takes that for asynchronous code and refuses its database.
    # Unset again afterwards: other tests start processes that must not inherit it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def live(live_server: Any, settings: Any) -> str:
    """The address of the running product. Passkeys belong to localhost and to this port."""
    address: str = live_server.url
    settings.OTP_WEBAUTHN_RP_ID = "localhost"
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = [address]
    return address


class Complaints(list[str]):
    """What the browser found wrong."""

    def listen(self, page: Page) -> None:
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.append(f"exception: {error}"))
        page.on("response", self.response)

    def console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.append(f"console: {message.text}")

    def response(self, response: Response) -> None:
        """A page may answer 422 to a wrong input; a style, a script or a picture must be there."""
        if response.status >= 500 or (
            response.status >= 400 and response.request.resource_type in {"stylesheet", "script", "image", "font"}
        ):
            self.append(f"{response.status}: {response.url}")


@pytest.fixture
def page(chromium: Browser, live: str) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE, color_scheme="light", base_url=live)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    opened, complaints = context.new_page(), Complaints()
    complaints.listen(opened)
    yield opened
    context.close()
    assert not complaints


SignedIn = Callable[..., Page]


@pytest.fixture
def signed_in(live: str, signin_as: SignInAs) -> SignedIn:
    """signed_in(page, person): the page's browser gets the cookie of a verified session."""

    def sign_in(page: Page, who: Person | Actor) -> Page:
        client = Client()
        signin_as(client, who)
        cookie = client.cookies[configured.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": configured.SESSION_COOKIE_NAME, "value": cookie, "url": live}])
        return page

    return sign_in


def colours(page: Page, scheme: str) -> None:
    """Light or dark: pages outside the frame ask the browser, the frame asked it when it was loaded."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    framed = "dark => document.querySelector('#page') && document.documentElement.classList.toggle('dark', dark)"
    page.evaluate(framed, scheme == "dark")
    page.wait_for_timeout(200)


Shoot = Callable[[Page, str], None]


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    """shoot(page, "sign-in"): three pictures of what the page shows now, at 1366x768 light and dark, at 820x1180."""
    folder = PICTURES if os.environ.get("SCREENSHOTS") == "1" else tmp_path

    def shoot(page: Page, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, size, scheme in (
            ("light", WIDE, "light"),
            ("dark", WIDE, "dark"),
            ("tablet", TABLET, "light"),
        ):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            colours(page, scheme)
            page.wait_for_timeout(150)
            page.screenshot(path=folder / f"{name}-{kind}.png")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        colours(page, "light")

    return shoot


Accessible = Callable[[Page], None]


@pytest.fixture
def accessible() -> Accessible:
    """accessible(page): axe-core, in light and in dark, finds nothing serious; nothing is wider than the page."""

    def look(page: Page) -> None:
        for scheme in ("light", "dark"):
            colours(page, scheme)
            found = Axe().run(page).response["violations"]
            serious = [
                f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes'][:3]]}"
                for one in found
                if one["impact"] in SERIOUS
            ]
            assert not serious, f"{scheme}: {serious}"
        colours(page, "light")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"

    return look
