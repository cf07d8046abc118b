"""The API does what its description says: whatever is sent to any operation, by a key that may do everything, by one
that may do little, and by somebody the operation is for, the answer is one that is described."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, models, transaction
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as some
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from assets.models import Price
from base import clock
from controls import clients, roles
from controls.actions import REGISTRY
from controls.actor import Actor
from controls.models import ApiClient
from outbox.models import DeliveryAttempt
from tests.conftest import SignInAs
from tests.kyc.test_api import picture
from tests.sweep import World
from tests.test_sweep import ROWS, run

pytestmark = pytest.mark.large
EXAMPLES, SEED = 8, 20_260_101
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
assert get_resolver().url_patterns, "loading the addresses loads the views"
DESCRIBED: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
WSGI = get_wsgi_application()
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED)
SCHEMA.app = WSGI
OPERATIONS: dict[str, Any] = {}
for found in SCHEMA.get_all_operations():
    assert isinstance(found, Ok), found
    OPERATIONS[found.ok().label] = found.ok()
    found.ok().app = WSGI


def test_no_operation_is_left_out(client: Client, api: Callable[[Actor], Client], stranger: Actor) -> None:
    served = api(stranger).get("/api/v1/openapi.json").json()["paths"]
    assert {f"{method.upper()} {path}" for path, methods in served.items() for method in methods} == set(OPERATIONS)


@pytest.fixture(autouse=True)
def _one_transaction() -> Iterator[None]:
    """The server would close a connection that is in the test's transaction, as Django's own test client knows."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@dataclass
class Caller:
    """What a request must carry to be theirs."""

    headers: dict[str, str]
    cookies: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def everything(world: World, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """A program that may do whatever any role may."""
    every = frozenset().union(*(role.permissions for role in roles.ROLES.values()))
    monkeypatch.setitem(roles.ROLES, "price_feed", roles.Role("Everything", every, "client"))
    return world.actor("price_feed")


@pytest.fixture
def caller_of(signin_as: SignInAs) -> Callable[[Actor], Caller]:
    def caller(by: Actor) -> Caller:
        if by.kind == "client":
            key = clients._new_key(ApiClient.all_unrestricted.get(pk=by.id))
            return Caller({"Authorization": f"Bearer {key.shown}"})
        signin_as(client := Client(), by)
        token = "t" * 32
        return Caller({"X-CSRFToken": token}, {"sessionid": client.cookies["sessionid"].value, "csrftoken": token})

    return caller


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_every_answer_is_described(
    world: World, everything: Actor, caller_of: Callable[[Actor], Caller], label: str, settings: Any
) -> None:
    settings.API_PER_MINUTE = settings.API_ADDRESS_PER_MINUTE = 1_000_000
    operation = OPERATIONS[label]
    actor, record, words = meant(world, label, everything)
    callers = [caller_of(each) for each in (everything, world.actor("applicant_intake"), actor)]
    seen: list[int] = []

    def ask(case: Case[Any], caller: Caller) -> None:
        with undone():
            seen.append(asked(case, caller))

    @seed(SEED)
    @BOUNDED
    @given(some.data(), some.sampled_from(callers), some.sampled_from([True, True, True, False]))
    def anything(data: Any, caller: Caller, known: bool) -> None:
        for mode in GenerationMode:
            case = data.draw(operation.as_strategy(generation_mode=mode))
            ask(placed(case, record) if known else case, caller)

    names = [parameter.name for parameter in operation.path_parameters]
    for caller in callers:
        ask(placed(operation.Case(path_parameters=dict.fromkeys(names, ""), **sent(operation, words)), record), caller)
    assert seen[-1] < 300, f"the one it is for was answered {seen[-1]}"
    anything()
    assert len(seen) > EXAMPLES


BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


# --- what a request needs to mean something -------------------------------------------------------------------------


def _views() -> dict[str, Any]:
    """The list's address of every kind of record, and its view."""
    found = {}
    for outer in get_resolver().url_patterns:
        for inner in getattr(outer, "url_patterns", []):
            if str(outer.pattern).startswith("api/v1/") and str(inner.name).endswith("-list"):
                path = f"/{outer.pattern}{inner.pattern}".replace("^", "").removesuffix("/?$")
                found[path] = inner.callback.cls
    return found


LISTS = _views()
Meant = tuple[Actor, Any, dict[str, Any]]
LOOKUPS = ("{id}", "{ref}")


def meant(world: World, label: str, everything: Actor) -> Meant:
    """Somebody the operation works for, with a record and the inputs it works with."""
    method, path = label.split(" ")
    where = next((path.split(f"/{name}")[0] for name in LOOKUPS if name in path), path)
    verb = path.removeprefix(where).strip("/").partition("/")[2]
    if label in SPECIAL:
        return SPECIAL[label](world, everything)
    if method == "GET":
        return reader_of(world, LISTS[where], everything) if path != where else (everything, None, {})
    view = LISTS[where]
    runs = [run for name in dir(view) if hasattr(run := getattr(view, name), "doing")]
    action = next(run for run in runs if getattr(run, "url_path", "") == verb).doing.action
    case = ROWS[action.name].case(world)
    words = case.words | ({"reason": "Because."} if action.quorum else {})
    return case.by, case.record, {name: plain(value) for name, value in words.items()}


def reader_of(world: World, view: Any, everything: Actor) -> Meant:
    """A record of the kind, out of whichever case of its application makes one, and who sees it."""
    model = view.model
    names = [name for name in ROWS if name.startswith(f"{model._meta.app_label}.")]
    for runs in (False, True):
        for name in names:
            point = transaction.savepoint()
            case = ROWS[name].case(world)
            if runs:
                run(REGISTRY[name], case)
            for actor in (everything, case.by):
                if actor.kind != "job" and (found := model.objects.visible_to(actor).last()):
                    return actor, found, {}
            transaction.savepoint_rollback(point)
    raise AssertionError(f"no case makes a {model.__name__}")


def _price(world: World, everything: Actor) -> Meant:
    case = ROWS["assets.import_prices"].case(world)
    run(REGISTRY["assets.import_prices"], case)
    pair = Price.all_unrestricted.select_related("pair__asset", "pair__quote").latest("id").pair
    return everything, None, {"asset": pair.asset.code, "quote": pair.quote.code}


def _result(world: World, everything: Actor) -> Meant:
    case = ROWS["work.read_result"].case(world)
    return case.by, case.record, {}


def _tried(world: World, everything: Actor) -> Meant:
    dead = ROWS["outbox.replay"].case(world).record
    made = DeliveryAttempt.all_unrestricted.create(
        delivery=dead, number=1, outcome="refused", code=410, duration_ms=12, at=clock.now()
    )
    return everything, made, {}


def _upload(world: World, everything: Actor) -> Meant:
    case = ROWS["kyc.add_document"].case(world)
    return case.by, case.record, {"kind": "passport", "side": "front", "file": picture()}


SPECIAL = {
    "POST /api/v1/kyc/applications/{id}/upload": _upload,
    "GET /api/v1/outbox/tries/{id}": _tried,
    "GET /api/v1/assets/price": _price,
    "POST /api/v1/kyc/applications/claim_next": lambda world, everything: (world.actor("kyc_reviewer"), None, {}),
    "POST /api/v1/work/jobs/{id}/result": _result,
}


def plain(value: Any) -> Any:
    """As JSON has it."""
    match value:
        case models.Model():
            return str(value.pk)
        case date() | datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value


def sent(operation: Any, words: dict[str, Any]) -> dict[str, Any]:
    if operation.method.upper() == "GET":
        return {"query": words}
    if not operation.body:
        return {}
    return {"body": words, "media_type": operation.body[0].media_type}


def placed(case: Case[Any], record: Any) -> Case[Any]:
    for name in case.path_parameters or {}:
        case.path_parameters[name] = str(getattr(record, "ref" if name == "ref" else "pk"))
    return case


def asked(case: Case[Any], caller: Caller) -> int:
    """The status that was answered; an answer that is not described fails with the command to ask again."""
    for name in ("Authorization", "X-CSRFToken", "Cookie"):
        case.headers.pop(name, None)
    case.cookies = dict(caller.cookies)
    response = case.call(base_url="http://localhost", headers=caller.headers)
    case.validate_response(response, checks=CHECKS)
    return response.status_code


class undone:  # noqa: N801 - reads as a word
    """Each request meets the same records."""

    def __enter__(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()

    def __exit__(self, *error: Any) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(*error)
