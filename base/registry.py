"""What apps show on pages of apps below them: filled in each app's `ready()`, asked for by record id.

Each entry names the permission it needs. One that fails is logged and reads "not available": a page never falls
because of a neighbour.
"""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class PageEntry:
    """A page of the site that belongs to no model: /admin/<path>."""

    path: str
    name: str
    view: Callable[..., Any]


@dataclass(frozen=True)
class Tile:
    """Work that waits: a count that leads to the rows behind it. `empty` says what zero means."""

    title: Any
    permission: str
    count: Callable[[Any], int]
    link: Callable[[], str]
    icon: str = "inbox"
    empty: Any = ""
    order: int = 50


@dataclass(frozen=True)
class Alarm:
    """What is wrong: one sentence, and where to look."""

    text: Any
    link: str = ""
    colour: str = "red"


@dataclass(frozen=True)
class AlarmSource:
    permission: str
    look: Callable[[Any], Iterable[Alarm]]


@dataclass(frozen=True)
class Chart:
    """One figure with its recent course. `sentence` is the title: it says what the chart shows."""

    sentence: Any
    value: str
    link: str
    labels: Sequence[str]
    series: Sequence[float]

    def data(self) -> str:
        """As Chart.js reads it: one colour, zero included."""
        bars = {"data": list(self.series), "backgroundColor": "var(--color-primary-500)", "borderRadius": 2}
        return json.dumps({"labels": [str(label) for label in self.labels], "datasets": [bars]})


@dataclass(frozen=True)
class Figure:
    permission: str
    draw: Callable[[Any], Chart]
    order: int = 50


@dataclass(frozen=True)
class Panel:
    """Something an app above knows about a record of an app below, as a tab of its record page."""

    model: str
    name: str
    title: Any
    permission: str
    template: str
    context: Callable[[Any, str], dict[str, Any]]


@dataclass(frozen=True)
class Change:
    """One value as the timeline shows it."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Event:
    """One sentence of a timeline. Without a time it is something outside the reader's sight: `what` is its hash."""

    at: datetime | None
    who: str
    what: Any
    changes: Sequence[Change] = ()
    reason: str = ""
    link: str = ""


@dataclass(frozen=True)
class TimelineSource:
    """`events(actor, model label, record id)`, newest first."""

    permission: str
    events: Callable[[Any, str, str], Iterable[Event]]
    model: str = ""


@dataclass(frozen=True)
class Hit:
    title: str
    kind: Any
    link: str
    icon: str = "article"
    records: Sequence[str] = ()  # ids under which the trail tells of it


@dataclass(frozen=True)
class SearchSource:
    """`find(actor, words)`: goes through `visible_to`, returns few."""

    permission: str
    find: Callable[[Any, str], Iterable[Hit]]


@dataclass(frozen=True)
class Kept:
    """What an app keeps about a person. `ended_on` is the day their relationship with the company of that `country`
    ended, None while it lasts or may come to last. `rows` are what has to be emptied: model label and id; `files` the
    names of stored files; `words` the personal texts under which lists may have been searched."""

    country: str
    ended_on: date | None
    rows: Sequence[tuple[str, str]] = ()
    files: Sequence[str] = ()
    words: Sequence[str] = ()


@dataclass(frozen=True)
class Keeping:
    """An app that keeps personal data about the persons of `model`, asked by their id. `kept` is None for a person it
    does not know. `erase` empties rows in the caller's transaction and may be repeated; files are the caller's.
    `ended` finds persons whose relationship has ended and who are not erased. `tells` is what the person may be given
    of it, as plain data: nothing that tips off, nobody's name who works here. `known_as` is what the desk calls
    each of them; `lock` keeps them as they are until commit."""

    model: str
    name: str
    kept: Callable[[str], Kept | None]
    erase: Callable[[str], None]
    tells: Callable[[str], dict[str, Any]]
    ended: Callable[[], Iterable[str]] = tuple
    known_as: Callable[[Iterable[str]], dict[str, str]] = lambda persons: {}
    lock: Callable[[str], None] = lambda person: None


@dataclass
class Found:
    """The hits of a search; `missing` is true when a source failed."""

    hits: list[Hit] = field(default_factory=list)
    missing: bool = False


sentences: dict[str, Any] = {}  # an action's name: what somebody did, in words
spellings: dict[str, Callable[[Any], Any]] = {}  # "app.model.field": a value of it in words, for timelines
pages: list[PageEntry] = []
tiles: list[Tile] = []
alarms: list[AlarmSource] = []
figures: list[Figure] = []
panels: list[Panel] = []
timelines: list[TimelineSource] = []
searches: list[SearchSource] = []
demonstrations: list[Callable[[], None]] = []  # fill an app with invented data, safe to repeat


@dataclass(frozen=True)
class BlindIndex:
    """A column of blind indexes, and how that of a row is made anew."""

    model: str
    column: str
    compute: Callable[[Any], str]


indexes: list[BlindIndex] = []
files: list[tuple[str, str]] = []  # every column that names a stored file: model label, column
keepings: list[Keeping] = []  # who keeps what about persons: erased and told from here
# What must be done to a database out of a backup before anybody may sign in (forget again whom it should not know);
# asked for with the moment whose state it holds, until it succeeds, so it is safe to repeat.
after_restore: list[Callable[[datetime], None]] = []


@dataclass(frozen=True)
class Exported:
    """What the entry of an export says: the digest of the file, what was asked for, how many rows, and what for."""

    sha256: str
    asked: str
    rows: int
    purpose: str
    format: str


@dataclass(frozen=True)
class LargeExport:
    """An export that a page does not hand out itself. `list` is the label of the model whose list it is."""

    list: str
    query: str
    format: str
    purpose: str
    rows: int


@dataclass(frozen=True)
class Passed:
    """Where an export goes on, and what the reader is told."""

    link: str
    text: Any


# Writes the audit entry of an export (actor, model, what left). The app that keeps the trail sets it.
note_export: Callable[[Any, Any, Exported], None]
# Takes on an export that needs a worker or a second person. The app that runs jobs sets it.
pass_on_export: Callable[..., Passed]


def may(entry: Any, actor: Any) -> bool:
    return not entry.permission or bool(actor.may(entry.permission))


def ask(work: Callable[[], T]) -> T | None:
    """What a registered entry answers, or None when it failed."""
    try:
        return work()
    except Exception:  # whatever a neighbour's code raises, this page stays up and says what is missing
        log.exception("a registered entry failed")
        return None


def timeline(actor: Any, model: str, key: str) -> tuple[list[Event], bool]:
    """What happened to a record, newest first; the second is true when a source failed."""
    events, missing = [], False
    for source in timelines:
        if may(source, actor) and source.model in ("", model):
            found = ask(lambda source=source: list(source.events(actor, model, key)))  # type: ignore[misc]
            events += found or []
            missing |= found is None
    return sorted(events, key=lambda event: event.at or datetime.min.replace(tzinfo=UTC), reverse=True), missing


def search(actor: Any, words: str) -> Found:
    found = Found()
    for source in searches if len(words) > 1 else ():
        if may(source, actor):
            hits = ask(lambda source=source: list(source.find(actor, words)))  # type: ignore[misc]
            found.hits += hits or []
            found.missing |= hits is None
    return found
