"""The API as its callers see it: who is let in, what they are told, and that a POST is one action."""

from collections.abc import Callable

import pytest
from django.test import Client

from controls.actor import Actor
from controls.models import Attempt, AuditEntry, Person

PEOPLE = "/api/v1/controls/people"
JSON = "application/json"
Api = Callable[[Actor], Client]


def test_without_key_or_session_it_answers_401_and_says_how(db: None, client: Client) -> None:
    answer = client.get(PEOPLE)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"


def test_a_key_that_is_none_is_refused(db: None, client: Client) -> None:
    answer = client.get(PEOPLE, headers={"Authorization": "Bearer bo_00000000_nothing"})
    assert (answer.status_code, answer.json()["code"]) == (401, "key_refused")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_who_may_see_staff_lists_people(api: Api, auditor: Actor, reviewer: Actor) -> None:
    names = {person["username"] for person in api(auditor).get(PEOPLE).json()["results"]}
    assert names == {"ines_auditor", "ruta_reviewer"}


def test_a_person_suspended_through_the_api_is_one_action(api: Api, officer: Actor, reviewer: Actor) -> None:
    answer = api(officer).post(f"{PEOPLE}/{reviewer.id}/suspend_person", {"reason": "Left."}, JSON)
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert answer.json()["available_actions"] == []
    assert not Person.all_unrestricted.get(pk=reviewer.id).is_active
    assert AuditEntry.all_unrestricted.get().action == "controls.suspend_person"


@pytest.mark.parametrize("where", ["", "/suspend_person"])
def test_what_may_not_be_known_answers_like_what_does_not_exist(
    api: Api, stranger: Actor, reviewer: Actor, where: str
) -> None:
    caller = api(stranger)
    ask = caller.post if where else caller.get
    hidden, none = (ask(f"{PEOPLE}/{key}{where}") for key in (reviewer.id, "01890000-0000-7000-8000-000000000000"))
    assert hidden.status_code == none.status_code == 404
    assert hidden.content == none.content
    # The request's own number aside, which tells requests apart and nothing about records.
    assert dict(hidden.headers) | {"X-Request-ID": ""} == dict(none.headers) | {"X-Request-ID": ""}


def test_who_may_see_but_not_act_is_told_403_whatever_the_body(api: Api, auditor: Actor, reviewer: Actor) -> None:
    for body in ({"reason": "No."}, {}, {"reason": 7, "x": []}):
        answer = api(auditor).post(f"{PEOPLE}/{reviewer.id}/suspend_person", body, JSON)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert Attempt.objects.count() == 3


def test_the_wrong_state_is_409(api: Api, officer: Actor, reviewer: Actor) -> None:
    caller = api(officer)
    caller.post(f"{PEOPLE}/{reviewer.id}/suspend_person", {"reason": "Left."}, JSON)
    answer = caller.post(f"{PEOPLE}/{reviewer.id}/suspend_person", {"reason": "Again."}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize("body", [{}, {"reason": "  "}, {"reason": "Left.", "why": "x"}, {"reason": {"a": 1}}])
def test_a_bad_input_is_named(api: Api, officer: Actor, reviewer: Actor, body: object) -> None:
    answer = api(officer).post(f"{PEOPLE}/{reviewer.id}/suspend_person", body, JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [next(iter(set(body) - {"reason"}), "reason")]  # type: ignore[call-overload]
    assert Person.all_unrestricted.get(pk=reviewer.id).is_active


@pytest.mark.parametrize("body", ["{", '{"reason": NaN}', '{"reason": "a", "reason": "b"}', '{"reason": "\\u0000"}'])
def test_what_is_not_json_is_400(api: Api, officer: Actor, reviewer: Actor, body: str) -> None:
    answer = api(officer).post(f"{PEOPLE}/{reviewer.id}/suspend_person", body, JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("method", "kind", "status", "code"),
    [
        ("put", JSON, 405, "method_not_allowed"),
        ("options", JSON, 405, "method_not_allowed"),
        ("post", "text/csv", 415, "unsupported_media_type"),
    ],
)
def test_the_framework_refuses_as_a_problem(
    api: Api, officer: Actor, reviewer: Actor, method: str, kind: str, status: int, code: str
) -> None:
    answer = api(officer).generic(method.upper(), f"{PEOPLE}/{reviewer.id}/suspend_person", "x", kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_an_address_that_leads_nowhere_is_404_to_who_is_signed_in(api: Api, client: Client, stranger: Actor) -> None:
    assert client.get("/api/v1/nowhere").status_code == 401
    answer = api(stranger).get("/api/v1/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_role_is_proposed_through_the_api(api: Api, administrator: Actor, stranger: Actor) -> None:
    body = {"role": "kyc_reviewer", "reason": "Joins the team."}
    answer = api(administrator).post(f"{PEOPLE}/{stranger.id}/grant_role", body, JSON)
    assert (answer.status_code, answer.json()["status"]) == (202, "proposed")
    assert "kyc_reviewer" in {row["new"] for row in answer.json()["difference"]}


def test_a_program_acts_under_its_own_name_and_not_its_owner_s(
    with_key: Callable[..., Client], administrator: Actor, reviewer: Actor
) -> None:
    program = with_key(owner=administrator)
    assert program.get(PEOPLE).json()["results"] == []
    assert program.get(f"{PEOPLE}/{reviewer.id}").status_code == 404
    assert [one["owner"] for one in program.get("/api/v1/controls/clients").json()["results"]] == [administrator.id]
