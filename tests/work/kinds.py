"""A kind of job that tests can stop at any step: it counts, and its file holds what it counted."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction

from work import files, jobs

COUNTING = "tests.counting"
at_each: list[Callable[[int], Any]] = []  # what a test does at each step


def count(run: jobs.Run) -> jobs.Outcome:
    total, made = run.arguments["to"], run.checkpoint.get("counted", [])
    for number in range(len(made), total):
        run.step(number, total)
        for each in at_each:
            each(number)
        with transaction.atomic():
            made = [*made, number]
            run.keep({"counted": made}, number + 1, total)
    return jobs.Outcome({"counted": len(made)}, files.keep(_lines(made)), "counted.txt", "text/plain")


def _lines(made: list[int]) -> Iterator[bytes]:
    yield from (f"{number}\n".encode() for number in made)


if COUNTING not in jobs.KINDS:
    jobs.register(jobs.Kind(COUNTING, "Counting", "kyc.view_application", count))
