"""Rows of the sweep for shared work."""

from typing import Any

from controls.actor import Actor
from tests.sweep import Case, Row, World
from tests.work import bringing, sweep_tasks
from tests.work.kinds import COUNTING
from work import jobs
from work.actions import intake as intakes
from work.actions import jobs as actions
from work.models import Intake, Job

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


def _uploaded(world: World, **words: Any) -> Case:
    by = world.actor("compliance_officer")
    return Case(bringing.uploaded(by, world.entity), by, words)


def _withdrawn(world: World, intake: Intake) -> None:
    intakes.withdraw_intake(intake, by=Actor.of(intake.uploaded_by))


def _trying(world: World) -> Case:
    case = _uploaded(world)
    tried = intakes.try_intake(case.record, by=case.by, mapping=bringing.MAPPING)
    words = {"job": tried.dry_run, "rows": 2, "wrong": 0, "errors": [], "digest": "d"}
    return Case(tried, case.by, words)


def _tried(world: World) -> Case:
    by = world.actor("compliance_officer")
    return Case(bringing.tried(by, world.entity), world.actor("mlro"), {"reason": "Reconciled with the old system."})


def _applying(world: World, handled: int = 0) -> Case:
    case = _tried(world)
    intake = intakes.apply_intake(case.record, by=case.by, reason="Reconciled.")
    if handled:
        Intake.all_unrestricted.filter(pk=intake.pk).update(handled=handled, applied=handled)
    return Case(bringing.fresh(intake), case.by)


def _all_applied(world: World, intake: Intake) -> None:
    assert intake.applied_by
    intakes.finish_intake(intake, by=Actor.of(intake.applied_by))


ROWS = {
    "work.export_customers": Row(
        lambda world: Case(
            None,
            world.actor("kyc_reviewer"),
            {"list": "kyc.customer", "query": "", "format": "csv", "purpose": "For the board", "rows": 2000},
        ),
        spoiled_words={"format": "docx"},
    ),
    "work.upload_intake": Row(
        lambda world: Case(
            None, world.actor("compliance_officer"), bringing.words(bringing.GOOD) | {"entity": world.entity}
        ),
        spoiled_words={"target": "tests.unknown"},
    ),
    "work.reshape_intake": Row(
        lambda world: _uploaded(world, encoding="cp1252", separator=";"),
        spoil=_withdrawn,
        spoiled_words={"encoding": "klingon"},
    ),
    "work.try_intake": Row(
        lambda world: _uploaded(world, mapping=bringing.MAPPING),
        spoil=_withdrawn,
        spoiled_words={"mapping": {"reference": "nowhere"}},
    ),
    "work.record_dry_run": Row(_trying, spoil=_withdrawn),
    "work.apply_intake": Row(_tried, spoil=_withdrawn, spoiled_words={"reason": " "}),
    "work.finish_intake": Row(lambda world: _applying(world, handled=2), spoil=_all_applied),
    "work.withdraw_intake": Row(_uploaded, spoil=_withdrawn),
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

ROWS |= sweep_tasks.ROWS
