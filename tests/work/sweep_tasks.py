"""Rows of the sweep for tasks and notifications."""

from datetime import timedelta
from typing import Any

from base import clock
from controls.actor import Actor
from controls.models import Person
from tests.sweep import Case, Row, World
from work import todo
from work.actions import notices
from work.actions import todo as actions
from work.models import Notice, NoticeChoice, Task

WATCH = Actor.job("work.watch")


def raised(by: Actor, **words: Any) -> Task:
    given: dict[str, Any] = {"kind": todo.ASKED.name, "words": "Call the bank.", "due_at": clock.now() + timedelta(1)}
    task: Task = actions.raise_task(by=by, **given | {"role": "kyc_reviewer"} | words)
    return task


def late(**words: Any) -> Task:
    """One whose time is over: a job may raise it so."""
    return raised(WATCH, due_at=clock.now() - timedelta(minutes=1), **words)


def person(actor: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(actor.person_id))


def _raising(world: World) -> Case:
    words = {"kind": todo.ASKED.name, "words": "Call the bank.", "role": "mlro"}
    return Case(None, world.actor("kyc_reviewer"), words | {"due_at": clock.now() + timedelta(days=1)})


def _mine(world: World, **words: Any) -> Case:
    """The reader owns it, and everybody who does tasks might: for the sweep through roles."""
    by = world.actor("kyc_reviewer")
    return Case(raised(world.actor("mlro"), owner=person(by), role=""), by, words)


def _for_my_role(world: World) -> Case:
    return Case(raised(world.actor("mlro")), world.actor("kyc_reviewer"))


def _handing(world: World) -> Case:
    return _mine(world, to=world.person("aml_analyst"))


def _i_raised(world: World) -> Case:
    by = world.actor("mlro")
    return Case(raised(by), by, {"reason": "It is settled."})


def _ended(world: World, task: Task) -> None:
    by = Actor.of(Person.all_unrestricted.get(pk=task.raised_by.removeprefix("person:")))
    actions.withdraw_task(task, by=by, reason="It is settled.")


def _gone_up(world: World, task: Task) -> None:
    actions.escalate_task(task, by=WATCH)


def _mailing(world: World) -> Case:
    by = world.actor("kyc_reviewer")
    Person.all_unrestricted.filter(pk=by.id).update(email="ruta@example.com")
    raised(world.actor("mlro"), owner=person(by))
    assert Notice.all_unrestricted.filter(person_id=by.id).count() == 1
    return Case(NoticeChoice.all_unrestricted.get(person_id=by.id), WATCH)


def _wants_none(world: World, choice: NoticeChoice) -> None:
    notices.choose_notices(by=Actor.of(choice.person), cadence="never")


ROWS = {
    "work.raise_task": Row(_raising, spoiled_words={"words": " "}),
    "work.take_task": Row(_for_my_role, spoil=_ended),
    "work.hand_over": Row(_handing, spoil=_ended),
    "work.finish_task": Row(
        lambda world: _mine(world, outcome="Called."), spoil=_ended, spoiled_words={"outcome": " "}
    ),
    "work.withdraw_task": Row(_i_raised, spoil=_ended, spoiled_words={"reason": " "}),
    "work.escalate_task": Row(lambda world: Case(late(), WATCH), spoil=_gone_up),
    "work.choose_notices": Row(
        lambda world: Case(None, world.actor("kyc_reviewer"), {"cadence": "daily"}),
        spoiled_words={"cadence": "yearly"},
    ),
    "work.mail_notices": Row(_mailing, spoil=_wants_none),
}
