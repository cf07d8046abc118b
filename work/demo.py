"""Tasks for the demonstration: one that is late, one for a role, one for a person. Safe to repeat."""

from datetime import timedelta

from base import clock
from controls.actor import Actor
from controls.models import Person
from work import todo
from work.actions.todo import raise_task
from work.models import Task


def fill() -> None:
    people = {person.username: person for person in Person.all_unrestricted.filter(is_active=True)}
    if Task.all_unrestricted.exists() or not {"mona", "rita"} <= people.keys():
        return
    now, officer = clock.now(), Actor.of(people["mona"], confirmed_at=clock.now())
    for words, due_at, whom in (
        ("Look at the quality of last week's decisions.", now + timedelta(days=2), {"role": "senior_kyc_reviewer"}),
        ("Write down why the queue stood still this morning.", now + timedelta(hours=3), {"owner": people["rita"]}),
        (
            "Agree the day of the annual training with everybody.",
            now + timedelta(days=5),
            {"role": "compliance_officer"},
        ),
    ):
        raise_task(by=officer, kind=todo.ASKED.name, words=words, due_at=due_at, **whom)
