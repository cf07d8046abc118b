"""One's own account: factors, password, sessions, and the fresh confirmation that guards them."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from base import clock
from base.errors import NotPermitted, WrongState
from controls import approvals
from controls.actor import Actor
from controls.models import AuditEntry, Authenticator, Passkey, Person, RecoverySheet, Session
from controls.signin import actions
from tests.conftest import SignInAs
from tests.signin.conftest import KEY, PASSWORD, Frozen, code, give_code, give_password, is_in
from tests.signin.test_sign_in import NEW_PASSWORD, key_on

SENSITIVE = ["/account/authenticator/", "/account/recovery-codes/", "/account/password/"]


@pytest.fixture
def emil(client: Client, enrolled: Person) -> Client:
    give_password(client, "emil")
    give_code(client, code())
    return client


def entries(name: str) -> int:
    return AuditEntry.all_unrestricted.filter(action=name).count()


# --- fresh confirmation ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", SENSITIVE)
def test_what_is_sensitive_asks_for_the_factor_again_after_a_quarter_of_an_hour(
    emil: Client, time: Frozen, page: str
) -> None:
    assert emil.get(page).status_code == 200
    time.forward(minutes=16)
    assert emil.get(page).headers["Location"] == f"/sign-in/confirm/?next={page.replace('/', '%2F')}"


def test_giving_the_factor_again_opens_it_and_leads_back(emil: Client, time: Frozen) -> None:
    time.forward(minutes=16)
    answer = emil.post("/sign-in/confirm/?next=/account/password/", {"code": code()})
    assert answer.headers["Location"] == "/account/password/"
    assert emil.get("/account/password/").status_code == 200


def test_a_wrong_code_confirms_nothing(emil: Client, time: Frozen) -> None:
    time.forward(minutes=16)
    assert emil.post("/sign-in/confirm/", {"code": "000000"}).status_code == 422
    assert emil.get("/account/password/").status_code == 302


def test_a_recovery_code_confirms_once(emil: Client, enrolled: Person, time: Frozen) -> None:
    kept: str = enrolled.codes[1]  # type: ignore[attr-defined]
    time.forward(minutes=16)
    assert emil.post("/sign-in/confirm/recovery/", {"code": kept}).status_code == 302
    assert emil.post("/sign-in/confirm/recovery/", {"code": kept}).status_code == 422


def test_the_session_key_changes_with_the_confirmation(emil: Client, time: Frozen) -> None:
    before = emil.session.session_key
    time.forward(minutes=16)
    emil.post("/sign-in/confirm/", {"code": code()})
    assert emil.session.session_key != before


def test_a_page_that_lets_the_refusal_through_leads_to_confirmation_too(
    emil: Client, enrolled: Person, time: Frozen
) -> None:
    time.forward(minutes=16)
    authenticator = Authenticator.all_unrestricted.get()
    answer = emil.post(f"/account/authenticator/{authenticator.pk}/remove/")
    assert answer.headers["Location"] == "/sign-in/confirm/?next=%2Faccount%2F"
    assert Authenticator.all_unrestricted.in_use().exists()


# --- factors -----------------------------------------------------------------------------------------------------


def test_a_new_phone_takes_the_place_of_the_old_one(emil: Client, enrolled: Person, time: Frozen) -> None:
    key = key_on(emil.get("/account/authenticator/").content)
    assert give_code(emil, code(key), "/account/authenticator/").headers["Location"] == "/account/"
    time.forward(minutes=1)
    other = Client()
    give_password(other, "emil")
    assert give_code(other, code(KEY)).status_code == 422
    time.forward(minutes=1)
    assert give_code(other, code(key)).status_code == 302
    assert entries("controls.replace_authenticator") == 1


def test_new_recovery_codes_hold_when_one_was_typed_back(emil: Client, enrolled: Person) -> None:
    shown = re.findall(rb"<code>([a-z2-7-]+)</code>", emil.post("/account/recovery-codes/").content)
    old = RecoverySheet.all_unrestricted.of(enrolled).in_use().get()
    assert old.unused().count() == 10
    give_code(emil, shown[0].decode(), "/account/recovery-codes/")
    assert RecoverySheet.all_unrestricted.of(enrolled).in_use().get() != old
    other = Client()
    give_password(other, "emil")
    assert give_code(other, enrolled.codes[5], "/sign-in/recovery/").status_code == 422  # type: ignore[attr-defined]


def test_the_last_factor_stays(emil: Client, enrolled: Person) -> None:
    authenticator = Authenticator.all_unrestricted.get()
    emil.post(f"/account/authenticator/{authenticator.pk}/remove/")
    assert Authenticator.all_unrestricted.in_use().count() == 1
    assert b"last second factor" in emil.get("/account/").content


def test_with_a_passkey_beside_it_the_app_can_go(emil: Client, enrolled: Person) -> None:
    proven = Passkey(user=enrolled, credential_id=b"1" * 16, public_key=b"public", aaguid="0" * 36)
    actions.add_passkey(enrolled, by=Actor.of(enrolled, confirmed_at=clock.now()), proven=proven, name="Blue key")
    emil.post(f"/account/authenticator/{Authenticator.all_unrestricted.get().pk}/remove/")
    assert not Authenticator.all_unrestricted.in_use().exists()
    emil.post(f"/account/passkeys/{proven.pk}/remove/")
    assert Passkey.all_unrestricted.in_use().exists(), "now the passkey is the last"


def test_another_persons_factor_does_not_exist_for_me(
    client: Client, enrolled: Person, reviewer: Actor, signin_as: SignInAs
) -> None:
    signin_as(client, reviewer)
    assert client.post(f"/account/authenticator/{Authenticator.all_unrestricted.get().pk}/remove/").status_code == 404


def test_who_manages_staff_cannot_remove_anothers_factor_alone(enrolled: Person, administrator: Actor) -> None:
    with pytest.raises(NotPermitted):
        actions.remove_factor(Authenticator.all_unrestricted.get(), by=administrator)
    with pytest.raises(NotPermitted, match="proposed"):
        actions.reset_factors(enrolled, by=administrator)
    assert Authenticator.all_unrestricted.in_use().exists()


def test_a_lost_phone_takes_two_people_and_ends_every_session(
    emil: Client, enrolled: Person, administrator: Actor, officer: Actor
) -> None:
    proposal = approvals.propose(
        by=administrator, name="controls.reset_factors", record=enrolled, arguments={}, reason="Phone stolen."
    )
    assert is_in(emil)
    assert "person.factors_reset_at" in repr(proposal.difference) or "factors_reset_at" in repr(proposal.difference)
    approvals.decide(proposal, by=officer, agrees=True, reason="Spoke with Emil in person.")
    assert not is_in(emil)
    other = Client()
    assert give_password(other, "emil").headers["Location"] == "/sign-in/enrol/"
    assert Session.all_unrestricted.get().ending == Session.Ending.FACTORS


def test_nobody_proposes_a_reset_for_themselves(administrator: Actor) -> None:
    own = Person.all_unrestricted.get(pk=str(administrator.person_id))
    with pytest.raises(NotPermitted):
        approvals.propose(by=administrator, name="controls.reset_factors", record=own, arguments={}, reason="Mine.")


def test_no_secret_is_on_any_page_of_the_account(emil: Client, enrolled: Person) -> None:
    import base64

    secret = base64.b32encode(bytes.fromhex(KEY)).decode()
    for page in ("/account/", "/account/authenticator/", "/account/sessions/", "/account/recovery-codes/"):
        content = emil.get(page).content.decode().replace(" ", "")
        assert secret not in content
        assert KEY not in content


# --- password ----------------------------------------------------------------------------------------------------


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(emil: Client, time: Frozen) -> None:
    time.forward(minutes=1)
    other = Client()
    give_password(other, "emil")
    give_code(other, code())
    words = {"current": PASSWORD, "password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert emil.post("/account/password/", words).headers["Location"] == "/account/"
    assert is_in(emil)
    assert not is_in(other)
    assert give_password(Client(), "emil", NEW_PASSWORD).status_code == 302


def test_a_stolen_session_does_not_change_the_password(emil: Client) -> None:
    words = {"current": "not the current one", "password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert emil.post("/account/password/", words).status_code == 422
    assert give_password(Client(), "emil", PASSWORD).status_code == 302


# --- sessions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(emil: Client, time: Frozen) -> Client:
    """Emil's second session."""
    time.forward(minutes=1)
    other = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone) Safari/600"}, REMOTE_ADDR="192.0.2.9")
    give_password(other, "emil")
    give_code(other, code())
    return other


def test_my_sessions_show_where_i_am_signed_in(emil: Client, elsewhere: Client) -> None:
    page = emil.get("/account/sessions/").content
    assert "Safari · iPhone".encode() in page
    assert b"192.0.2.9" in page
    assert page.count(b"badge") == 1


def test_a_session_i_end_is_refused_at_its_next_request(emil: Client, elsewhere: Client) -> None:
    row = Session.all_unrestricted.get(browser="Safari · iPhone")
    emil.post(f"/account/sessions/{row.pk}/end/")
    assert not is_in(elsewhere)
    assert is_in(emil)
    assert entries("controls.end_session") == 1


def test_all_others_end_at_once(emil: Client, elsewhere: Client) -> None:
    elsewhere.post("/account/sessions/end-others/")
    assert not is_in(emil)
    assert is_in(elsewhere)


def test_signing_out_ends_the_session_and_not_only_the_cookie(emil: Client) -> None:
    cookie = emil.cookies["sessionid"].value
    assert emil.post("/account/sign-out/").headers["Location"] == "/sign-in/"
    emil.cookies["sessionid"] = cookie
    assert not is_in(emil)
    assert Session.all_unrestricted.get().ending == Session.Ending.SIGNED_OUT


def test_signing_out_needs_a_post(emil: Client) -> None:
    assert emil.get("/account/sign-out/").status_code == 405


def test_who_may_suspend_ends_anybodys_session_with_a_reason(emil: Client, officer: Actor, signin_as: SignInAs) -> None:
    row, hers = Session.all_unrestricted.get(), Client()
    signin_as(hers, officer)
    where = f"/admin/controls/session/{row.pk}/do/end_session/"
    assert hers.post(where, {"reason": " "}).status_code == 422
    assert is_in(emil)
    hers.post(where, {"reason": "Laptop reported stolen."})
    assert not is_in(emil)


def test_who_may_not_suspend_does_not_learn_of_anothers_sessions(
    emil: Client, reviewer: Actor, signin_as: SignInAs
) -> None:
    row, theirs = Session.all_unrestricted.get(), Client()
    signin_as(theirs, reviewer)
    assert theirs.get(f"/admin/controls/session/{row.pk}/").status_code == 404
    assert theirs.post(f"/admin/controls/session/{row.pk}/do/end_session/", {"reason": "Mine."}).status_code == 404
    assert theirs.post(f"/account/sessions/{row.pk}/end/").status_code == 404
    assert is_in(emil)


def test_no_session_begins_without_a_factor(reviewer: Actor) -> None:
    person = Person.all_unrestricted.get(pk=str(reviewer.person_id))
    with pytest.raises(WrongState):
        actions.sign_in(person, by=reviewer, address="192.0.2.1", browser="")


def test_a_session_row_ends_in_a_known_way_or_not_at_all(emil: Client) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Session.all_unrestricted.update(ended_at=clock.now() + timedelta(hours=1))


# --- helping who is locked out -----------------------------------------------------------------------------------


@pytest.fixture
def adam(administrator: Actor, signin_as: SignInAs) -> Client:
    client = Client()
    signin_as(client, administrator)
    return client


def test_a_forgotten_password_is_replaced_once_and_the_factor_is_still_asked_for(
    emil: Client, enrolled: Person, adam: Client, time: Frozen
) -> None:
    page = adam.post(f"/admin/controls/person/{enrolled.pk}/do/issue_password/").content.decode()
    assert not is_in(emil)
    time.forward(minutes=1)
    other, candidates = Client(), re.findall(r">\s*([\w-]{20})\s*<", page)
    assert len(candidates) == 1
    assert give_password(other, "emil", candidates[0]).headers["Location"] == "/sign-in/factor/"
    assert give_code(other, code()).headers["Location"] == "/sign-in/new-password/"


def test_a_password_alone_is_issued_to_nobody_without_a_factor(
    emil: Client, enrolled: Person, administrator: Actor
) -> None:
    Authenticator.all_unrestricted.update(removed_at=clock.now())
    with pytest.raises(WrongState):
        actions.issue_password(enrolled, by=administrator)


def test_a_password_is_not_issued_to_a_role_without_a_factor(auditor: Actor, administrator: Actor) -> None:
    """Whoever issues it could sign in first, enrol a telephone of their own, and be the second pair of eyes."""
    with pytest.raises(WrongState):
        actions.issue_password(Person.all_unrestricted.get(pk=str(auditor.person_id)), by=administrator)


def test_who_issued_the_password_does_not_propose_to_reset_the_factors(enrolled: Person, administrator: Actor) -> None:
    actions.issue_password(enrolled, by=administrator)
    with pytest.raises(NotPermitted, match="You issued"):
        approvals.propose(
            by=administrator, name="controls.reset_factors", record=enrolled, arguments={}, reason="Phone stolen."
        )


def test_a_page_from_before_the_sign_in_says_that_it_is_out_of_date(enrolled: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/sign-in/", {"name": "emil", "password": PASSWORD})
    assert answer.status_code == 403
    assert b"This page is out of date" in answer.content
    assert b"<style" not in answer.content
