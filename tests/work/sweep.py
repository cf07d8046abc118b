"""Rows of the sweep for shared work."""

from typing import Any

from controls.actor import Actor
from tests.sweep import Case, Row, World
from tests.work.kinds import COUNTING
from work import jobs
from work.actions import jobs as actions
from work.models import Job

WORKER = Actor.job(jobs.WORKER)


def asked(by: Actor, **arguments: Any) -> Job:
    job: Job = actions.ask_job(by=by, kind=COUNTING, arguments={"to": 3, **arguments})
    return job


def _asked(world: World, **words: Any) -> Case:
    by = world.actor("kyc_reviewer")
    return Case(asked(by), by, words)


def _done(world: World) -> Case:
    by = world.actor("kyc_reviewer")
    job = asked(by)
    jobs.work_off()
    return Case(Job.all_unrestricted.get(pk=job.pk), by)


def _without_file(world: World, job: Job) -> None:
    Job.all_unrestricted.filter(pk=job.pk).update(result_file="")


def _running(world: World, **words: Any) -> Case:
    taken = actions.take(asked(world.actor("kyc_reviewer")))
    assert taken
    return Case(taken[0], WORKER, {"token": taken[1], **words})


def _being_cancelled(world: World) -> Case:
    case = _running(world)
    actions.cancel_job(case.record, by=actions.asker(case.record))
    return case


def _ended(world: World, job: Job) -> None:
    token = Job.all_unrestricted.get(pk=job.pk).lease_token
    if token is None:
        actions.cancel_job(job, by=actions.asker(job))
    else:
        actions.fail_job(job, by=WORKER, token=token, why="The disk is full.")


ROWS = {
    "work.ask_job": Row(
        lambda world: Case(None, world.actor("kyc_reviewer"), {"kind": COUNTING, "arguments": {"to": 3}}),
        spoiled_words={"kind": "tests.unknown"},
    ),
    "work.cancel_job": Row(_asked, spoil=_ended),
    "work.read_result": Row(_done, spoil=_without_file),
    "work.finish_job": Row(lambda world: _running(world, outcome=jobs.Outcome({"counted": 3})), spoil=_ended),
    "work.fail_job": Row(lambda world: _running(world, why="The disk is full."), spoil=_ended),
    "work.stop_job": Row(_being_cancelled, spoil=_ended),
}
