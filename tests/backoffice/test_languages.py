"""Every text can be translated: catalogues are made from the source, and a page speaks the language it is given."""

import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.test import Client

GERMAN = {
    "": "Content-Type: text/plain; charset=UTF-8\nLanguage: de\nPlural-Forms: nplurals=2; plural=(n != 1);\n",
    "Sign in": "Anmelden",
    "Back office": "Verwaltung",
}
SOURCES = ("backoffice", "base", "controls", "outbox", "assets", "work", "privacy", "kyc", "templates")


def compiled(words: dict[str, str]) -> bytes:
    """A catalogue as msgfmt writes it: a header, two tables of (length, place), the texts."""
    pairs = sorted((text.encode(), translated.encode()) for text, translated in words.items())
    count, place, tables, texts = len(pairs), 28 + 16 * len(pairs), [b"", b""], b""
    for which in (0, 1):
        for pair in pairs:
            tables[which] += struct.pack("<II", len(pair[which]), place + len(texts))
            texts += pair[which] + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0) + b"".join(tables) + texts


@pytest.fixture
def german(settings: Any, tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(compiled(GERMAN))
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]


@pytest.mark.django_db
def test_an_installation_speaks_the_language_it_is_set_to(client: Client, german: None, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    page = client.get("/sign-in/").content.decode()
    assert '<html lang="de">' in page
    assert "Anmelden · Verwaltung" in page
    assert "Sign in" not in page


@pytest.mark.django_db
def test_a_reader_gets_the_language_of_their_browser(client: Client, german: None) -> None:
    assert "Anmelden" in client.get("/sign-in/", headers={"Accept-Language": "de-AT,en;q=0.5"}).content.decode()
    assert "Sign in" in client.get("/sign-in/", headers={"Accept-Language": "fr,en;q=0.5"}).content.decode()


@pytest.mark.django_db
def test_a_language_without_a_catalogue_of_ours_is_not_half_spoken(client: Client) -> None:
    """Django and the admin's frame have catalogues for many; mixed with our English they would be half a page."""
    page = client.get("/sign-in/", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="en">' in page


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs gettext (Debian: apt install gettext)")
def test_a_catalogue_is_made_from_the_source(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SOURCES:  # a copy: files that xgettext reads are written beside the templates for a moment
        shutil.copytree(Path(configured.BASE_DIR) / name, tmp_path / name)
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", locale=["de"], verbosity=0)
    made = (tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po").read_text()
    for text in ("Sign in", "This application is not being checked.", "identity card"):  # template, action, state
        assert f'msgid "{text}"' in made
    call_command("compilemessages", locale=["de"], verbosity=0)
