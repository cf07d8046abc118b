"""Exports that take a worker, or a second person."""

from typing import Any

from controls.actions import action
from controls.actor import Actor
from work.actions.jobs import ask_job
from work.models import Job

EXPORTS = "work.export"


def ask_export(by: Actor, words: dict[str, Any]) -> Job:
    job: Job = ask_job(by=by, kind=EXPORTS, arguments=words)
    return job


@action("work.ask_job", quorum={"work.agree_export": 1})
def export_customers(*, by: Actor, list: str, query: str, format: str, purpose: str, rows: int) -> Job:  # noqa: A002
    """Many customers leave the house at once: agreed to by another, who sees how many and what for. The file goes to
    who asked."""
    return ask_export(by, {"list": list, "query": query, "format": format, "purpose": purpose, "agreed_rows": rows})
