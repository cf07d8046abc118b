"""Every state as a badge: one word, one colour, one meaning everywhere.

Keyed by the state's own value and not by its model: the same word has the same colour in every app.
"""

from enum import StrEnum
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString


class Colour(StrEnum):
    GREY = "grey"  # not started, closed
    BLUE = "blue"  # in work
    AMBER = "amber"  # waits for somebody, due soon
    RED = "red"  # overdue, failed, alarm
    GREEN = "green"  # passed, agreed, in force
    VIOLET = "violet"  # frozen, held


STATES: dict[Colour, str] = {
    Colour.GREY: "draft created withdrawn expired ended closed cancelled superseded inconclusive skipped abandoned "
    "erased removed",
    Colour.BLUE: "applying awaiting_checks checking in_review running claimed processing uploaded received erasing",
    Colour.AMBER: "proposed checked awaiting_review awaiting_second awaiting_screening awaiting_applicant pending "
    "open waiting review medium asked expires_soon collecting kept",
    Colour.RED: "declined rejected refused failed dead mismatch error overdue high prohibited revoked locked lapsed",
    Colour.GREEN: "agreed approved applied done passed match active in_force low verified sealed delivered confirmed",
    Colour.VIOLET: "suspended held frozen paused restricted",
}
_COLOURS = {state: colour for colour, states in STATES.items() for state in states.split()}


def colour_of(state: str) -> Colour | None:
    """None for a state nobody has given a colour; a test finds it before anybody sees it."""
    return _COLOURS.get(state)


def badge(state: str, word: Any) -> SafeString:
    return labelled(colour_of(state) or Colour.GREY, word)


def labelled(colour: Colour, word: Any) -> SafeString:
    return format_html('<span class="badge badge-{}">{}</span>', colour.value, word)


def state_badge(record: Any, field: str = "status") -> SafeString:
    """The badge of a record's state."""
    return badge(str(getattr(record, field)), getattr(record, f"get_{field}_display")())
