"""The way in, as people go it."""

import base64
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from controls.models import Authenticator, Passkey, Person, Session
from controls.policies import policy
from controls.session_limits import SESSIONS
from tests.browser.conftest import Accessible, Shoot, SignedIn
from tests.signin.conftest import KEY, PASSWORD, code, enrol, make

pytestmark = pytest.mark.browser

NEW_PASSWORD = "another made-up password 8"


@pytest.fixture
def emil(db: None) -> Person:
    person = make("emil", "kyc_reviewer")
    enrol(person)
    Authenticator.all_unrestricted.update(last_step=-1)
    return person


@pytest.fixture
def authenticator(page: Page) -> Iterator[None]:
    """A virtual security key that its owner has unlocked."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    yield
    devtools.detach()


def give_password(page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_the_first_sign_in(page: Page, shoot: Shoot, accessible: Accessible, db: None) -> None:
    make("nora", "kyc_reviewer", temporary=True)
    give_password(page, "nora")
    expect(page.get_by_role("heading", name="Choose your password")).to_be_visible()
    accessible(page)
    shoot(page, "sign-in-new-password")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_label("Once more").fill(NEW_PASSWORD)
    page.keyboard.press("Enter")

    picture = page.get_by_alt_text(re.compile("QR code"))
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    accessible(page)
    shoot(page, "sign-in-enrolment")
    page.get_by_text("Type this key").click()
    key = base64.b32decode((page.locator(".key").text_content() or "").replace(" ", "")).hex()
    page.get_by_label("Six-digit code").fill(code(key))
    page.keyboard.press("Enter")

    page.get_by_role("button", name="Show my codes").click()
    codes = page.locator(".codes code").all_text_contents()
    assert len(codes) == 10
    accessible(page)
    shoot(page, "sign-in-recovery-codes")
    page.get_by_role("textbox", name="Recovery code").fill(codes[4])
    page.get_by_role("button", name="I kept them").click()
    expect(page).to_have_url(re.compile("/admin/$"))
    assert Session.all_unrestricted.in_force(policy(SESSIONS).value).count() == 1


def test_signing_in_with_a_code(page: Page, shoot: Shoot, accessible: Accessible, emil: Person) -> None:
    page.goto("/account/sessions/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    accessible(page)
    shoot(page, "sign-in")
    give_password(page, "emil", "not the password")
    expect(page.get_by_role("alert")).to_have_text("Name and password do not fit.")
    accessible(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    accessible(page)
    shoot(page, "sign-in-second-factor")
    page.get_by_label("Six-digit code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    page.wait_for_timeout(1100)
    page.get_by_label("Six-digit code").fill(code())
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/admin/$"))


def test_a_passkey_is_added_and_signs_in(
    page: Page, shoot: Shoot, accessible: Accessible, emil: Person, authenticator: None, signed_in: SignedIn
) -> None:
    signed_in(page, emil).goto("/account/")
    page.get_by_label("Name").fill("Emil’s laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_have_text("The passkey is added.")
    expect(page.get_by_role("cell", name="Emil’s laptop", exact=True)).to_be_visible()
    accessible(page)
    shoot(page, "account")

    page.get_by_role("button", name="Sign out").click()
    give_password(page, "emil")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    accessible(page)
    shoot(page, "sign-in-passkey")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/admin/$"))
    assert Passkey.all_unrestricted.get().last_used_at is not None


def test_a_passkey_confirms_and_leads_back(
    page: Page, shoot: Shoot, accessible: Accessible, emil: Person, authenticator: None, signed_in: SignedIn
) -> None:
    signed_in(page, emil).goto("/account/")
    page.get_by_label("Name").fill("Emil’s laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_be_visible()
    Session.all_unrestricted.update(confirmed_at=timezone.now() - timedelta(minutes=16))
    page.get_by_role("link", name="Change password").click()
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    accessible(page)
    shoot(page, "confirm")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    accessible(page)


def test_a_removed_passkey_opens_nothing(page: Page, emil: Person, authenticator: None, signed_in: SignedIn) -> None:
    signed_in(page, emil).goto("/account/")
    page.get_by_label("Name").fill("Emil’s laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("button", name="Remove Emil’s laptop").click()
    expect(page.get_by_role("status")).to_have_text("Emil’s laptop is removed.")
    page.get_by_role("button", name="Sign out").click()
    give_password(page, "emil")
    expect(page.get_by_label("Six-digit code")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)


def test_sessions_are_listed_and_ended(
    page: Page, shoot: Shoot, accessible: Accessible, emil: Person, signed_in: SignedIn
) -> None:
    now = timezone.now()
    for browser, address in (("Safari · iPhone", "192.0.2.9"), ("Firefox · Linux", "2001:db8::7")):
        Session.all_unrestricted.create(person=emil, confirmed_at=now, address=address, browser=browser)
    signed_in(page, emil).goto("/account/sessions/")
    expect(page.get_by_text("this one", exact=True)).to_be_visible()
    accessible(page)
    shoot(page, "sessions")
    page.get_by_role("button", name="End all others").click()
    expect(page.get_by_role("status")).to_have_text("Your other sessions are ended.")
    assert Session.all_unrestricted.in_force(policy(SESSIONS).value).count() == 1


def test_everything_can_be_reached_by_keyboard(page: Page, emil: Person) -> None:
    page.goto("/sign-in/")
    expect(page.get_by_label("Sign-in name")).to_be_focused()
    page.keyboard.type("emil")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Six-digit code")).to_be_focused()
    page.keyboard.type(code())
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/admin/$"))
    assert KEY not in page.content()
