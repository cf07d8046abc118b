"""Whatever is sent to an address that runs an action: an answer that names what is wrong, never a crash."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from controls import clients
from controls.actor import Actor
from controls.api_actions import VIEWS
from controls.models import ApiClient, Person
from tests.conftest import SignInAs
from tests.sweep import World
from tests.test_sweep import ROWS

assert get_resolver().url_patterns, "loading the addresses loads the views"
RUNS = {
    f"{view.__name__}.{name}": run
    for view in VIEWS.values()
    for name in dir(view)
    if hasattr(run := getattr(view, name), "doing")
}
ODD = [
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "' OR 1=1 --",
    "9" * 400,
    "x" * 10_000,
    "../../etc",
    "%s",
    "{}",
    "2026-02-30",
]
ENCODABLE = [text for text in ODD if text != "\ud800"]
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text() | some.sampled_from(ODD),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
QUIET = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.large


def sound(answer: Any) -> None:
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["code"]


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def caller_for(signin_as: SignInAs) -> Callable[[Actor], Client]:
    def caller(by: Actor) -> Client:
        if by.kind == "person":
            signin_as(client := Client(raise_request_exception=False), by)
            return client
        program = ApiClient.all_unrestricted.get(pk=by.id)
        owner = Actor.of(Person.all_unrestricted.get(pk=str(by.person_id)))
        key = clients._new_key(program)
        assert owner.person_id
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key.shown}"})

    return caller


@pytest.mark.parametrize("name", sorted(RUNS))
def test_no_body_makes_an_action_s_address_crash(
    world: World, caller_for: Callable[[Actor], Client], name: str, settings: Any
) -> None:
    settings.API_PER_MINUTE = settings.API_ADDRESS_PER_MINUTE = 1_000_000
    run = RUNS[name]
    case = ROWS[run.doing.action.name].case(world)
    caller, where = caller_for(case.by), address(name, case.record)
    fields = {field: some.one_of(VALUES, some.sampled_from(ODD)) for field in run.doing.takes().fields}

    @QUIET
    @given(some.one_of(some.fixed_dictionaries({}, optional=fields), some.fixed_dictionaries(fields), VALUES))
    def bodies(body: Any) -> None:
        sound(caller.post(where, json.dumps(body), "application/json"))

    @QUIET
    @given(some.binary(max_size=200), some.sampled_from(["application/json", "text/plain", "multipart/form-data", ""]))
    def bytes_as(body: bytes, kind: str) -> None:
        sound(caller.generic("POST", where, body, kind))

    @QUIET
    @given(some.dictionaries(some.sampled_from([*fields, "other"]), some.text(max_size=20)), some.binary(max_size=300))
    def forms(words: dict[str, str], content: bytes) -> None:
        sound(caller.post(where, words | {"file": SimpleUploadedFile("a.png", content, "image/png")}))

    for attempt in (bodies, bytes_as, forms):
        attempt()


@pytest.mark.parametrize("prefix", sorted({name.split(".")[0] for name in RUNS}))
def test_no_query_makes_a_list_crash(
    world: World, caller_for: Callable[[Actor], Client], prefix: str, settings: Any
) -> None:
    settings.API_PER_MINUTE = settings.API_ADDRESS_PER_MINUTE = 1_000_000
    view = next(view for view in VIEWS.values() if view.__name__ == prefix)
    caller, where = caller_for(world.actor("compliance_officer")), LISTS[prefix]
    names = [*(view.filters().fields if view.filters else {}), "cursor", "ordering", "page_size", "other"]

    @QUIET
    @given(
        some.dictionaries(some.sampled_from(names), some.text() | some.sampled_from([*ODD[:3], *ODD[4:]]), max_size=3)
    )
    def queries(asked: dict[str, str]) -> None:
        sound(caller.get(where, asked))

    queries()


def _lists() -> dict[str, str]:
    found = {}
    for pattern in get_resolver().url_patterns:
        if str(pattern.pattern).startswith("api/v1/") and hasattr(pattern, "url_patterns"):
            inner: Any
            for inner in pattern.url_patterns:
                if str(inner.name).endswith("-list"):
                    path = f"/{pattern.pattern}{inner.pattern}".replace("^", "").removesuffix("/?$")
                    found[inner.callback.cls.__name__] = path
    return found


LISTS = _lists()


def address(name: str, record: Any) -> str:
    prefix, run = name.split(".")
    if run == "create":
        return LISTS[prefix]
    return f"{LISTS[prefix]}/{record.pk}/{RUNS[name].url_path}"
