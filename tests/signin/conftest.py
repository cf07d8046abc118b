"""People on their way in."""

from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from base import clock
from controls.actor import Actor
from controls.models import Authenticator, Person, RecoverySheet
from controls.signin import actions
from tests import people

PASSWORD = "a made-up password 7"
KEY = "31" * 20


def code(key: str = KEY) -> str:
    return Authenticator(key=key).code()


class Frozen:
    """A clock that stands until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime.fromisoformat("2026-11-23T10:00:00+00:00")
        monkeypatch.setattr(timezone, "now", lambda: self.at)

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Frozen:
    return Frozen(monkeypatch)


def make(username: str, *roles: str, temporary: bool = False) -> Person:
    person = Person(username=username, name=username.title(), password_is_temporary=temporary)
    person.set_password(PASSWORD)
    person.save(force_insert=True)
    people.hold(person, *roles)
    return person


@pytest.fixture
def newcomer(db: None) -> Person:
    return make("nora", "kyc_reviewer", temporary=True)


@pytest.fixture
def enrolled(db: None, time: Frozen) -> Person:
    """Has an authenticator and recovery codes (in `person.codes`), all unused."""
    person = make("emil", "kyc_reviewer")
    enrol(person)
    time.forward(minutes=5)
    return person


def enrol(person: Person) -> list[str]:
    by = Actor.of(person, confirmed_at=clock.now())
    actions.enrol_authenticator(person, by=by, key=KEY, code=code())
    codes: list[str] = actions.new_recovery_codes(person, by=by)
    sheet = person_sheet(person)
    actions.confirm_recovery_codes(sheet, by=by, code=codes[0])
    person.codes = codes  # type: ignore[attr-defined]
    return codes


def person_sheet(person: Person) -> RecoverySheet:
    return RecoverySheet.all_unrestricted.get(user=person, removed_at=None, confirmed=False)


def give_password(client: Client, name: str, password: str = PASSWORD) -> HttpResponse:
    answer: HttpResponse = client.post("/sign-in/", {"name": name, "password": password})  # type: ignore[assignment]
    return answer


def give_code(client: Client, typed: str, where: str = "/sign-in/factor/") -> HttpResponse:
    answer: HttpResponse = client.post(where, {"code": typed})  # type: ignore[assignment]
    return answer


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200
