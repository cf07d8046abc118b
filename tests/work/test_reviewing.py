"""An access review becomes a task for each role that answers, once, until everything is answered."""

from datetime import timedelta

import pytest

from base import clock
from controls import reviews
from controls.actor import Actor
from controls.models import Attempt, ReviewedGrant
from work import reviewing, watching
from work.models import Task


def open_for(who: Actor) -> list[str]:
    rows = Task.objects.visible_to(who).for_me(who).filter(kind=reviewing.KIND.name)
    return list(rows.values_list("role", flat=True))


def test_each_role_that_answers_has_one_task_until_it_has_answered(
    officer: Actor, mlro: Actor, reviewer: Actor
) -> None:
    review = reviews.open_review(by=Actor.job("controls.access"), quarter=reviews.quarter_of(clock.today()))
    for _run in range(2):
        watching.sweep()
    assert (open_for(officer), open_for(mlro), open_for(reviewer)) == (["compliance_officer"], ["mlro"], [])
    task = Task.all_unrestricted.get(role="mlro")
    assert (task.due_at, task.record_id) == (review.due_at, review.pk)
    reviews.confirm_grant(ReviewedGrant.all_unrestricted.get(owner_role="mlro"), by=mlro)
    watching.sweep()
    assert (open_for(officer), open_for(mlro)) == (["compliance_officer"], [])
    assert not Attempt.objects.exists()


def test_none_is_raised_when_the_time_is_over(officer: Actor, mlro: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    reviews.open_review(by=Actor.job("controls.access"), quarter=reviews.quarter_of(clock.today()))
    then = clock.now() + timedelta(days=15)
    monkeypatch.setattr(clock, "now", lambda: then)
    watching.sweep()
    assert not Task.all_unrestricted.exists()
