"""Exports that are too large for a page, as jobs; those of many customers after a second person has agreed.

The keys are read once and kept, so that what an attempt after a crash adds belongs to the same list.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock, registry
from base.errors import Invalid, NotPermitted
from base.export import FORMATS, About
from base.registry import LargeExport, Passed
from controls import approvals
from controls.actor import Actor
from work import files, jobs
from work.actions import exports as actions

TOGETHER = 500  # records read together; fewer than SQLite takes as arguments
PART = 10_000  # rows between two checkpoints


def register() -> None:
    jobs.register(jobs.Kind(actions.EXPORTS, gettext_lazy("Export of a list"), "work.ask_job", make_file, check))
    registry.pass_on_export = pass_on


def pass_on(actor: Actor, asked: LargeExport, *, agreed_by_another: bool) -> Passed:
    """What a list does with an export that it does not hand out itself: propose it, or have a worker make it."""
    words = {"list": asked.list, "query": asked.query, "format": asked.format, "purpose": asked.purpose}
    if agreed_by_another:
        arguments = {**words, "rows": asked.rows}
        approvals.propose(
            by=actor, name="work.export_customers", record=None, arguments=arguments, reason=asked.purpose
        )
        return Passed(
            reverse("admin:controls_proposal_changelist"),
            _("So many customers leave only when another person agrees. It is proposed; the file is made after that."),
        )
    job = actions.ask_export(actor, words)
    return Passed(
        reverse("admin:work_job_change", args=[job.pk]), _("A worker makes the file; this page shows how far.")
    )


def check(arguments: dict[str, Any], by: Actor) -> None:
    if arguments.get("format") not in FORMATS:
        raise Invalid(_("There is no such format."), field="format")
    if not str(arguments.get("purpose", "")).strip():
        raise Invalid(_("Say what it is for."), field="purpose")
    _list(str(arguments.get("list")), by)


def _list(name: str, by: Actor) -> Any:
    """The list's page, if `by` may open it now."""
    for model, found in admin.site._registry.items():
        if model._meta.label_lower == name:
            if not found.has_view_permission(_request(by, "")):
                raise NotPermitted(_("Your role does not allow this."))
            return found
    raise Invalid(_("There is no such list."), field="list")


def _request(by: Actor, query: str) -> HttpRequest:
    """As if they had asked for the page themselves."""
    request: Any = HttpRequest()
    request.method, request.path, request.GET, request.actor = "GET", "/", QueryDict(query), by
    return request  # type: ignore[no-any-return]


def make_file(run: jobs.Run) -> jobs.Outcome:
    words, by = run.arguments, run.by
    page = _list(words["list"], by)
    rows, state = page.rows_asked_for(_request(by, words["query"])), run.checkpoint
    if not state:
        keys = files.keep(_lines(rows.values_list("pk", flat=True).iterator(chunk_size=5000)))
        count = rows.count() if keys.size else 0
        state = {"parts": [keys.file], "rows": 0, "total": count}
        run.keep(state, 0, max(count, 1))
    names = page.exported_names()
    for part, keys_of_part in enumerate(_in_parts(state["parts"][0])):
        if part < len(state["parts"]) - 1:
            continue
        kept = files.keep(_read(run, page, rows, names, keys_of_part, state))
        done = state["rows"] + len(keys_of_part)
        state = {**state, "parts": [*state["parts"], kept.file], "rows": done}
        run.keep(state, done, max(state["total"], done))
    return _written(run, page, names, state)


def _lines(values: Any) -> Iterator[bytes]:
    for value in values:
        yield f"{value}\n".encode()


def _in_parts(file: str) -> Iterator[list[str]]:
    waiting: list[str] = []
    with files.opened(file) as opened:
        for line in opened:
            waiting.append(line.decode().strip())
            if len(waiting) == PART:
                yield waiting
                waiting = []
    if waiting:
        yield waiting


def _read(run: jobs.Run, page: Any, rows: Any, names: Any, keys: list[str], state: Any) -> Iterator[bytes]:
    """The rows of these keys in their order, as lines of JSON. What went out of sight since is left out."""
    to_key = page.model._meta.pk.to_python
    for first in range(0, len(keys), TOGETHER):
        few = [to_key(key) for key in keys[first : first + TOGETHER]]
        found = {record.pk: record for record in rows.order_by().filter(pk__in=few)}
        records = [found[key] for key in few if key in found]
        for row in page.plain_rows(records, names):
            yield json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
        run.step(state["rows"] + first + len(few))


def _written(run: jobs.Run, page: Any, names: Any, state: Any) -> jobs.Outcome:
    words, made = run.arguments, FORMATS[run.arguments["format"]]
    total = sum(1 for _row in _rows(state["parts"][1:]))
    about = About(page.export_title, run.by.name, clock.now(), words["purpose"], words["query"], total)
    kept = files.keep(made.pieces(about, [page.label(name) for name in names], _rows(state["parts"][1:])))
    with transaction.atomic():
        registry.note_export(
            run.by, page.model, registry.Exported(kept.sha256, words["query"], total, words["purpose"], words["format"])
        )
        run.keep(state, max(total, 1), max(total, 1))
    return jobs.Outcome({"rows": total}, kept, about.file_name(words["format"]), made.content_type)


def _rows(parts: list[str]) -> Iterator[list[Any]]:
    for part in parts:
        with files.opened(part) as opened:
            for line in opened:
                yield json.loads(line)
