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


def test_a_demonstration_answers_this_machine_only(client: Client, settings: Any) -> None:
    settings.LOOPBACK_ONLY = True
    assert client.get("/healthz", REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get("/healthz", REMOTE_ADDR="::1").status_code == 200
    settings.LOOPBACK_ONLY = False
    assert client.get("/healthz", REMOTE_ADDR="192.0.2.7").status_code == 200
