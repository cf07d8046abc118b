"""The same request twice: one change, one answer."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from base import clock
from controls import idempotency, staff
from controls.actor import Actor
from controls.models import AuditEntry, IdempotentAnswer, Person, RoleGrant
from tests import people
from tests.committed import CommittedDatabase

PEOPLE = "/api/v1/controls/people"
CLIENTS = "/api/v1/controls/clients"
NEW = {"username": "nina", "name": "Nina New", "password": "a made-up password 7"}
Api = Callable[[Actor], Client]


def create(caller: Client, body: object = NEW, key: str = "k-1") -> Any:
    return caller.post(PEOPLE, body, "application/json", headers={"Idempotency-Key": key})


def test_the_second_time_gives_the_first_answer_and_changes_nothing(api: Api, administrator: Actor) -> None:
    caller = api(administrator)
    first, second = create(caller), create(caller, dict(reversed(NEW.items())))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first["Location"] == second["Location"]
    assert ("Idempotency-Replayed" in first, second["Idempotency-Replayed"]) == (False, "true")
    assert Person.all_unrestricted.filter(username="nina").count() == 1
    assert AuditEntry.all_unrestricted.count() == 1


def test_another_body_under_the_same_key_is_422(api: Api, administrator: Actor) -> None:
    caller = api(administrator)
    create(caller)
    answer = create(caller, NEW | {"name": "Nora New"})
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert Person.all_unrestricted.get(username="nina").name == "Nina New"


def test_a_refusal_is_not_kept(api: Api, administrator: Actor) -> None:
    caller = api(administrator)
    assert create(caller, NEW | {"password": "short"}).status_code == 422
    assert IdempotentAnswer.objects.count() == 0
    assert create(caller).status_code == 201


def test_a_key_belongs_to_who_used_it(api: Api, administrator: Actor, make_actor: Callable[..., Actor]) -> None:
    create(api(administrator))
    other = create(api(make_actor("second_admin", "administrator")), NEW | {"username": "nora"})
    assert other.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "é"])
def test_a_key_that_is_none_is_named(api: Api, administrator: Actor, key: str) -> None:
    answer = create(api(administrator), key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_the_answer_is_told_again_when_the_record_is_out_of_sight(api: Api, officer: Actor, reviewer: Actor) -> None:
    caller = api(officer)
    ask = f"{PEOPLE}/{reviewer.id}/suspend_person"
    headers = {"Idempotency-Key": "k"}
    first = caller.post(ask, {"reason": "Left."}, "application/json", headers=headers)
    RoleGrant.all_unrestricted.filter(person=officer.person_id).update(ended_at=clock.now())
    people.hold(Person.all_unrestricted.get(pk=officer.id), "licence_officer")
    assert caller.post(ask, {"reason": "Left."}, "application/json", headers=headers).content == first.content
    assert caller.post(ask, {"reason": "Left."}, "application/json").status_code == 404


def test_a_key_shown_once_is_not_told_again(api: Api, administrator: Actor, with_key: Callable[..., Client]) -> None:
    with_key(owner=administrator)
    caller = api(administrator)
    client_id = caller.get(CLIENTS).json()["results"][0]["id"]
    ask, headers = f"{CLIENTS}/{client_id}/rotate_key", {"Idempotency-Key": "r"}
    first, second = (caller.post(ask, {}, "application/json", headers=headers) for _time in range(2))
    assert first.json()["key"].startswith(first.json()["start"] + "_")
    assert second.json() == first.json() | {"key": None}


def test_parts_of_a_form_are_told_apart_by_their_bytes() -> None:
    def digest(content: bytes) -> str:
        file = SimpleUploadedFile("a.png", content, "image/png")
        return idempotency.digest_of("POST", "/", {"kind": ["passport"]}, {"file": [file]})

    assert digest(b"one") == digest(b"one")
    assert digest(b"one") != digest(b"two")


def test_answers_are_forgotten_after_two_days(api: Api, administrator: Actor) -> None:
    create(api(administrator))
    assert idempotency.forget() == 0
    IdempotentAnswer.objects.update(at=IdempotentAnswer.objects.get().at - timedelta(hours=49))
    assert idempotency.forget() == 1


@pytest.mark.postgres
def test_while_the_first_runs_the_second_is_told_so(
    committed_db: CommittedDatabase, api: Api, administrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go = threading.Event(), threading.Event()
    body = staff._new_person

    def slow(by: UUID, **details: str) -> Person:
        inside.set()
        assert go.wait(20)
        return body(by, **details)

    monkeypatch.setattr(staff, "_new_person", slow)
    answers: dict[str, Any] = {}

    def first() -> None:
        try:
            answers["first"] = create(api(administrator))
        finally:
            connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(20)
    second = create(api(administrator))
    go.set()
    thread.join(20)
    assert (second.status_code, second.json()["code"], second["Retry-After"]) == (409, "still_running", "1")
    assert answers["first"].status_code == 201
    assert create(api(administrator)).content == answers["first"].content


@pytest.mark.postgres
def test_eight_at_once_change_one_thing(committed_db: CommittedDatabase, api: Api, administrator: Actor) -> None:
    callers = [api(administrator) for _each in range(8)]
    barrier, answers = threading.Barrier(8), []

    def ask(caller: Client) -> None:
        try:
            barrier.wait(20)
            answers.append(create(caller))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[caller]) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    codes = sorted(answer.status_code for answer in answers)
    assert set(codes) <= {201, 409}
    assert codes.count(201) >= 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert Person.all_unrestricted.filter(username="nina").count() == 1
