"""What can be brought in: each app says which fields a line has, what makes it wrong, and how lines are applied.

targets.register(Target("kyc.customers", _("Customers"), "kyc.import_customers", FIELDS, check, apply))
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from base.errors import Invalid
from controls.actor import Actor

FORMULA = "=+-@\t\r"
NUMBER = re.compile(r"[+-][\d\s.,()/'’-]*\d[\d\s.,()%'’-]*")  # also a telephone number


@dataclass(frozen=True)
class Field:
    """A value of a line. `parse(text)` gives the value or raises Invalid or ValueError with words. Of a `key` each
    value stands once in a file."""

    name: str
    title: Any
    parse: Callable[[str], Any]
    required: bool = False
    key: bool = False
    hint: Any = ""


class Row(NamedTuple):
    """A line that is right as far as the file alone can tell."""

    line: int
    values: dict[str, Any]


class Problem(NamedTuple):
    """Why a line is not applied. Its words never repeat the value."""

    line: int
    field: str
    text: str


@dataclass(frozen=True)
class Target:
    """`check(intake, rows)` tells what only the database knows, for up to a few thousand rows at once.
    `apply(intake, by=, rows=, digest=)` is one action that writes them all, with one entry that carries count and
    digest; it gets no row that `check` finds a problem with. `link(intake)` leads to what changed."""

    name: str
    title: Any
    permission: str
    fields: Sequence[Field]
    check: Callable[[Any, Sequence[Row]], Iterable[Problem]]
    apply: Callable[..., Any]
    link: Callable[[Any], str]


TARGETS: dict[str, Target] = {}


def register(target: Target) -> None:
    assert target.name not in TARGETS, f"two targets are called {target.name}"
    TARGETS[target.name] = target


def allowed(actor: Actor) -> list[Target]:
    return [target for target in TARGETS.values() if actor.may(target.permission)]


def guessed(target: Target, columns: Sequence[str]) -> dict[str, str]:
    """Columns that are called like a field."""
    named = {_bare(column): column for column in columns}
    pairs = (
        (field.name, named.get(_bare(field.name)) or named.get(_bare(str(field.title)))) for field in target.fields
    )
    return {name: column for name, column in pairs if column}


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


class Judge:
    """Looks at lines one after another: cells, required fields, formulas, keys that came before."""

    def __init__(self, target: Target, columns: Sequence[str], mapping: Mapping[str, str]) -> None:
        place = {column: index for index, column in enumerate(columns)}
        self.width = len(columns)
        self.plan = [(field, place.get(mapping.get(field.name, ""), -1)) for field in target.fields]
        self.keys = [place[mapping[f.name]] for f in target.fields if f.key and mapping.get(f.name) in place]
        self.seen: set[int] = set()

    def note(self, cells: Sequence[str]) -> None:
        """A line that was looked at before: only its keys are needed."""
        if len(cells) == self.width:
            for index in self.keys:
                self.seen.add(_short(index, cells[index]))

    def judge(self, line: int, cells: list[str], problems: list[Problem]) -> Row | None:
        """The row, or None and what is wrong with it among the problems."""
        if len(cells) != self.width:
            words = _("This line has %(found)d columns, the head has %(head)d.")
            problems.append(Problem(line, "", words % {"found": len(cells), "head": self.width}))
            return None
        before, values = len(problems), {}
        for field, index in self.plan:
            text = cells[index].strip(" ") if index >= 0 else ""
            if not text:
                if field.required:
                    problems.append(Problem(line, field.name, _("This is needed.")))
                    continue
            elif text[0] in FORMULA and not NUMBER.fullmatch(text):
                problems.append(Problem(line, field.name, _("This begins like a formula.")))
                continue
            try:
                values[field.name] = field.parse(text)
            except (Invalid, ValueError) as wrong:
                problems.append(Problem(line, field.name, str(wrong)))
        for index in self.keys:
            if (short := _short(index, cells[index])) in self.seen:
                name = next(field.name for field, place in self.plan if place == index)
                problems.append(Problem(line, name, _("This stands on an earlier line already.")))
            self.seen.add(short)
        return Row(line, values) if len(problems) == before else None


def _short(index: int, text: str) -> int:
    """Sixty-four bits of a digest: a million keys in little memory; a false alarm once in 30 million files."""
    return int.from_bytes(blake2b(text.strip().encode(), digest_size=8, salt=bytes([index])).digest(), "big")
