"""The API as its callers see it: who is let in, what they are told, and that a POST is one action."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from base import clock
from controls.actor import Actor
from controls.models import Attempt, AuditEntry, Person
from tests.conftest import SignInAs
from tests.people import LONG_GONE

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
    assert names - LONG_GONE == {"ines_auditor", "ruta_reviewer"}


def test_a_person_suspended_through_the_api_is_one_action(api: Api, officer: Actor, reviewer: Actor) -> None:
    answer = api(officer).post(f"{PEOPLE}/{reviewer.id}/suspend_person", {"reason": "Left."}, JSON)
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert answer.json()["available_actions"] == ["see_off"]
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


# --- proposals and entries ----------------------------------------------------------------------------------------


def test_a_proposal_is_decided_by_another_through_the_api(
    api: Api, administrator: Actor, officer: Actor, stranger: Actor
) -> None:
    body = {"role": "kyc_reviewer", "reason": "Joins the team."}
    proposal = api(administrator).post(f"{PEOPLE}/{stranger.id}/grant_role", body, JSON).json()
    where = f"/api/v1/controls/proposals/{proposal['id']}/decide"
    own = api(administrator).post(where, {"agrees": True, "reason": "Mine."}, JSON)
    assert (own.status_code, own.json()["code"]) == (403, "same_person")
    assert api(officer).get(where.removesuffix("/decide")).json()["available_actions"] == ["decide"]
    answer = api(officer).post(where, {"agrees": True, "reason": "Confirmed."}, JSON)
    assert (answer.status_code, answer.json()["status"]) == (200, "agreed")
    assert Person.all_unrestricted.get(pk=stranger.id).roles() == {"kyc_reviewer"}


def test_a_client_is_made_agreed_and_given_its_key_through_the_api(
    api: Api, administrator: Actor, officer: Actor, client: Client
) -> None:
    body = {
        "name": "Sign-up site",
        "owner": administrator.id,
        "role": "applicant_intake",
        "networks": [],
        "reason": "Sign-up goes live.",
    }
    proposal = api(administrator).post("/api/v1/controls/clients", body, JSON)
    assert proposal.status_code == 202
    decide = f"/api/v1/controls/proposals/{proposal.json()['id']}/decide"
    assert api(officer).post(decide, {"agrees": True, "reason": "Seen."}, JSON).status_code == 200
    made = api(administrator).get("/api/v1/controls/clients").json()["results"][0]
    assert made["available_actions"] == [
        *("extend_client", "hand_over_client", "issue_key", "revoke_client", "rotate_key"),
    ]
    key = api(administrator).post(f"/api/v1/controls/clients/{made['id']}/issue_key", {}, JSON).json()["key"]
    assert client.get("/api/v1/controls/clients", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    revoke = f"/api/v1/controls/clients/{made['id']}/revoke_client"
    assert api(officer).post(revoke, {"reason": "Leaked."}, JSON).status_code == 200
    assert client.get("/api/v1/controls/clients", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_a_program_does_not_see_what_its_owner_proposed(
    api: Api, with_key: Callable[..., Client], administrator: Actor, stranger: Actor
) -> None:
    api(administrator).post(f"{PEOPLE}/{stranger.id}/grant_role", {"role": "treasury", "reason": "New."}, JSON)
    assert with_key(owner=administrator).get("/api/v1/controls/proposals").json()["results"] == []


def test_a_program_proposes_nothing(with_key: Callable[..., Client], stranger: Actor) -> None:
    answer = with_key().post("/api/v1/controls/clients", {"name": "Another"}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


def test_an_entry_shows_values_as_their_fields_are_masked(api: Api, administrator: Actor, auditor: Actor) -> None:
    new = {"username": "nina", "name": "Nina New", "email": "nina@example.com", "password": "a made-up password 7"}
    api(administrator).post(PEOPLE, new, JSON)
    entry = api(auditor).get("/api/v1/controls/audit-entries?action=controls.create_person").json()["results"][0]
    lines = {line["field"]: (line["old"], line["new"], line["masked"]) for line in entry["lines"]}
    assert lines["name"] == (None, "Nina New", False)
    assert lines["email"][2]
    assert "nina@" not in str(entry)
    assert entry["who"] == administrator.name
    assert api(auditor).get(f"/api/v1/controls/audit-entries/{entry['ref']}").json() == entry


def test_an_entry_about_what_is_out_of_sight_is_a_bare_hash(
    api: Api, make_actor: Callable[..., Actor], mlro: Actor, stranger: Actor
) -> None:
    sees_entries_not_staff = make_actor("dora_dpo", "data_protection_officer")
    api(mlro).post(f"{PEOPLE}/{stranger.id}/suspend_person", {"reason": "Left."}, JSON)
    where = "/api/v1/controls/audit-entries"
    hidden = api(sees_entries_not_staff).get(where).json()["results"][0]
    assert (hidden["hidden"], hidden["ref"], hidden["action"], hidden["lines"]) == (True, None, "", [])
    found = api(sees_entries_not_staff).get(f"{where}?action=controls.suspend_person").json()["results"]
    assert found == []
    ref = AuditEntry.all_unrestricted.get(action="controls.suspend_person").ref
    assert api(sees_entries_not_staff).get(f"{where}/{ref}").status_code == 404


def test_entries_of_others_are_out_of_sight(api: Api, officer: Actor, reviewer: Actor, stranger: Actor) -> None:
    api(officer).post(f"{PEOPLE}/{reviewer.id}/suspend_person", {"reason": "Left."}, JSON)
    assert api(stranger).get("/api/v1/controls/audit-entries").json()["results"] == []


# --- lists --------------------------------------------------------------------------------------------------------


def test_a_list_is_read_page_by_page(api: Api, auditor: Actor, make_actor: Callable[..., Actor]) -> None:
    before = {str(key) for key in Person.all_unrestricted.values_list("pk", flat=True)}
    made = {make_actor(f"person_{n}").id for n in range(5)} | before
    caller, seen, where = api(auditor), [], f"{PEOPLE}?page_size=2"
    while where:
        page = caller.get(where).json()
        seen += [person["id"] for person in page["results"]]
        where = page["next"]
    assert (len(seen), set(seen)) == (len(made), made)
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("usrname=x", "usrname"),
        ("is_active=perhaps", "is_active"),
        ("ordering=password", "ordering"),
        ("cursor=00ff", "cursor"),
        ("cursor=%00", "cursor"),
        ("username=%00", "username"),
    ],
)
def test_a_parameter_that_is_none_is_named(api: Api, auditor: Actor, query: str, field: str) -> None:
    answer = api(auditor).get(f"{PEOPLE}?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_cursor_of_another_list_does_not_open(api: Api, auditor: Actor, reviewer: Actor, stranger: Actor) -> None:
    caller = api(auditor)
    following = caller.get(f"{PEOPLE}?page_size=1").json()["next"]
    elsewhere = following.replace("/people", "/role-grants")
    assert caller.get(elsewhere).status_code == 422


def test_addresses_are_taken_with_and_without_the_last_slash(api: Api, auditor: Actor) -> None:
    caller = api(auditor)
    assert caller.get(f"{PEOPLE}/").json()["results"] == caller.get(PEOPLE).json()["results"]


# --- mistakes of ours, and what is too much -----------------------------------------------------------------------


def test_a_crash_tells_nothing(api: Api, officer: Actor, reviewer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**words: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("controls.entries.write", broken)
    caller = api(officer)
    caller.raise_request_exception = False
    answer = caller.post(f"{PEOPLE}/{reviewer.id}/suspend_person", {"reason": "Left."}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (500, "crashed")
    assert answer["Content-Type"] == "application/problem+json"
    assert b"secret" not in answer.content
    assert Person.all_unrestricted.get(pk=reviewer.id).is_active


def test_a_body_that_is_too_large_is_413(api: Api, officer: Actor, reviewer: Actor, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api(officer).post(f"{PEOPLE}/{reviewer.id}/suspend_person", {"reason": "x" * 2000}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_signed_in_browser_needs_its_csrf_token(signin_as: SignInAs, officer: Actor, reviewer: Actor) -> None:
    browser = Client(enforce_csrf_checks=True)
    signin_as(browser, officer)
    answer = browser.post(f"{PEOPLE}/{reviewer.id}/suspend_person", {"reason": "Left."}, JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert Person.all_unrestricted.get(pk=reviewer.id).is_active


def test_a_sensitive_action_needs_a_fresh_factor(signin_as: SignInAs, administrator: Actor, stranger: Actor) -> None:
    browser = Client()
    signin_as(browser, administrator, confirmed_at=clock.now() - timedelta(minutes=16))
    body = {"role": "kyc_reviewer", "reason": "Joins."}
    answer = browser.post(f"{PEOPLE}/{stranger.id}/grant_role", body, JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "confirmation_needed")
