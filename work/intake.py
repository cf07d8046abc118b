"""The two jobs of an intake: the dry run, and applying what was tried. Both read the file line by line, and both go on
after a crash to the same result as without one: what they find is folded into a digest, a few thousand lines at once.
"""

import csv
import io
import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from base.errors import Invalid, NotPermitted
from base.export import neutralised
from work import files, jobs, reading
from work.actions import intake as actions
from work.models import Intake
from work.targets import TARGETS, Judge, Problem, Row, Target

TOGETHER = 2_000  # lines that are looked at, and applied, together; a smaller file is applied in one transaction
KEPT_EVERY = 25  # so many of these between two checkpoints of a dry run
LINES_AT_MOST = 5_000_000
HEAD_OF_ERRORS = ("line", "field", "error")


def register() -> None:
    jobs.register(jobs.Kind(actions.TRIES, gettext_lazy("Dry run of an intake"), "work.bring_in", try_lines))
    jobs.register(jobs.Kind(actions.APPLIES, gettext_lazy("Applying an intake"), "work.bring_in", apply_lines))


def _subject(run: jobs.Run) -> tuple[Intake, Target]:
    intake = Intake.objects.visible_to(run.by).filter(pk=run.arguments["intake"]).first()
    target = TARGETS.get(intake.target) if intake else None
    if intake is None or target is None or not run.by.may(target.permission):
        raise NotPermitted(_("Who asked for this may not do it any more."))
    return intake, target


def _lines(intake: Intake) -> Iterator[reading.Line]:
    with files.opened(intake.file) as stream:
        found = reading.lines(stream, reading.Shape(intake.format, intake.encoding, intake.separator))
        next(found, None)  # the head
        yield from found


def _folded(digest: str, rows: list[Row]) -> str:
    """The digest so far with these rows: what a line says, in the order of the file."""
    said = json.dumps([[row.line, *map(str, row.values.values())] for row in rows], ensure_ascii=False)
    return sha256(f"{digest}{said}".encode()).hexdigest()


# --- the dry run --------------------------------------------------------------------------------------------------


def try_lines(run: jobs.Run) -> jobs.Outcome:
    intake, target = _subject(run)
    state = run.checkpoint or {"rows": 0, "wrong": 0, "digest": "", "errors": [], "parts": [], "count": 0}
    judge, found = Judge(target, intake.columns, intake.mapping), _lines(intake)
    for count, (_line, cells) in enumerate(islice(found, state["rows"]), start=1):
        judge.note(cells)  # looked at before the crash
        run.step(count)
    waiting: list[Problem] = []
    turn = 0
    while together := list(islice(found, TOGETHER)):
        state = _tried(run, intake, target, judge, together, state, waiting)
        turn += 1
        if turn % KEPT_EVERY == 0:
            state, waiting = {**state, "parts": [*state["parts"], *_part(waiting)]}, []
            run.keep(state, state["rows"], _at_least(intake, state))
    parts = [*state["parts"], *_part(waiting)]
    run.keep({**state, "parts": parts}, state["rows"], state["rows"])
    actions.record_dry_run(
        intake,
        by=run.by,
        job=run.job,
        rows=state["rows"],
        wrong=state["wrong"],
        errors=state["errors"],
        digest=state["digest"],
    )
    counts = {"lines": state["rows"], "wrong_lines": state["wrong"], "errors": state["count"]}
    return _outcome(intake, counts, parts)


def _tried(
    run: jobs.Run,
    intake: Intake,
    target: Target,
    judge: Judge,
    together: list[reading.Line],
    state: Any,
    waiting: list[Problem],
) -> dict[str, Any]:
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, (line, cells) in enumerate(together, start=1):
        row = judge.judge(line, cells, problems)
        if row:
            rows.append(row)
        if number % 250 == 0:
            run.step(state["rows"] + number, _at_least(intake, state, number))
    problems += target.check(intake, rows)
    wrong = {problem.line for problem in problems}
    good = [row for row in rows if row.line not in wrong]
    problems.sort(key=lambda problem: problem.line)
    waiting += problems
    done = state["rows"] + len(together)
    if done > LINES_AT_MOST:
        raise Invalid(
            _("More than %(count)d lines are too many for one file.") % {"count": LINES_AT_MOST}, field="file"
        )
    room = actions.ERRORS_SHOWN - len(state["errors"])
    return {
        "rows": done,
        "wrong": state["wrong"] + len(wrong),
        "digest": _folded(state["digest"], good),
        "errors": state["errors"] + [list(problem) for problem in problems[: max(room, 0)]],
        "parts": state["parts"],
        "count": state["count"] + len(problems),
    }


def _at_least(intake: Intake, state: dict[str, Any], more: int = 0) -> int:
    return max(int(intake.lines), int(state["rows"]) + more)


# --- applying -----------------------------------------------------------------------------------------------------


def apply_lines(run: jobs.Run) -> jobs.Outcome:
    """Each batch is one action of the target, in one transaction with how far it has come. A line that has become
    wrong since the dry run is left out and told."""
    intake, target = _subject(run)
    judge, found = Judge(target, intake.columns, intake.mapping), _lines(intake)
    for _line, cells in islice(found, intake.handled):
        judge.note(cells)
    parts = list(run.checkpoint.get("parts", []))
    while together := list(islice(found, TOGETHER)):
        run.step(intake.handled, intake.rows)
        problems: list[Problem] = []
        rows = [row for line, cells in together if (row := judge.judge(line, cells, problems))]
        digest = _folded(intake.applied_digest, rows)
        with transaction.atomic():
            problems += target.check(intake, rows)
            wrong = {problem.line for problem in problems}
            good = [row for row in rows if row.line not in wrong]
            intake = target.apply(intake, by=run.by, rows=good, handled=len(together), digest=digest)
            parts += _part(problems)
            run.keep({"parts": parts}, intake.handled, intake.rows)
    intake = actions.finish_intake(intake, by=run.by)
    counts = {"lines": intake.rows, "applied": intake.applied, "left_out": intake.rows - intake.applied}
    return _outcome(intake, counts, parts)


# --- lists of errors ----------------------------------------------------------------------------------------------


def _part(problems: list[Problem]) -> list[str]:
    """A file with these errors, so that no list of them has to lie in memory."""
    if not problems:
        return []
    page = io.StringIO()
    csv.writer(page, quoting=csv.QUOTE_ALL).writerows([[neutralised(cell) for cell in each] for each in problems])
    return [files.keep([page.getvalue().encode()]).file]


def _outcome(intake: Intake, counts: dict[str, Any], parts: list[str]) -> jobs.Outcome:
    if not parts:
        return jobs.Outcome(counts)
    name = f"errors {intake.source} {clock.now():%Y-%m-%d %H%M} UTC.csv"
    return jobs.Outcome(counts, files.keep(_joined(parts)), name, "text/csv; charset=utf-8")


def _joined(parts: list[str]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + (",".join(f'"{name}"' for name in HEAD_OF_ERRORS) + "\r\n").encode()
    for part in parts:
        with files.opened(part) as opened:
            yield from iter(lambda opened=opened: opened.read(65536), b"")  # type: ignore[misc]


def link(intake: Intake) -> str:
    target = TARGETS.get(intake.target)
    return target.link(intake) if target and intake.applied else ""
