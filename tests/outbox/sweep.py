"""Rows of the sweep for the outbox."""

from base import clock
from outbox import actions, fanning
from outbox.models import Delivery, Receiver
from tests.outbox import making
from tests.sweep import Case, Row, World

WORDS = {"name": "hook", "url": making.URL, "kinds": [making.KIND.name]}
WHY = {"reason": "Because."}


def _registering(world: World) -> Case:
    making.known()
    return Case(None, world.actor("administrator"), WORDS)


def _dead(world: World) -> Delivery:
    receiver, _secret = making.active()
    making.happened(1)
    fanning.fan_out()
    waiting = Delivery.all_unrestricted.get(receiver=receiver)
    waiting.move_to(Delivery.Status.DEAD)
    waiting.ended_at = clock.now()
    waiting.save(update_fields=["status", "ended_at"])
    return waiting


def _paused(world: World) -> Receiver:
    receiver: Receiver = actions.pause(making.active()[0], by=world.actor("compliance_officer"), **WHY)
    return receiver


def _end(world: World, receiver: Receiver) -> None:
    actions.end_receiver(receiver, by=world.actor("administrator"), **WHY)


def _end_its_receiver(world: World, delivery: Delivery) -> None:
    _end(world, delivery.receiver)


ROWS = {
    "outbox.register_receiver": Row(_registering, spoiled_words={"url": "http://hooks.example.com/"}),
    "outbox.change_receiver": Row(
        lambda world: Case(making.registered(), world.actor("administrator"), {**WORDS, "url": f"{making.URL}/new"}),
        spoil=_end,
        spoiled_words={"kinds": ["nothing.known"]},
    ),
    "outbox.issue_secret": Row(lambda world: Case(making.registered(), world.actor("administrator")), spoil=_end),
    "outbox.rotate_secret": Row(
        lambda world: Case(making.active()[0], world.actor("administrator"), {"overlap_hours": 2}),
        spoil=_end,
        spoiled_words={"overlap_hours": 1000},
    ),
    "outbox.pause": Row(
        lambda world: Case(making.active()[0], world.actor("compliance_officer"), WHY),
        spoil=_end,
        spoiled_words={"reason": " "},
    ),
    "outbox.resume": Row(
        lambda world: Case(_paused(world), world.actor("administrator"), WHY), spoil=_end, spoiled_words={"reason": " "}
    ),
    "outbox.end_receiver": Row(
        lambda world: Case(making.active()[0], world.actor("administrator"), WHY),
        spoil=_end,
        spoiled_words={"reason": " "},
    ),
    "outbox.send_test": Row(lambda world: Case(making.active()[0], world.actor("administrator")), spoil=_end),
    "outbox.replay": Row(
        lambda world: Case(_dead(world), world.actor("administrator"), WHY),
        spoil=_end_its_receiver,
        spoiled_words={"reason": " "},
    ),
}
