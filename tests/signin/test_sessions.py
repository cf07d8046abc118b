"""A session of the back office: what opens with it, and what ends it."""

from datetime import timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.client import RequestFactory

from base import clock
from base.errors import Invalid
from controls import approvals, policies, session_limits, staff
from controls.actor import Actor
from controls.middleware import SignedInOnly
from controls.models import Person, Session
from controls.session_limits import SESSIONS
from tests.conftest import SignInAs

INSIDE = "/admin/nothing-is-here/"


def test_without_a_session_every_address_leads_to_sign_in(client: Client, db: None) -> None:
    answer = client.get("/admin/?a=1")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=%2Fadmin%2F%3Fa%3D1"


def test_an_address_that_does_not_exist_looks_the_same_from_outside(client: Client, db: None) -> None:
    assert client.get("/no/such/page").status_code == 302


def test_the_api_answers_401_with_a_problem(client: Client, db: None) -> None:
    answer = client.get("/api/v1/kyc/applications/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_htmx_is_told_to_leave_the_page(client: Client, db: None) -> None:
    shown = {"HX-Request": "true", "HX-Current-URL": "http://testserver/admin/kyc/application/?tab=mine"}
    answer = client.get("/admin/", headers=shown)
    back = "/sign-in/?next=%2Fadmin%2Fkyc%2Fapplication%2F%3Ftab%3Dmine"
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, back)


def test_who_was_signed_in_is_told_that_it_ended(client: Client, reviewer: Actor, signin_as: SignInAs) -> None:
    signin_as(client, reviewer)
    Session.all_unrestricted.update(seen_at=clock.now() - timedelta(days=1))
    answer = client.post("/admin/kyc/application/", headers={"Referer": "http://testserver/admin/"})
    assert answer.headers["Location"] == "/sign-in/?next=%2Fadmin%2F&ended=1"
    assert "Your session has ended" in client.get(answer.headers["Location"]).content.decode()


def test_a_password_alone_opens_nothing(client: Client, reviewer: Actor) -> None:
    client.force_login(Person.all_unrestricted.get(pk=str(reviewer.person_id)))
    assert client.get("/admin/").status_code == 302


def test_a_verified_session_carries_the_actor(client: Client, reviewer: Actor, signin_as: SignInAs) -> None:
    row = signin_as(client, reviewer)
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    request = RequestFactory().get("/admin/")
    request.session, request.user = client.session, row.person
    SignedInOnly(view)(request)
    actor: Actor = seen[0].actor  # type: ignore[attr-defined]
    assert (actor.person_id, actor.confirmed_at) == (row.person_id, row.confirmed_at)
    assert actor.roles == {"kyc_reviewer"}
    assert actor.request_id


def test_a_session_in_force_passes(client: Client, reviewer: Actor, signin_as: SignInAs) -> None:
    signin_as(client, reviewer)
    assert client.get(INSIDE).status_code == 404


@pytest.mark.parametrize(
    ("started", "seen", "status"),
    [
        (timedelta(hours=11, minutes=59), timedelta(0), 404),
        (timedelta(hours=12), timedelta(0), 302),
        (timedelta(hours=1), timedelta(minutes=29), 404),
        (timedelta(hours=1), timedelta(minutes=30), 302),
    ],
)
def test_a_session_ends_by_time(
    client: Client, reviewer: Actor, signin_as: SignInAs, started: timedelta, seen: timedelta, status: int
) -> None:
    row, now = signin_as(client, reviewer), clock.now()
    Session.all_unrestricted.filter(pk=row.pk).update(started_at=now - started, seen_at=now - seen)
    assert client.get(INSIDE).status_code == status


def test_shorter_sessions_hold_as_soon_as_they_are_agreed(
    client: Client, reviewer: Actor, signin_as: SignInAs, officer: Actor, mlro: Actor
) -> None:
    row = signin_as(client, reviewer)
    Session.all_unrestricted.filter(pk=row.pk).update(seen_at=clock.now() - timedelta(minutes=10))
    words = {"name": SESSIONS, "document": {"absolute_hours": 8, "idle_minutes": 5}, "effective_on": clock.today()}
    made = approvals.propose(by=officer, name="controls.change_policy", record=None, arguments=words, reason="Short.")
    approvals.decide(made, by=mlro, agrees=True, reason="Agreed in the committee.")
    assert client.get(INSIDE).status_code == 302


def test_a_session_cannot_idle_longer_than_it_lasts() -> None:
    with pytest.raises(Invalid, match="idle_minutes"):
        policies.checked(session_limits.KIND, {"absolute_hours": 1, "idle_minutes": 90})


def test_work_keeps_a_session_alive_and_polling_does_not(client: Client, reviewer: Actor, signin_as: SignInAs) -> None:
    row, earlier = signin_as(client, reviewer), clock.now() - timedelta(minutes=20)
    Session.all_unrestricted.filter(pk=row.pk).update(seen_at=earlier)
    client.get(INSIDE, headers={"X-Background": "1"})
    assert Session.all_unrestricted.get(pk=row.pk).seen_at == earlier
    client.get(INSIDE)
    assert Session.all_unrestricted.get(pk=row.pk).seen_at > earlier


def test_a_suspended_person_is_refused_at_the_next_request(
    client: Client, reviewer: Actor, officer: Actor, signin_as: SignInAs
) -> None:
    row = signin_as(client, reviewer)
    staff.suspend_person(row.person, by=officer, reason="Left.")
    assert client.get(INSIDE).status_code == 302
