"""Every KYC address of the back office for every role: the expected code, and nothing without a second factor."""

import pytest
from django.test import Client
from django.urls import reverse

from controls.actor import Actor
from controls.models import LegalEntity
from controls.roles import ROLES
from kyc.models import Application, Picture
from tests.conftest import Make, SignInAs
from tests.kyc.making import checked

PEOPLE = sorted(key for key, role in ROLES.items() if role.kind == "person")
READ = {key for key, role in ROLES.items() if "kyc.view_application" in role.permissions}
REVIEW = {key for key, role in ROLES.items() if "kyc.approve" in role.permissions}  # what waits here waits for them
CLAIM = {key for key, role in ROLES.items() if "kyc.claim" in role.permissions}


@pytest.fixture
def application(entity: LegalEntity) -> Application:
    return checked(entity)


def lists() -> list[str]:
    return [reverse("admin:kyc_application_changelist"), reverse("admin:kyc_customer_changelist")]


def records(application: Application) -> list[str]:
    picture = Picture.all_unrestricted.filter(document__application=application).first()
    assert picture
    return [
        reverse("admin:kyc_application_change", args=[application.pk]),
        reverse("admin:kyc_desk", args=[application.pk]),
        reverse("admin:kyc_application_do", args=[application.pk, "claim"]),
        reverse("admin:kyc_customer_change", args=[application.customer_id]),
        reverse("admin:kyc_picture", args=[picture.pk]),
    ]


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_gets_what_the_table_says(
    client: Client, signin_as: SignInAs, make_actor: Make, application: Application, role: str
) -> None:
    signin_as(client, make_actor("somebody", role))
    reads = role in READ
    assert {client.get(address).status_code for address in lists()} == {200 if reads else 403}
    claim = reverse("admin:kyc_application_do", args=[application.pk, "claim"])
    for address in records(application):
        expected = 404 if not reads else 403 if address == claim and role not in REVIEW else 200
        assert client.get(address).status_code == expected, address
    if reads:
        page = client.get(reverse("admin:kyc_application_changelist")).content.decode()
        assert (reverse("admin:kyc_next") in page) == (role in CLAIM), "Next is offered to who may take one on"
    answer = client.post(reverse("admin:kyc_next"))
    assert answer.status_code == (302 if role in CLAIM else 403)


def test_what_one_may_not_know_looks_like_what_is_not_there(
    client: Client, signin_as: SignInAs, stranger: Actor, application: Application
) -> None:
    signin_as(client, stranger)
    for address in records(application):
        key = address.rstrip("/").split("/")[-1 if "picture" in address or "desk" not in address else -2]
        absent = address.replace(key, "01900000-0000-7000-8000-000000000000") if "-" in key else address
        hidden, nothing = client.get(address), client.get(absent)
        assert (hidden.status_code, nothing.status_code) == (404, 404)
        assert hidden.content.replace(key.encode(), b"") == nothing.content.replace(
            b"01900000-0000-7000-8000-000000000000", b""
        )


def test_nothing_opens_before_the_second_factor(client: Client, application: Application) -> None:
    for address in [*lists(), *records(application)]:
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in/")
