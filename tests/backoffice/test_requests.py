"""The id of a request, the headers of an answer, the fence around a demonstration."""

from typing import Any

import pytest
from django.test import Client

GIVEN = "0f0f0f0f-0000-4000-8000-00000000abcd"


def test_a_callers_request_id_is_kept(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": GIVEN.upper()})["X-Request-ID"] == GIVEN


@pytest.mark.parametrize("given", ["", "secret-token", GIVEN + "0", "x" * 36, "../../etc/passwd", "-" * 36])
def test_what_is_no_id_is_replaced(client: Client, given: str) -> None:
    answered = client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    assert answered != given
    assert len(answered) == 36


def test_every_answer_carries_the_strict_headers(client: Client) -> None:
    answer = client.get("/healthz")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.fixture
def demonstration(settings: Any) -> None:
    settings.LOOPBACK_ONLY = True
    settings.ALLOWED_HOSTS = ["*"]


@pytest.mark.usefixtures("demonstration")
@pytest.mark.parametrize(
    "said",
    [
        {"X-Forwarded-For": "192.0.2.7"},
        {"X-Forwarded-For": "127.0.0.1, 192.0.2.7"},
        {"X-Forwarded-For": "192.0.2.7, 127.0.0.1"},
        {"X-Real-IP": "2001:db8::7"},
        {"Forwarded": "for=192.0.2.7"},
        {"X-Forwarded-Host": "demo.example.com"},
        {"Host": "demo.example.com"},
        {"Host": "demo.example.com:8000"},
        {"Host": "localhost.example.com"},
        {"Host": "192.0.2.7"},
        {"Host": ""},
    ],
    ids=str,
)
def test_a_demonstration_answers_nobody_behind_a_proxy_and_under_no_other_name(
    client: Client, said: dict[str, str]
) -> None:
    answer = client.get("/sign-in/", headers=said)
    assert (answer.status_code, b"DEMO=1" in answer.content) == (403, True)


@pytest.mark.usefixtures("demonstration")
@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8001", "[::1]:8000", "LOCALHOST"])
def test_a_demonstration_answers_under_the_names_of_this_machine(client: Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host, "X-Forwarded-For": "127.0.0.1"}).status_code == 200


def test_a_demonstration_answers_this_machine_only(client: Client, settings: Any) -> None:
    settings.LOOPBACK_ONLY = True
    settings.ALLOWED_HOSTS = ["*"]
    assert client.get("/healthz", REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get("/healthz", REMOTE_ADDR="::1", headers={"Host": "localhost"}).status_code == 200
    settings.LOOPBACK_ONLY = False
    assert client.get("/healthz", REMOTE_ADDR="192.0.2.7").status_code == 200
