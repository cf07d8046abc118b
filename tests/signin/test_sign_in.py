"""The way in: a password, a second factor, and nothing in between."""

import re

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.test import Client, override_settings

from backoffice import settings as product
from controls.models import AuditEntry, Authenticator, Person, RecoverySheet, Session
from controls.signin.steps import KEY as PENDING
from tests.signin.conftest import KEY, PASSWORD, Frozen, code, give_code, give_password, is_in

NEW_PASSWORD = "another made-up password 8"


def test_a_password_and_a_code_open_the_back_office(client: Client, enrolled: Person) -> None:
    assert give_password(client, "emil").headers["Location"] == "/sign-in/factor/"
    assert not is_in(client)
    assert give_code(client, code()).headers["Location"] == "/admin/"
    assert is_in(client)


def test_the_sign_in_leaves_a_session_and_an_entry(enrolled: Person) -> None:
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    give_password(client, "emil")
    give_code(client, code())
    session = Session.all_unrestricted.get()
    assert (session.person, session.address, session.browser) == (enrolled, "127.0.0.1", "Firefox · Linux")
    assert AuditEntry.all_unrestricted.filter(action="controls.sign_in", person_id=enrolled.pk).count() == 1


def test_in_between_django_knows_nobody(client: Client, enrolled: Person) -> None:
    give_password(client, "emil")
    assert "_auth_user_id" not in client.session
    for address in ("/admin/", "/account/", "/account/sessions/", "/sign-in/confirm/"):
        assert client.get(address).headers["Location"].startswith("/sign-in/?next=")


def test_the_factor_page_is_closed_to_who_gave_no_password(client: Client, enrolled: Person) -> None:
    assert give_code(client, code()).headers["Location"] == "/sign-in/"
    assert not is_in(client)


@pytest.mark.parametrize("page", ["enrol", "new-password", "recovery-codes"])
def test_no_step_can_be_taken_before_the_factor_that_is_due(client: Client, enrolled: Person, page: str) -> None:
    give_password(client, "emil")
    assert client.post(f"/sign-in/{page}/", {}).headers["Location"] == "/sign-in/factor/"


def test_a_code_signs_in_once(client: Client, enrolled: Person) -> None:
    used = code()
    give_password(client, "emil")
    give_code(client, used)
    other = Client()
    give_password(other, "emil")
    assert give_code(other, used).status_code == 422
    assert not is_in(other)


def test_a_code_older_than_the_last_used_is_refused(client: Client, enrolled: Person, time: Frozen) -> None:
    older = code()
    time.forward(seconds=30)
    give_password(client, "emil")
    give_code(client, code())
    other = Client()
    give_password(other, "emil")
    assert give_code(other, older).status_code == 422


@pytest.mark.parametrize(("seconds", "fits"), [(29, True), (-30, True), (90, False), (-90, False)])
def test_codes_of_a_step_beside_are_taken_and_no_others(
    client: Client, enrolled: Person, time: Frozen, seconds: int, fits: bool
) -> None:
    time.forward(seconds=seconds)
    shown = code()
    time.forward(seconds=-seconds)
    give_password(client, "emil")
    assert (give_code(client, shown).status_code == 302) is fits


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "१२३४५६", "+12345", "0x1234", "' or 1=1"])
def test_what_is_no_code_is_refused_with_words_beside_the_field(client: Client, enrolled: Person, typed: str) -> None:
    give_password(client, "emil")
    answer = give_code(client, typed)
    assert answer.status_code == 422
    assert b'id="id_code_error"' in answer.content


def test_a_wrong_code_makes_the_next_one_wait(client: Client, enrolled: Person, time: Frozen) -> None:
    give_password(client, "emil")
    give_code(client, "000000")
    give_code(client, "000000")
    assert b"Wait a second" in give_code(client, code()).content
    time.forward(seconds=1)
    assert give_code(client, code()).status_code == 302


def test_waiting_after_wrong_codes_ends_after_a_quarter_of_an_hour(enrolled: Person, time: Frozen) -> None:
    Authenticator.all_unrestricted.update(throttling_failure_count=60, throttling_failure_timestamp=time.at)
    device = Authenticator.all_unrestricted.get()
    assert device.heard_again_at()
    time.forward(minutes=15)
    assert device.verify_token(code())


def test_a_recovery_code_signs_in_once(client: Client, enrolled: Person, time: Frozen) -> None:
    kept: str = enrolled.codes[4]  # type: ignore[attr-defined]
    give_password(client, "emil")
    assert give_code(client, kept.upper().replace("-", " "), "/sign-in/recovery/").status_code == 302
    assert is_in(client)
    other = Client()
    give_password(other, "emil")
    assert give_code(other, kept, "/sign-in/recovery/").status_code == 422
    assert RecoverySheet.all_unrestricted.get().unused().count() == 9


def test_the_session_gets_a_new_key_at_every_step(client: Client, enrolled: Person) -> None:
    client.get("/sign-in/")
    keys = []
    give_password(client, "emil")
    keys.append(client.session.session_key)
    give_code(client, code())
    keys.append(client.session.session_key)
    assert len(set(keys)) == 2


def test_a_session_planted_before_sign_in_is_thrown_away(client: Client, enrolled: Person) -> None:
    planted = client.session
    planted["planted"] = "by somebody else"
    planted.save()
    key = planted.session_key
    give_password(client, "emil")
    assert client.session.session_key != key
    assert "planted" not in client.session


def test_the_cookie_is_out_of_reach_of_scripts(client: Client, enrolled: Person) -> None:
    give_password(client, "emil")
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_way_in_is_closed_after_half_an_hour(client: Client, enrolled: Person, time: Frozen) -> None:
    give_password(client, "emil")
    time.forward(minutes=31)
    assert give_code(client, code()).headers["Location"] == "/sign-in/"
    assert PENDING not in client.session


def test_suspended_in_between_means_out(client: Client, enrolled: Person) -> None:
    give_password(client, "emil")
    Person.all_unrestricted.filter(pk=enrolled.pk).update(is_active=False)
    assert give_code(client, code()).headers["Location"] == "/sign-in/"


@pytest.mark.parametrize("page", ["/admin/kyc/application/?q=1&p=2", "/account/sessions/"])
def test_sign_in_leads_back_to_the_page_that_was_asked_for(client: Client, enrolled: Person, page: str) -> None:
    where = client.get(page).headers["Location"]
    client.post(where, {"name": "emil", "password": PASSWORD})
    assert give_code(client, code()).headers["Location"] == page


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/\t/evil.example",
    "evil",
]


@pytest.mark.parametrize("page", ELSEWHERE)
def test_sign_in_never_leads_to_another_site(client: Client, enrolled: Person, page: str) -> None:
    client.post("/sign-in/", {"name": "emil", "password": PASSWORD}, query_params={"next": page})
    assert give_code(client, code()).headers["Location"] == "/admin/"


@pytest.mark.parametrize("page", ELSEWHERE)
def test_confirmation_never_leads_to_another_site(client: Client, enrolled: Person, page: str, time: Frozen) -> None:
    give_password(client, "emil")
    give_code(client, code())
    time.forward(minutes=1)
    answer = client.post("/sign-in/confirm/", {"code": code()}, query_params={"next": page})
    assert answer.headers["Location"] == "/admin/"


# --- the first time ----------------------------------------------------------------------------------------------


def key_on(page: bytes) -> str:
    import base64

    text = re.search(rb'<p class="key"[^>]*>([A-Z2-7 ]+)</p>', page)
    assert text
    return base64.b32decode(text[1].replace(b" ", b"")).hex()


def test_the_first_sign_in_leads_through_password_app_and_recovery_codes(
    client: Client, newcomer: Person, time: Frozen
) -> None:
    assert give_password(client, "nora").headers["Location"] == "/sign-in/new-password/"
    chosen = {"password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert client.post("/sign-in/new-password/", chosen).headers["Location"] == "/sign-in/enrol/"
    page = client.get("/sign-in/enrol/").content
    assert b'src="data:image/svg+xml;base64,' in page
    assert key_on(client.get("/sign-in/enrol/").content) == key_on(page), "a reload shows the same picture"
    assert give_code(client, code(key_on(page)), "/sign-in/enrol/").headers["Location"] == "/sign-in/recovery-codes/"
    assert not is_in(client)
    shown = re.findall(rb"<code>([a-z2-7-]+)</code>", client.post("/sign-in/recovery-codes/").content)
    assert len(shown) == 10
    assert b"<code>" not in client.get("/sign-in/recovery-codes/").content
    answer = give_code(client, shown[2].decode(), "/sign-in/recovery-codes/")
    assert answer.headers["Location"] == "/admin/"
    assert is_in(client)


def test_the_first_sign_in_is_not_over_before_a_code_is_typed_back(client: Client, newcomer: Person) -> None:
    give_password(client, "nora")
    client.post("/sign-in/new-password/", {"password": NEW_PASSWORD, "again": NEW_PASSWORD})
    key = key_on(client.get("/sign-in/enrol/").content)
    give_code(client, code(key), "/sign-in/enrol/")
    client.post("/sign-in/recovery-codes/")
    assert give_code(client, "aaaa-bbbb-cccc-dddd", "/sign-in/recovery-codes/").status_code == 422
    assert not is_in(client)


def test_the_code_that_enrolled_signs_nobody_in_again(client: Client, newcomer: Person) -> None:
    give_password(client, "nora")
    client.post("/sign-in/new-password/", {"password": NEW_PASSWORD, "again": NEW_PASSWORD})
    used = code(key_on(client.get("/sign-in/enrol/").content))
    give_code(client, used, "/sign-in/enrol/")
    other = Client()
    give_password(other, "nora", NEW_PASSWORD)
    assert give_code(other, used).status_code == 422


@pytest.mark.parametrize(
    ("password", "again"), [("short", "short"), (PASSWORD, PASSWORD), (NEW_PASSWORD, "something else 77")]
)
def test_a_temporary_password_is_replaced_by_a_good_one(
    client: Client, newcomer: Person, password: str, again: str
) -> None:
    give_password(client, "nora")
    answer = client.post("/sign-in/new-password/", {"password": password, "again": again})
    assert answer.status_code == 422
    assert Person.all_unrestricted.get(pk=newcomer.pk).password_is_temporary


def test_passwords_are_argon2(db: None) -> None:
    with override_settings(PASSWORD_HASHERS=product.PASSWORD_HASHERS):
        made = make_password("a made-up password 7")
        assert identify_hasher(made).algorithm == "argon2"
        assert "m=102400,t=2,p=8" in made


def test_no_secret_of_a_factor_lies_in_clear(enrolled: Person) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM controls_authenticator")
        assert KEY.encode() not in bytes(cursor.fetchone()[0])
        cursor.execute("SELECT digest FROM controls_recoverycode")
        digests = {row[0] for row in cursor.fetchall()}
    codes: list[str] = enrolled.codes  # type: ignore[attr-defined]
    assert not digests & {kept.replace("-", "") for kept in codes}
    assert KEY not in repr(Authenticator.all_unrestricted.get()) + str(Authenticator.all_unrestricted.get())
