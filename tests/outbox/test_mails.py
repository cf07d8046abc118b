"""Mail to people who work here holds a number and a link, whatever is tried."""

import inspect
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail as django_mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import transaction

from backoffice import environment
from controls import staff
from controls.actor import Actor
from controls.models import Person
from outbox import delivering, mails, patience
from outbox.models import Delivery, Receiver
from tests.outbox import making

pytestmark = pytest.mark.django_db
SECRET = "Ann Example, high risk"


@pytest.fixture(autouse=True)
def templates(db: None) -> None:
    making.known()


@pytest.fixture
def ann() -> Person:
    return Person.all_unrestricted.get(pk=str(making.person("ann", "kyc_reviewer").person_id))


def write(person: Person, **words: Any) -> None:
    with transaction.atomic():
        mails.mail(person, making.DUE.name, **words)


def test_a_mail_is_the_template_with_a_number_and_a_link(ann: Person, mailoutbox: list[EmailMessage]) -> None:
    write(ann, count=3)
    assert delivering.deliver() == 1
    (sent,) = mailoutbox
    assert (sent.to, sent.subject) == (["ann@example.com"], "3 things wait")
    assert str(sent.body).splitlines() == ["3 things wait for you.", "", "http://localhost:8000/admin/"]
    assert "Example" not in str(sent.message())


@pytest.mark.parametrize(
    "words",
    [{"count": SECRET}, {"count": -1}, {"count": True}, {"count": 1.5}, {"record": SECRET}],
    ids=str,
)
def test_no_words_get_in(ann: Person, words: dict[str, Any]) -> None:
    with pytest.raises((AssertionError, ValueError, TypeError)):
        write(ann, **words)
    delivering.deliver()
    assert not Delivery.all_unrestricted.exists()


def test_nothing_else_can_be_said() -> None:
    """A parameter more would be a way in: whoever adds one thinks of this."""
    asked = inspect.signature(mails.mail).parameters
    assert {name: asked[name].annotation for name in asked} == {
        "person": Person,
        "template": str,
        "count": int,
        "record": UUID | None,
    }
    allowed = {"person", "template", "count", "record"}
    assert set(mails.MAIL.schema["properties"]) == allowed
    assert mails.MAIL.schema["additionalProperties"] is False


@pytest.mark.parametrize("text", ["{name}", "{count.real}", "{0}", "{}", "{count} {customer}", "{count:>{name}}"])
def test_a_template_names_a_number_and_a_link_alone(text: str) -> None:
    with pytest.raises(AssertionError):
        mails.register(mails.Template("tests.loose", "Hello", text))
    with pytest.raises(AssertionError):
        mails.register(mails.Template("tests.loose", text, "Hello"))
    assert "tests.loose" not in mails.TEMPLATES


def test_a_template_that_is_none_is_our_mistake(ann: Person) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        mails.mail(ann, SECRET)


def test_every_page_behind_a_link_asks_who_one_is(client: Any) -> None:
    for template in mails.TEMPLATES.values():
        for record in ({}, {"record": str(uuid4())}):
            if "record" in record and template.page.endswith((":index", "_changelist")):  # about no single record
                continue
            body = mails.written({"template": template.name, "count": 1, **record})[1]
            link = body.strip().splitlines()[-1].removeprefix("http://localhost:8000")
            answer = client.get(link)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/sign-in/")


def test_each_person_has_a_line_of_their_own(ann: Person, mailoutbox: list[EmailMessage]) -> None:
    bea = Person.all_unrestricted.get(pk=str(making.person("bea", "kyc_reviewer").person_id))
    for person in (ann, bea, ann):
        write(person)
    assert delivering.deliver() == 3
    lines = {one.person.username: one.last_number for one in Receiver.all_unrestricted.mailboxes() if one.person}
    assert lines == {"ann": 2, "bea": 1}


def test_who_left_is_not_written_to(ann: Person, officer: Actor, mailoutbox: list[EmailMessage]) -> None:
    write(ann)
    staff.suspend_person(ann, by=officer, reason="Left.")
    assert delivering.deliver() == 0
    assert not mailoutbox
    assert Delivery.all_unrestricted.get().status == "skipped"


class Failing:
    """A mail server that answers so."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send_messages(self, messages: Any) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "tries"),
    [
        (SMTPServerDisconnected("gone"), "dead", patience.MAIL_TRIES),
        (SMTPRecipientsRefused({"ann@example.com": (550, b"no such user")}), "dead", patience.REFUSALS),
    ],
)
def test_a_mailbox_that_fails_is_given_up_and_never_paused(
    ann: Person, monkeypatch: pytest.MonkeyPatch, error: Exception, status: str, tries: int
) -> None:
    from outbox import carrying

    monkeypatch.setattr(carrying, "get_connection", lambda: Failing(error))
    write(ann)
    for _try in range(tries):
        assert Delivery.all_unrestricted.filter(status="waiting").count() == (0 if _try == 0 else 1)
        delivering.deliver()
        making.again_now(Receiver.all_unrestricted.get())
    assert Delivery.all_unrestricted.get().status == status
    assert Receiver.all_unrestricted.get().status == "active"


def test_a_repeated_mail_has_the_id_of_the_first(ann: Person, mailoutbox: list[EmailMessage]) -> None:
    write(ann)
    delivering.deliver()
    sent = mailoutbox[0].extra_headers
    assert sent["Message-ID"].endswith("@localhost>")
    assert sent["X-Outbox-Attempt"] == "1"
    assert django_mail.outbox


# --- the mail server ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("smtp://a%40b:w%2Frd@mail.example.com", ("mail.example.com", 587, "a@b", "w/rd", True, False)),
        ("smtps://a:b@mail.example.com", ("mail.example.com", 465, "a", "b", False, True)),
        ("smtp+plain://relay:2525", ("relay", 2525, "", "", False, False)),
    ],
)
def test_the_mail_server_comes_from_one_address(
    monkeypatch: pytest.MonkeyPatch, url: str, said: tuple[Any, ...]
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    found = environment.mail("EMAIL_URL", "console:")
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    assert tuple(found[f"EMAIL_{name}"] for name in names) == said


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://", ""])
def test_an_address_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        environment.mail("EMAIL_URL", "console:")
