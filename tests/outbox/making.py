"""Receivers as two people make them, and events as actions publish them."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from base import clock
from controls import approvals
from controls.actor import Actor
from controls.models import Person
from outbox import actions, events, mails
from outbox.models import Delivery, Event, Receiver
from tests.people import hold

URL = "https://hooks.example.com/in"
KIND = events.Kind(
    "tests.changed",
    "Something changed",
    {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    },
)
DUE = mails.Template("tests.due", "{count} things wait", "{count} things wait for you.")


def known() -> None:
    """The kinds of the tests, once."""
    if KIND.name not in events.KINDS:
        events.register(KIND)
        mails.register(DUE)


def person(name: str, *roles: str) -> Actor:
    found, made = Person.all_unrestricted.get_or_create(
        username=name, defaults={"name": name.title(), "email": f"{name}@example.com"}
    )
    if made:
        hold(found, *roles)
    return Actor.of(found, confirmed_at=clock.now())


def administrator() -> Actor:
    return person("ada", "administrator")


def second() -> Actor:
    return person("cleo", "compliance_officer")


def proposed(name: str = "hook", url: str = URL, kinds: Sequence[str] = (KIND.name,)) -> Any:
    known()
    words = {"name": name, "url": url, "kinds": list(kinds)}
    return approvals.propose(
        by=administrator(), name="outbox.register_receiver", record=None, arguments=words, reason="They asked for it."
    )


def registered(name: str = "hook", url: str = URL, kinds: Sequence[str] = (KIND.name,)) -> Receiver:
    approvals.decide(proposed(name, url, kinds), by=second(), agrees=True, reason="Contract of May.")
    return Receiver.all_unrestricted.get(name=name)


def active(name: str = "hook", url: str = URL, kinds: Sequence[str] = (KIND.name,)) -> tuple[Receiver, str]:
    """And its secret."""
    receiver = registered(name, url, kinds)
    secret = actions.issue_secret(receiver, by=administrator())
    return fresh(receiver), str(secret.shown)


def fresh(receiver: Receiver) -> Receiver:
    return Receiver.all_unrestricted.get(pk=receiver.pk)


def happened(*numbers: int) -> list[Event]:
    with transaction.atomic():
        return [events.publish(KIND.name, {"n": number}) for number in numbers]


def again_now(receiver: Receiver) -> None:
    """The pause after a failure passes."""
    Receiver.all_unrestricted.filter(pk=receiver.pk).update(retry_at=None)


def statuses(receiver: Receiver) -> list[str]:
    rows = Delivery.all_unrestricted.filter(receiver=receiver).order_by("number")
    return list(rows.values_list("status", flat=True))
