"""Tasks: for whom, by when, about what; late ones go up, and a sweep that runs twice makes one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from base import clock
from base.calendars import Term, Unit
from base.errors import Invalid, NotFound, NotPermitted, WrongState
from controls import approvals, leaving
from controls.actor import Actor
from controls.models import Attempt, LegalEntity, Person, Proposal
from tests.conftest import Make, SignInAs
from tests.kyc import making
from tests.people import come_in
from tests.work.sweep_tasks import WATCH, late, person, raised
from work import todo, watching
from work.actions import todo as actions
from work.models import Task

pytestmark = pytest.mark.django_db


def fresh(task: Task) -> Task:
    return Task.all_unrestricted.get(pk=task.pk)


def titles(who: Actor) -> int:
    return int(Task.objects.visible_to(who).for_me(who).count())


def test_it_waits_for_whoever_holds_the_role_until_one_takes_it(
    make_actor: Make, mlro: Actor, officer: Actor, second_reviewer: Actor
) -> None:
    one, other = make_actor("one", "kyc_reviewer"), make_actor("other", "kyc_reviewer")
    task = raised(mlro)
    assert (titles(one), titles(other), titles(officer)) == (1, 1, 0)
    actions.take_task(task, by=one)
    assert (titles(one), titles(other)) == (1, 0)
    with pytest.raises(WrongState):
        actions.take_task(task, by=other)
    with pytest.raises(NotFound):
        actions.take_task(task, by=second_reviewer)


def test_only_its_owner_does_it_and_says_what_came_of_it(mlro: Actor, reviewer: Actor) -> None:
    task = raised(mlro)
    with pytest.raises(NotPermitted):
        actions.finish_task(task, by=reviewer, outcome="Called.")
    actions.take_task(task, by=reviewer)
    actions.finish_task(task, by=reviewer, outcome="Called.")
    assert (fresh(task).status, fresh(task).outcome) == ("done", "Called.")
    with pytest.raises(WrongState):
        actions.finish_task(task, by=reviewer, outcome="Called again.")


def test_it_is_handed_only_to_who_may_see_what_it_is_about(
    make_actor: Make, entity: LegalEntity, mlro: Actor, reviewer: Actor
) -> None:
    application = making.checked(entity)
    task = raised(mlro, record=application, owner=person(reviewer), role="")
    with pytest.raises(Invalid) as refused:
        actions.hand_over(task, by=reviewer, to=person(make_actor("tom", "treasury")))
    assert refused.value.field == "to"
    colleague = make_actor("kim", "kyc_reviewer")
    actions.hand_over(task, by=reviewer, to=person(colleague))
    assert fresh(task).owner_id == colleague.person_id


def test_late_it_goes_up_and_may_be_taken_off_a_colleague(mlro: Actor, reviewer: Actor, officer: Actor) -> None:
    task = late()
    actions.take_task(task, by=reviewer)
    assert titles(officer) == 0
    watching.escalate(WATCH)
    watching.escalate(WATCH)
    assert fresh(task).escalated_at is not None
    actions.take_task(task, by=officer)
    assert fresh(task).owner_id == officer.person_id


def test_the_same_key_is_one_task(mlro: Actor) -> None:
    late(key="one:1")
    with pytest.raises(WrongState) as refused:
        late(key="one:1")
    assert refused.value.code == "raised_already"
    assert Task.all_unrestricted.count() == 1


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"role": ""}, "role"),
        ({"role": "nobody"}, "role"),
        ({"role": "internal_auditor"}, "role"),
        ({"right": "nothing.known"}, "right"),
        ({"kind": "tests.unknown"}, "kind"),
        ({"kind": "work.proposal_waits"}, "kind"),
        ({"due_at": datetime(2020, 1, 1, tzinfo=UTC)}, "due_at"),
        ({"escalate_to": "internal_auditor"}, "escalate_to"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(mlro: Actor, words: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        raised(mlro, **words)
    assert refused.value.field == field
    assert not Task.all_unrestricted.exists()


def test_the_database_refuses_what_no_task_can_be(mlro: Actor, reviewer: Actor) -> None:
    rows = Task.all_unrestricted.filter(pk=raised(mlro, not_for=person(reviewer)).pk)
    wrong: list[dict[str, Any]] = [
        {"status": "lost"},
        {"status": "done"},
        {"role": "", "right": ""},
        {"record_model": "kyc.application"},
        {"owner": reviewer.person_id},
        {"key": "another"},
    ]
    for words in wrong:
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**words)


def test_a_task_is_due_in_business_days_of_the_place() -> None:
    friday = datetime(2026, 12, 24, 9, tzinfo=UTC)  # then Christmas, its second day, a Sunday
    at, source = todo.due(friday, Term(1, Unit.BUSINESS_DAYS), "LT", "Europe/Vilnius")
    assert at == datetime(2026, 12, 28, 22, tzinfo=UTC)
    assert source.startswith("1 business_days, Europe/Vilnius, LT, holidays ")
    assert "TARGET" in todo.due(friday, Term(1, Unit.BUSINESS_DAYS), "XX", "UTC")[1]


def test_who_leaves_leaves_their_tasks_to_others(mlro: Actor, reviewer: Actor, administrator: Actor) -> None:
    role, own = raised(mlro), raised(mlro, owner=person(reviewer), role="")
    actions.take_task(role, by=reviewer)
    leaving.see_off(person(reviewer), by=administrator, reason="Left.")
    assert [fresh(role).owner_id, fresh(own).owner_id] == [None, None]
    assert fresh(own).role == "compliance_officer"


# --- what nobody has to think of ----------------------------------------------------------------------------------


@pytest.fixture
def proposal(administrator: Actor, stranger: Actor) -> Proposal:
    made: Proposal = approvals.propose(
        by=administrator,
        name="controls.grant_role",
        record=come_in(person(stranger)),
        arguments={"role": "aml_analyst"},
        reason="Joins the team.",
    )
    return made


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    now = clock.now() + timedelta(**span)
    monkeypatch.setattr(clock, "now", lambda: now)


def test_a_proposal_that_waits_a_day_is_a_task_for_who_may_decide(
    proposal: Proposal, officer: Actor, reviewer: Actor, administrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching.sweep()
    assert not Task.all_unrestricted.exists()
    later(monkeypatch, hours=25)
    watching.sweep()
    watching.sweep()
    (task,) = Task.all_unrestricted.all()
    assert actions.record_of(task, officer) == proposal
    assert (titles(officer), titles(reviewer), titles(administrator)) == (1, 0, 0)
    assert not Attempt.objects.exists(), "running twice is nothing that is refused"


def test_once_it_is_decided_the_task_is_gone(
    proposal: Proposal, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, hours=25)
    watching.sweep()
    approvals.decide(proposal, by=Actor.of(person(officer), confirmed_at=clock.now()), agrees=False, reason="No.")
    watching.sweep()
    assert Task.all_unrestricted.get().status == "withdrawn"


def test_who_proposed_may_not_take_it_even_with_the_right(
    make_actor: Make, mlro: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = make_actor("both", "compliance_officer")
    task = late(role="", right="controls.agree", not_for=person(both))
    assert (titles(both), titles(mlro)) == (0, 1)
    with pytest.raises(NotFound):
        actions.take_task(task, by=both)


# --- pages --------------------------------------------------------------------------------------------------------


def test_the_page_shows_a_record_only_to_who_may_see_it(
    client: Client, signin_as: SignInAs, entity: LegalEntity, mlro: Actor, make_actor: Make
) -> None:
    application = making.checked(entity, reference="Xanthippe")
    task = raised(mlro, record=application, role="treasury")
    signin_as(client, make_actor("tom", "treasury"))
    for page in ("/admin/work/task/", f"/admin/work/task/{task.pk}/"):
        shown = client.get(page).content.decode()
        assert "a record that you may not see" in shown
        assert "Xanthippe" not in shown
        assert str(application.pk) not in shown
    signin_as(client, mlro)
    assert "Xanthippe" in client.get("/admin/work/task/?tab=open").content.decode()


def test_a_task_is_raised_taken_and_done_on_the_page(
    client: Client, signin_as: SignInAs, mlro: Actor, reviewer: Actor
) -> None:
    signin_as(client, mlro)
    day = (clock.today() + timedelta(days=2)).isoformat()
    answer = client.post(
        "/admin/work/task/do/raise_task/", {"words": "Call the bank.", "role": "kyc_reviewer", "day": day}
    )
    assert answer.status_code == 302, answer.content
    signin_as(client, reviewer)
    page = f"/admin/work/task/{Task.all_unrestricted.get().pk}/"
    client.post(f"{page}do/take_task/")
    client.post(f"{page}do/finish_task/", {"outcome": "Called."})
    assert Task.all_unrestricted.get().status == "done"
    assert "Call the bank." in client.get(page).content.decode()
    assert "did the task" in client.get(f"{page}?tab=timeline").content.decode()


def test_a_list_of_tasks_costs_the_same_queries_however_long(
    client: Client,
    signin_as: SignInAs,
    entity: LegalEntity,
    mlro: Actor,
    django_assert_max_num_queries: Any,
) -> None:
    signin_as(client, mlro)
    for _each in range(6):
        raised(mlro, record=making.checked(entity), role="mlro")
    client.get("/admin/work/task/")
    with django_assert_max_num_queries(20):
        assert client.get("/admin/work/task/?tab=open").status_code == 200


def test_everybody_sees_their_own_and_auditors_see_all(mlro: Actor, reviewer: Actor, auditor: Actor) -> None:
    raised(mlro, role="treasury")
    seen = [Task.objects.visible_to(who).count() for who in (mlro, reviewer, auditor)]
    assert seen == [1, 0, 1]
    assert Person.all_unrestricted.filter(pk=auditor.id).exists()
