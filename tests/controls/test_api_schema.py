"""The API describes itself completely."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver

from controls.actor import Actor

Api = Callable[[Actor], Client]
SELF = ["/api/v1/openapi.json", "/docs/api/"]


@pytest.fixture
def described(api: Api, stranger: Actor) -> dict[str, Any]:
    found: dict[str, Any] = api(stranger).get(SELF[0]).json()
    return found


def test_the_schema_is_valid_and_without_warnings(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))
    assert "Warning" not in capsys.readouterr().err


def test_every_operation_says_how_it_refuses(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            needed = {"401", "429"} | ({"400", "403", "404", "409", "422"} if method == "post" else set())
            assert needed <= set(answers), f"{method} {path}"
            assert all("application/problem+json" in answers[code]["content"] for code in needed)


def test_every_post_takes_an_idempotency_key(described: dict[str, Any]) -> None:
    posts = [methods["post"] for methods in described["paths"].values() if "post" in methods]
    assert posts
    for operation in posts:
        assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}


def test_every_address_of_the_api_is_described(described: dict[str, Any]) -> None:
    named = {name for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith("api-")}
    known = {re.sub(r"[^a-z]", "", path) for path in described["paths"]}
    assert named - {"api-docs"}
    assert len(known) >= len(named - {"api-docs"})


@pytest.mark.parametrize("path", SELF)
def test_the_description_is_for_who_is_signed_in(client: Client, api: Api, stranger: Actor, path: str) -> None:
    assert client.get(path).status_code in {302, 401}
    assert api(stranger).get(path).status_code == 200


def test_the_page_needs_no_inline_script_or_style(api: Api, stranger: Actor) -> None:
    page = api(stranger).get("/docs/api/")
    text = page.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", text)
    assert "unsafe" not in page["Content-Security-Policy"]
    assert not re.search(r"https?://", text), "everything comes from our own files"
    script = re.search(r'src="([^"]*script=[^"]*)"', text)
    assert script
    assert "SwaggerUIBundle" in api(stranger).get(script[1].replace("&amp;", "&")).content.decode()


def test_every_code_is_explained(api: Api, stranger: Actor) -> None:
    explained = api(stranger).get("/api/v1/problems").json()
    given = {code for app in EXPLAINED for path in (BASE_DIR / app).rglob("*.py") for code in codes(path)}
    assert {"same_person", "key_reused", "still_running"} <= given
    assert given - set(explained) == set()


# Pages of sign-in refuse in words alone; specimens and demonstration data are made by commands: not the API's.
EXPLAINED = ("base", "controls", "outbox", "assets", "work", "privacy", "kyc")
BASE_DIR = Path(settings.BASE_DIR)


def codes(path: Path) -> set[str]:
    """The codes that rules in this file give: Invalid(..., code="x"), and `code = "x"` of a RuleError's class."""
    if {"signin", "specimen"} & set(path.parts) or path.name == "demo.py":
        return set()
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls = [call for call in calls if ast.unparse(call.func) != "ValidationError"]  # a form's, no answer of the API
    said = [word.value for call in calls for word in call.keywords if word.arg == "code"]
    said += [
        line.value
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) in {"code", "problem_code"}
    ]
    found = {value.value for value in said if isinstance(value, ast.Constant)}
    return {str(code) for code in found} - {"refused"}
