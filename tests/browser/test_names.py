"""The longest names and those of other scripts, few rows and many: nothing is cut off by the page, nothing overlaps."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from controls import approvals
from controls.actor import Actor
from controls.models import LegalEntity, Person
from kyc import actions
from kyc.models import Application
from tests.browser.conftest import TABLET, WIDE, SignedIn, colours
from tests.browser.test_kyc import PIXEL
from tests.conftest import Make
from tests.kyc import filling, making
from tests.people import come_in

pytestmark = pytest.mark.browser

LONGEST = "Wolfeschlegelsteinhausenbergerdorffmusts"  # forty letters without a place to break
NAMES = [
    ("Maximiliane Charlotte Friederike", LONGEST),
    ("محمد عبد الرحمن عبد العزيز", "المثال الطويل جدا"),
    ("欧阳震华", "示例示例示例示例示例示例示例示例"),
    ("Ñ", "O"),
]
SIZES = {"wide": WIDE, "tablet": TABLET}

# Pairs of controls of the page's head and bars that lie over one another, by their texts.
OVERLAPS = """() => {
  const controls = ["button", "a.button", ".tab", ".badge", "h1", "h2"].map(each => `#main ${each}`).join(", ");
  const boxes = [...document.querySelectorAll(`${controls}, .chip`)]
    .filter(each => each.checkVisibility({ visibilityProperty: true }) && !each.closest("[hidden], .sr-only, dialog"))
    .map(each => [each, each.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.height > 1);
  const found = [];
  boxes.forEach(([one, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
    if (one.contains(other) || other.contains(one)) return;
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 2) found.push(`${one.textContent.trim()} / ${other.textContent.trim()}`);
  }));
  return found;
}"""


def look(page: Page, address: str, name: str, *, wait: str = "load") -> None:
    """At both sizes and in both colours; with PICTURES_OF_NAMES=folder the pictures are kept there."""
    folder = os.environ.get("PICTURES_OF_NAMES")
    for kind, size in SIZES.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto(address, wait_until=wait)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            colours(page, scheme)
            if folder:
                page.screenshot(path=Path(folder) / f"{name}-{kind}-{scheme}.png")
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, f"{name}, {kind}: the page is {wider} px wider than the window"
        assert page.evaluate(OVERLAPS) == [], f"{name}, {kind}"


@pytest.fixture
def people(make_actor: Make, entity: LegalEntity) -> list[Application]:
    """Applicants of such names, one of them with a colleague of such a name on it; a proposal about another."""
    rows = [
        making.checked(entity, given_names=given, family_name=family, reference=f"A-{'9' * 40}-{number}")
        for number, (given, family) in enumerate(NAMES)
    ]
    colleague = make_actor("long_colleague", "kyc_reviewer")
    Person.all_unrestricted.filter(pk=str(colleague.person_id)).update(name=f"Bartholomäus {LONGEST}")
    actions.claim(rows[0], by=Actor.of(Person.all_unrestricted.get(pk=str(colleague.person_id)), confirmed_at=None))
    administrator = make_actor("adam_admin", "administrator")
    approvals.propose(
        by=administrator,
        name="controls.grant_role",
        record=come_in(Person.all_unrestricted.get(pk=str(colleague.person_id))),
        arguments={"role": "treasury"},
        reason=f"Takes over from {LONGEST} {LONGEST}.",
    )
    return rows


@pytest.fixture
def mlro_page(page: Page, signed_in: SignedIn, mlro: Actor) -> Page:
    page.route("**/kyc/picture/**", lambda route: route.fulfill(body=PIXEL, content_type="image/png"))
    return signed_in(page, mlro)


@pytest.mark.parametrize("name", ["queue", "queue-filtered", "customers", "home", "inbox", "desk", "record", "empty"])
def test_pages_hold_the_longest_names(mlro_page: Page, people: list[Application], name: str) -> None:
    addresses = {
        "queue": "/admin/kyc/application/?tab=desk",
        "queue-filtered": f"/admin/kyc/application/?tab=all&reference={'9' * 40}&on=anybody&o=-on&from=2020-01-01",
        "customers": "/admin/kyc/customer/",
        "home": "/admin/",
        "inbox": "/admin/controls/proposal/",
        "record": f"/admin/kyc/application/{people[0].pk}/",
        "empty": "/admin/kyc/application/?tab=rejected",
    }
    if name != "desk":
        look(mlro_page, addresses[name], name)
        return
    for number, application in enumerate(people[:3]):
        look(mlro_page, f"/admin/kyc/application/{application.pk}/desk/", f"desk-{number}")


def test_pages_hold_no_row_and_say_what_comes(mlro_page: Page, entity: LegalEntity) -> None:
    for tab in ("mine", "held", "desk", "second", "checks", "screening", "rejected", "all"):
        mlro_page.goto(f"/admin/kyc/application/?tab={tab}")
        expect(mlro_page.locator(".empty")).not_to_have_text("")
    look(mlro_page, "/admin/kyc/application/", "none-queue")
    look(mlro_page, "/admin/kyc/customer/", "none-customers")


@pytest.mark.large
def test_pages_hold_ten_thousand(mlro_page: Page, entity: LegalEntity, reviewer: Actor) -> None:
    filling.fill(10_000, entity, Person.all_unrestricted.get(pk=str(reviewer.person_id)))
    look(mlro_page, "/admin/kyc/application/?tab=all&page=100", "many-queue")
    look(mlro_page, "/admin/", "many-home")
    look(mlro_page, "/admin/kyc/customer/?p=150", "many-customers")


def test_filters_are_used_by_keyboard_alone(mlro_page: Page, people: list[Application]) -> None:
    page = mlro_page
    page.goto("/admin/kyc/application/?tab=desk")
    page.keyboard.press("/")
    expect(page.get_by_label("Reference")).to_be_focused()
    page.keyboard.type("-3")
    page.keyboard.press("Enter")
    page.wait_for_url("**reference=-3**")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Reference: -3").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_role("link", name="Risk").press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Risk")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    expect(page.get_by_label("Reference")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Filters")).to_be_focused()
