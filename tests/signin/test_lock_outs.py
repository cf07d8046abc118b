"""Guessing: counted by person and by address, said the same of everybody, lifted by time."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client

from controls.actor import Actor
from controls.models import LockOut, Person
from controls.signin import lockouts
from tests.conftest import SignInAs
from tests.signin.conftest import PASSWORD, Frozen, code, give_code, give_password


def guess(name: str, times: int, address: str = "127.0.0.1") -> list[int]:
    client = Client(REMOTE_ADDR=address)
    return [give_password(client, name, "not this one at all").status_code for _time in range(times)]


def test_ten_wrong_passwords_lock_a_person_out_even_with_the_right_one(client: Client, enrolled: Person) -> None:
    assert set(guess("emil", 10)) == {422}
    assert give_password(client, "emil").status_code == 429


def test_time_lifts_it(client: Client, enrolled: Person, time: Frozen) -> None:
    guess("emil", 10)
    time.forward(minutes=15)
    assert give_password(client, "emil").status_code == 302


def test_the_right_password_clears_the_count(client: Client, enrolled: Person) -> None:
    guess("emil", 9)
    assert give_password(client, "emil").status_code == 302
    assert set(guess("emil", 9)) == {422}


def test_other_ways_to_write_a_name_share_its_count(enrolled: Person) -> None:
    guess("emil", 5)
    guess("EMIL", 5)
    assert guess(" emil ", 1) == [429]


def test_an_unknown_name_hears_the_same_as_a_known_one(client: Client, enrolled: Person) -> None:
    known, unknown = (give_password(Client(), name, "not this one at all") for name in ("emil", "nobody"))
    assert known.status_code == unknown.status_code == 422
    assert without_token(known.content).replace(b"emil", b"nobody") == without_token(unknown.content)
    guess("emil", 9)
    guess("nobody", 9)
    known, unknown = (give_password(Client(), name, "not this one at all") for name in ("emil", "nobody"))
    assert known.status_code == unknown.status_code == 429
    assert without_token(known.content).replace(b"emil", b"nobody") == without_token(unknown.content)


def without_token(page: bytes) -> bytes:
    import re

    return re.sub(rb'value="[A-Za-z0-9]{64}"', b"", page)


@pytest.mark.parametrize("name", ["emil", "nobody", "sue"])
def test_an_unknown_or_suspended_name_costs_the_same_hashing(
    enrolled: Person, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from tests.signin.conftest import make

    suspended = make("sue")
    Person.all_unrestricted.filter(pk=suspended.pk).update(is_active=False)
    hashed: list[int] = []
    for method in ("encode", "verify"):
        original = getattr(Argon2PasswordHasher, method)

        def counting(self: object, *args: object, original: object = original, **kwargs: object) -> object:
            hashed.append(1)
            return original(self, *args, **kwargs)  # type: ignore[operator]

        monkeypatch.setattr(Argon2PasswordHasher, method, counting)
    guess(name, 1)
    assert len(hashed) == 1


def test_one_address_may_not_try_everybody(enrolled: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lockouts.LIMITS, LockOut.Kind.ADDRESS, 5)
    for number in range(5):
        assert guess(f"name{number}", 1, "192.0.2.1") == [422]
    assert guess("emil", 1, "192.0.2.1") == [429]
    assert guess("emil", 1, "192.0.2.2") == [422]


def test_signing_in_does_not_clear_the_count_of_an_address(enrolled: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lockouts.LIMITS, LockOut.Kind.ADDRESS, 5)
    guess("others", 4, "192.0.2.1")
    give_password(Client(REMOTE_ADDR="192.0.2.1"), "emil")
    guess("others", 1, "192.0.2.1")
    assert guess("others", 1, "192.0.2.1") == [429]


def test_wrong_codes_lock_out_too(client: Client, enrolled: Person, time: Frozen) -> None:
    give_password(client, "emil")
    for _time in range(10):
        assert give_code(client, "000000").status_code == 422
    assert give_code(client, code()).status_code == 429
    time.forward(minutes=16)
    assert give_code(client, code()).status_code == 302


def test_a_lock_out_is_shown_to_administrators_and_nobody_else(
    client: Client, enrolled: Person, administrator: Actor, reviewer: Actor, signin_as: SignInAs
) -> None:
    guess("emil", 10)
    guess("my secret password", 10)
    signin_as(client, administrator)
    page = client.get("/admin/controls/lockout/").content
    assert b"emil" in page
    assert b"my secret password" not in page
    signin_as(client, reviewer)
    assert client.get("/admin/controls/lockout/").status_code == 403


def test_no_name_or_address_lies_in_clear(enrolled: Person) -> None:
    guess("emil", 1, "192.0.2.77")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM controls_lockout")
        stored = repr(cursor.fetchall())
    assert "emil" not in stored
    assert "192.0.2.77" not in stored


def test_old_counts_are_forgotten(enrolled: Person, time: Frozen) -> None:
    guess("one", 1, "192.0.2.1")
    time.forward(days=2)
    guess("two", 1, "192.0.2.2")
    assert LockOut.all_unrestricted.count() == 2
    assert PASSWORD
