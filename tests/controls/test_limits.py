"""How often the API may be called, and by whom."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from base import clock
from controls import clients, limits, staff
from controls.actor import Actor
from controls.models import ApiClient, AuditEntry, AuditValue, ClientKey, Person, RateWindow

CLIENTS = "/api/v1/controls/clients"
WithKey = Callable[..., Client]


def code(caller: Client, **headers: str) -> tuple[int, str]:
    answer = caller.get(CLIENTS, headers=headers)
    return answer.status_code, answer.json().get("code", "")


def test_who_calls_too_often_is_told_when_to_come_back(with_key: WithKey, settings: LazySettings) -> None:
    settings.API_PER_MINUTE = 3
    program, other = with_key(), with_key()
    answers = [program.get(CLIENTS) for _call in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert code(other) == (200, "")


def test_an_address_has_a_limit_of_its_own(with_key: WithKey, settings: LazySettings) -> None:
    settings.API_ADDRESS_PER_MINUTE = 1
    assert code(with_key()) == (200, "")
    assert code(with_key()) == (429, "rate_limited")


def test_the_next_minute_begins_anew(with_key: WithKey, settings: LazySettings) -> None:
    settings.API_PER_MINUTE = 1
    program = with_key()
    assert code(program)[0] == 200
    RateWindow.objects.update(minute=int(clock.now().timestamp() // 60) - 1)
    assert code(program)[0] == 200


def test_trying_keys_ends_in_a_wait(db: None, client: Client, settings: LazySettings) -> None:
    settings.API_REFUSED_PER_MINUTE = 2
    seen = [code(client, Authorization=f"Bearer bo_0000000{n}_x") for n in range(3)]
    assert seen == [(401, "key_refused"), (401, "key_refused"), (429, "rate_limited")]


def test_windows_that_are_over_are_forgotten(db: None) -> None:
    RateWindow.objects.create(key="old", minute=1, count=5)
    limits.seconds_to_wait({"new": 1})
    assert limits.forget() == 1
    assert RateWindow.objects.get().key == "new"


# --- keys ---------------------------------------------------------------------------------------------------------


def test_a_key_works_only_from_its_networks(with_key: WithKey) -> None:
    program = with_key(networks=("192.0.2.0/24", "2001:db8::/32"))
    for address, status in {
        "192.0.2.7": 200,
        "2001:db8::7": 200,
        "::ffff:192.0.2.7": 200,
        "198.51.100.7": 401,
        "": 401,
    }.items():
        assert program.get(CLIENTS, REMOTE_ADDR=address).status_code == status, address


@pytest.mark.parametrize(
    "change", [{"revoked_at": "now"}, {"expires_at": "now"}], ids=["a revoked client", "an expired client"]
)
def test_a_client_that_ended_is_refused_at_once(with_key: WithKey, change: dict[str, str]) -> None:
    program = with_key()
    assert code(program)[0] == 200
    ApiClient.all_unrestricted.update(**dict.fromkeys(change, clock.now()))
    assert code(program) == (401, "key_refused")


def test_a_client_of_a_suspended_owner_is_refused(with_key: WithKey, administrator: Actor, mlro: Actor) -> None:
    program = with_key(owner=administrator)
    staff.suspend_person(Person.all_unrestricted.get(pk=administrator.id), by=mlro, reason="Left.")
    assert code(program) == (401, "key_refused")


def test_the_old_key_works_for_the_overlap_and_then_no_more(with_key: WithKey, administrator: Actor) -> None:
    program = with_key(owner=administrator)
    record = ApiClient.all_unrestricted.get()
    key = clients.rotate_key(record, by=administrator, overlap_hours=2)
    assert code(program)[0] == code(Client(), Authorization=f"Bearer {key.shown}")[0] == 200
    ClientKey.all_unrestricted.exclude(pk=key.pk).update(ends_at=clock.now() - timedelta(seconds=1))
    assert code(program)[0] == 401


def test_without_overlap_the_old_key_ends_at_once(with_key: WithKey, administrator: Actor) -> None:
    program = with_key(owner=administrator)
    clients.rotate_key(ApiClient.all_unrestricted.get(), by=administrator, overlap_hours=0)
    assert code(program)[0] == 401


def test_the_last_use_is_noted_once_a_minute(with_key: WithKey, django_assert_num_queries: Any) -> None:
    program = with_key()
    program.get(CLIENTS)
    seen = ApiClient.all_unrestricted.get().last_used_at
    assert seen is not None
    program.get(CLIENTS)
    assert ApiClient.all_unrestricted.get().last_used_at == seen


def test_a_call_costs_three_statements(with_key: WithKey, django_assert_max_num_queries: Any) -> None:
    """The key, the count, the page (SQLite is also told twice not to sync outside of a test's transaction)."""
    program = with_key()
    program.get(CLIENTS)
    with django_assert_max_num_queries(3):
        program.get(CLIENTS)


def test_a_key_is_nowhere_but_in_the_answer_that_shows_it(
    with_key: WithKey, administrator: Actor, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    program = with_key(owner=administrator)
    secret = str(program.defaults["HTTP_AUTHORIZATION"]).split("_", 2)[2]
    shown = [program.get(f"/api/v1/controls/{what}").content.decode() for what in ("clients", "client-keys")]
    program.get("/api/v1/nowhere")
    kept = [repr(list(model.all_unrestricted.values())) for model in (ApiClient, ClientKey, AuditEntry)]
    kept += [repr(row.values) for row in AuditValue.objects.all()]
    captured = capfd.readouterr()
    for text in [*shown, *kept, caplog.text, captured.out, captured.err]:
        assert secret not in text
