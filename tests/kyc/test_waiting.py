"""What waits at the desk longer than the service level is a task for senior reviewers, once, until it is decided."""

from datetime import timedelta

import pytest

from base import clock
from controls.actor import Actor
from controls.models import Attempt, LegalEntity
from kyc import actions, waiting
from tests.kyc import making
from work.actions import todo as tasks
from work.models import Notice, Task

pytestmark = pytest.mark.django_db


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    now = clock.now() + timedelta(**span)
    monkeypatch.setattr(clock, "now", lambda: now)


def test_it_becomes_one_task_however_often_is_looked(
    entity: LegalEntity, second_reviewer: Actor, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = making.checked(entity)
    waiting.watch()
    assert not Task.all_unrestricted.exists()
    later(monkeypatch, days=8)
    waiting.watch()
    waiting.watch()
    (task,) = Task.all_unrestricted.all()
    assert tasks.record_of(task, second_reviewer) == application
    assert Task.objects.visible_to(second_reviewer).for_me(second_reviewer).count() == 1
    assert not Task.objects.visible_to(reviewer).exists()
    assert Notice.all_unrestricted.get().person_id == second_reviewer.person_id
    assert not Attempt.objects.exists()


def test_done_while_the_application_still_waits_it_does_not_come_again(
    entity: LegalEntity, second_reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.checked(entity)
    later(monkeypatch, days=8)
    waiting.watch()
    task = tasks.take_task(Task.all_unrestricted.get(), by=second_reviewer)
    tasks.finish_task(task, by=second_reviewer, outcome="Given to Ruta.")
    waiting.watch()
    assert Task.all_unrestricted.count() == 1
    assert not Attempt.objects.exists()


def test_once_it_is_decided_the_task_is_gone(
    entity: LegalEntity, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = making.checked(entity)
    later(monkeypatch, days=8)
    waiting.watch()
    making.approve(actions.claim(application, by=reviewer), reviewer)
    waiting.watch()
    assert Task.all_unrestricted.get().status == "withdrawn"


def test_a_weekend_does_not_count(entity: LegalEntity, monkeypatch: pytest.MonkeyPatch) -> None:
    friday = clock.now().replace(year=2027, month=3, day=5, hour=10)
    monkeypatch.setattr(clock, "now", lambda: friday)
    making.checked(entity)
    later(monkeypatch, days=2, hours=12)
    waiting.watch()
    assert not Task.all_unrestricted.exists()
    later(monkeypatch, days=3)
    waiting.watch()
    assert Task.all_unrestricted.count() == 1
