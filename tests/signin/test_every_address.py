"""Every address of the resolver: nothing opens without a verified second factor but what is listed here."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from controls.actor import Actor
from controls.models import Person

# What answers a stranger, and how. Each is a step of sign-in, or answers for itself (probes, metrics, API).
OPEN = {
    "sign-in/": {200},
    "healthz": {200, 503},
    "readyz": {200, 503},
    "metrics": {401, 403, 404},
}
STEPS = {"factor", "recovery", "passkey", "new-password", "enrol", "recovery-codes", "again"}
A_UUID = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000"
VALUES = {"uuid": A_UUID, "int": "1", "str": "something", "slug": "something", "path": "some/thing"}


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + filled(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route


def filled(route: str) -> str:
    """The route with plausible values where it takes some: of path() by converter, of re_path() by group."""
    if route.startswith("^") or "(?P" in route:
        route = re.sub(r"\(\?P<format>[^)]*\)", "json", route)
        route = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", A_UUID, route)
        route = re.sub(r"\(/\|\$\)", "/", route)
        return route.replace("\\Z", "").replace("\\.", ".").replace("/?", "/").strip("^$")
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: VALUES.get(found[1] or "str", A_UUID), route)


ALL = sorted(set(addresses(get_resolver().url_patterns)))


def opens(address: str) -> set[int] | None:
    if address.startswith("sign-in/") and address.split("/")[1] in STEPS:
        return {302, 405}
    return next((codes for start, codes in OPEN.items() if address.rstrip("/") == start.rstrip("/")), None)


def test_the_walk_sees_the_whole_product() -> None:
    assert len(ALL) > 30
    assert {"admin/", "account/", "account/sessions/", "sign-in/confirm/"} <= set(ALL)
    assert not [address for address in ALL if set(address) & set("<>()?*+\\")]


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_a_stranger_gets_nowhere(client: Client, db: None, method: str) -> None:
    for address in ALL:
        answer = getattr(client, method)(f"/{address}")
        if codes := opens(address):
            assert answer.status_code in codes | {405}, f"{method} /{address}: {answer.status_code}"
        elif address.startswith("api"):
            assert answer.status_code == 401, f"{method} /{address}: {answer.status_code}"
            assert answer.json()["code"] == "not_signed_in"
        else:
            assert_sent_to_sign_in(answer, f"{method} /{address}")


def test_a_password_without_the_second_factor_opens_no_more(client: Client, reviewer: Actor) -> None:
    client.force_login(Person.all_unrestricted.get(pk=str(reviewer.person_id)))
    for address in ALL:
        if opens(address) is None:
            answer = client.get(f"/{address}")
            if address.startswith("api"):
                assert answer.status_code == 401, address
            else:
                assert_sent_to_sign_in(answer, address)


def test_a_made_up_key_opens_nothing(db: None) -> None:
    client = Client(headers={"Authorization": "Bearer made-up"})
    for address in ALL:
        if address.startswith("api"):
            assert client.get(f"/{address}").status_code in {401, 429}, address
        elif opens(address) is None:
            assert_sent_to_sign_in(client.get(f"/{address}"), address)


def assert_sent_to_sign_in(answer: object, what: str) -> None:
    assert answer.status_code == 302, f"{what}: {answer.status_code}"  # type: ignore[attr-defined]
    assert answer.headers["Location"].partition("?")[0] == "/sign-in/", what  # type: ignore[attr-defined]
