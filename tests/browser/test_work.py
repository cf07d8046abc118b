"""A file is brought in by two people in a real browser, and a list leaves with a purpose."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from controls.actor import Actor
from controls.models import LegalEntity
from tests.browser.conftest import Accessible, Shoot, SignedIn
from tests.work.bringing import ANA, JONAS, MAPPING, table
from work import jobs

pytestmark = pytest.mark.browser


def test_a_file_from_upload_to_result(
    page: Page,
    signed_in: SignedIn,
    shoot: Shoot,
    accessible: Accessible,
    tmp_path: Path,
    entity: LegalEntity,
    officer: Actor,
    mlro: Actor,
) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(table(ANA, JONAS))
    signed_in(page, officer).goto("/admin/work/intake/")
    page.keyboard.press("n")
    page.get_by_label("Source").fill("Old core")
    page.get_by_label("File").set_input_files(file)
    accessible(page)
    shoot(page, "intake-new")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("CSV, utf-8, semicolon")).to_be_visible()
    for name, column in MAPPING.items():
        page.locator(f"#field-{name}").select_option(column)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#intake-progress")).to_contain_text("Waiting")
    jobs.work_off()
    expect(page.get_by_text("2 lines, 0 of them wrong")).to_be_visible()
    accessible(page)
    shoot(page, "intake-tried")
    address = page.url
    page.context.clear_cookies()
    signed_in(page, mlro).goto(address)
    page.keyboard.press("a")
    page.get_by_label("Reason").fill("Reconciled with the old system.")
    page.locator("#dialog-form button[type=submit]").click()
    expect(page.locator("#intake-progress").last).to_contain_text("Waiting")
    jobs.work_off()
    page.get_by_role("link", name="See what changed").click()
    expect(page.get_by_text("OLD-1")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_text("2 rows leave the back office.")).to_be_visible()
    accessible(page)
    shoot(page, "export")
    page.get_by_label("What for").fill("For the board")
    with page.expect_download() as download:
        page.locator("#dialog-form button[type=submit]").click()
    assert download.value.suggested_filename.startswith("customers ")
    page.goto("/admin/work/job/")
    accessible(page)
    page.get_by_role("link", name="Applying an intake").click()
    shoot(page, "job")
