"""Long work: asked for, run with the rights of now, stopped, killed and taken up again."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from base import clock
from base.errors import NotFound, NotPermitted, RuleError
from controls import staff
from controls.actor import Actor
from controls.models import AuditEntry, Person
from tests.conftest import SignInAs
from tests.work import kinds
from tests.work.kinds import COUNTING
from work import files, jobs
from work.actions import jobs as actions
from work.models import Job

pytestmark = pytest.mark.django_db
Api = Callable[[Actor], Client]


class Dies(BaseException):
    """As if the process ended here: nothing that a worker could catch."""


@pytest.fixture(autouse=True)
def at_each(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    monkeypatch.setattr(jobs, "OFTEN", 0.0)
    yield kinds.at_each
    kinds.at_each.clear()


@pytest.fixture
def job(reviewer: Actor) -> Job:
    asked: Job = actions.ask_job(by=reviewer, kind=COUNTING, arguments={"to": 5})
    return asked


def fresh(job: Job) -> Job:
    return Job.all_unrestricted.get(pk=job.pk)


def lapse(job: Job) -> None:
    Job.all_unrestricted.filter(pk=job.pk).update(lease_until=clock.now() - timedelta(seconds=1))


def contents(job: Job) -> bytes:
    with files.opened(fresh(job).result_file) as opened:
        return bytes(opened.read())


def test_a_job_is_done_and_leaves_counts_and_a_file(job: Job) -> None:
    assert jobs.work_off() == 1
    done = fresh(job)
    assert (done.status, done.done, done.total, done.counts) == ("done", 5, 5, {"counted": 5})
    assert contents(job) == b"0\n1\n2\n3\n4\n"
    assert not jobs.waits()


def test_a_worker_that_dies_leaves_a_job_that_goes_on_to_the_same_result(job: Job, at_each: list[Any]) -> None:
    seen: list[int] = []

    def die_at_two(number: int) -> None:
        seen.append(number)
        if seen.count(2) == 1 and number == 2:
            raise Dies

    at_each.append(die_at_two)
    with pytest.raises(Dies):
        jobs.work_off()
    assert not jobs.waits()  # the lease still stands
    lapse(job)
    jobs.work_off()
    assert contents(job) == b"0\n1\n2\n3\n4\n"
    assert seen == [0, 1, 2, 2, 3, 4], "what was kept is not done again"


def test_a_fault_is_noted_tried_again_and_given_up_after_three(job: Job, at_each: list[Any]) -> None:
    def fail(number: int) -> None:
        raise ValueError("a word that no log may hold")

    at_each.append(fail)
    for _attempt in range(4):
        jobs.work_off()
        lapse(job)
    ended = fresh(job)
    assert (ended.status, [one["error"] for one in ended.faults]) == ("failed", ["ValueError"] * 3)
    assert "three attempts" in ended.why


def test_attempts_count_from_the_last_checkpoint(job: Job, at_each: list[Any]) -> None:
    """A long job that gets further each time is not given up because workers are restarted."""
    seen: set[int] = set()

    def fail_once_a_number(number: int) -> None:
        if number not in seen:
            seen.add(number)
            raise ValueError

    at_each.append(fail_once_a_number)
    for _attempt in range(6):
        jobs.work_off()
        lapse(job)
    assert (fresh(job).status, len(fresh(job).faults)) == ("done", 5)


def test_what_waits_is_cancelled_at_once(job: Job, reviewer: Actor) -> None:
    actions.cancel_job(job, by=reviewer)
    assert fresh(job).status == "cancelled"
    assert jobs.work_off() == 0


def test_what_runs_is_cancelled_at_its_next_step(job: Job, reviewer: Actor, at_each: list[Any]) -> None:
    at_each.append(lambda number: number == 2 and actions.cancel_job(job, by=reviewer))
    jobs.work_off()
    ended = fresh(job)
    assert (ended.status, ended.done, ended.result_file) == ("cancelled", 2, "")


def test_who_lost_the_right_meanwhile_gets_nothing_done(job: Job, reviewer: Actor, officer: Actor) -> None:
    staff.suspend_person(Person.all_unrestricted.get(pk=reviewer.id), by=officer, reason="Left.")
    jobs.work_off()
    ended = fresh(job)
    assert (ended.status, ended.done) == ("failed", 0)
    assert "may not do it any more" in ended.why


def test_a_lost_lease_ends_the_slower_worker_and_keeps_the_work_of_the_faster(job: Job, at_each: list[Any]) -> None:
    def overtaken(number: int) -> None:
        if number == 1 and len(at_each) == 1:
            at_each.append(lambda number: None)
            lapse(job)
            jobs.work_off()

    at_each.append(overtaken)
    jobs.work_off()
    assert (fresh(job).status, contents(job)) == ("done", b"0\n1\n2\n3\n4\n")
    assert AuditEntry.all_unrestricted.filter(action="work.finish_job").count() == 1


def test_a_job_lets_go_of_a_worker_after_its_time_and_goes_on(job: Job) -> None:
    jobs.attempt(job, until=time.monotonic() - 1)
    set_aside = fresh(job)
    assert (set_aside.status, set_aside.done, set_aside.lease_token) == ("running", 1, None)
    jobs.work_off()
    assert contents(job) == b"0\n1\n2\n3\n4\n"


def test_progress_is_written_while_it_runs_with_an_estimate(job: Job, at_each: list[Any]) -> None:
    seen: list[tuple[int, bool]] = []
    at_each.append(lambda number: seen.append((fresh(job).done, fresh(job).ends_about is not None)))
    jobs.work_off()
    assert seen == [(0, False), (1, True), (2, True), (3, True), (4, True)]


def test_who_may_know_of_a_job(job: Job, reviewer: Actor, second_reviewer: Actor, auditor: Actor) -> None:
    sees = {who.name: Job.objects.visible_to(who).count() for who in (reviewer, second_reviewer, auditor)}
    assert sees == {"Ruta Reviewer": 1, "Simon Senior": 0, "Ines Auditor": 1}


def test_the_file_is_its_askers_alone_and_each_look_is_noted(
    job: Job, api: Api, reviewer: Actor, auditor: Actor, second_reviewer: Actor
) -> None:
    jobs.work_off()
    address = f"/api/v1/work/jobs/{job.pk}/result"
    answer = api(reviewer).post(address)
    assert b"".join(answer.streaming_content) == b"0\n1\n2\n3\n4\n"  # type: ignore[attr-defined]
    assert "counted.txt" in answer["Content-Disposition"]
    assert api(auditor).post(address).status_code == 403
    assert api(second_reviewer).post(address).status_code == 404
    assert AuditEntry.all_unrestricted.filter(action="work.read_result").count() == 1


def test_who_may_see_no_applications_any_more_gets_no_file(job: Job, reviewer: Actor, officer: Actor) -> None:
    jobs.work_off()
    grant = Person.all_unrestricted.get(pk=reviewer.id).grants.get()
    staff.suspend_role(grant, by=officer, reason="Moves to another team.")
    with pytest.raises(NotPermitted):
        actions.read_result(job, by=reviewer)


def test_unknown_kinds_and_wrong_roles_are_refused(administrator: Actor, second_reviewer: Actor, job: Job) -> None:
    with pytest.raises(RuleError) as unknown:
        actions.ask_job(by=administrator, kind="tests.nothing", arguments={})
    assert unknown.value.field == "kind"
    with pytest.raises(NotPermitted):
        actions.ask_job(by=administrator, kind=COUNTING, arguments={"to": 1})
    with pytest.raises(NotFound):
        actions.cancel_job(job, by=second_reviewer)


def test_the_database_refuses_what_no_job_can_be(job: Job) -> None:
    rows = Job.all_unrestricted.filter(pk=job.pk)
    for words in ({"status": "lost"}, {"done": 6, "total": 5}, {"status": "done"}, {"result_file": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**words)


def test_the_page_refreshes_while_the_job_is_live_and_offers_the_file_when_it_is_done(
    job: Job, client: Client, signin_as: SignInAs, reviewer: Actor, auditor: Actor
) -> None:
    signin_as(client, reviewer)
    page = f"/admin/work/job/{job.pk}/"
    assert 'hx-trigger="every 1s"' in client.get(page).content.decode()
    jobs.work_off()
    part = client.get(f"{page}progress/").content.decode()
    assert "hx-trigger" not in part
    assert "counted.txt" in part
    taken = client.post(f"{page}result/")
    assert b"".join(taken.streaming_content) == b"0\n1\n2\n3\n4\n"  # type: ignore[attr-defined]
    assert client.get(f"{page}result/").status_code == 403
    other = Client()
    signin_as(other, auditor)
    assert "counted.txt" not in other.get(f"{page}progress/").content.decode()
    assert other.post(f"{page}result/").status_code == 403


def test_a_list_of_jobs_costs_the_same_queries_however_long(
    client: Client, signin_as: SignInAs, reviewer: Actor, job: Job, django_assert_max_num_queries: Any
) -> None:
    signin_as(client, reviewer)
    client.get("/admin/work/job/")
    for _each in range(5):
        actions.ask_job(by=reviewer, kind=COUNTING, arguments={"to": 5})
    with django_assert_max_num_queries(8):
        assert client.get("/admin/work/job/?state=waiting").status_code == 200
