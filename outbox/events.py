"""What may leave the system, kind by kind, and how an action says that it happened.

An app declares its kinds in `ready()`: `register(Kind("kyc.application_changed", title, SCHEMA))`; its actions say
`publish("kyc.application_changed", {...})`. That is one insert in the transaction of the change: if the change is
undone, nothing is told. Who hears of it is found by a worker, later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator, FormatChecker

from outbox.models import Event, Receiver

FORMATS = FormatChecker(formats=())
FORMATS.checks("uuid", ValueError)(lambda value: bool(UUID(value)))
FORMATS.checks("date-time", ValueError)(lambda value: bool(datetime.fromisoformat(value)))
LONGEST_REFERENCE = 64


@dataclass(frozen=True)
class Kind:
    """`schema` is JSON Schema (2020-12) of the payload: ids, states, times, numbers, and references of ours, no
    text. `hears` are the kinds of receivers that may be told; `subscribed` is false for what is for one receiver
    alone, which nobody can ask for."""

    name: str
    title: Any
    schema: Mapping[str, Any]
    hears: frozenset[str] = frozenset({Receiver.Kind.WEBHOOK.value})
    subscribed: bool = True


KINDS: dict[str, Kind] = {}
_CHECKS: dict[str, Any] = {}


def register(kind: Kind) -> None:
    assert kind.name not in KINDS, f"two kinds of events are called {kind.name}"
    assert not (loose := list(free_text(kind.schema))), f"{kind.name} could carry text in {loose}"
    KINDS[kind.name] = kind
    _CHECKS[kind.name] = Draft202012Validator(kind.schema, format_checker=FORMATS)


def publish(name: str, payload: Mapping[str, Any], *, only: Receiver | None = None, about: UUID | None = None) -> Event:
    """Says in the transaction of a change that it happened. One insert. A payload that does not fit is our mistake.
    `about` is the person with whom the payload is erased."""
    assert connection.in_atomic_block, "an event is told in the transaction of what it tells of"
    faults = [f"{fault.json_path}: {fault.message}" for fault in _CHECKS[name].iter_errors(dict(payload))]
    assert not faults, f"{name}: {faults}"
    return Event.objects.create(kind=name, payload=dict(payload), only=only, about=about)


def offered() -> dict[str, Any]:
    """The kinds that a webhook can ask for, by name, with their titles."""
    return {kind.name: kind.title for kind in KINDS.values() if kind.subscribed}


def free_text(schema: Mapping[str, Any], place: str = "$") -> Iterator[str]:
    """The places of a schema that let in words: an object with properties that are not named, a text that is neither a
    state, nor an id, a time, or a reference of at most 64 characters."""
    kind = schema.get("type")
    if kind == "object":
        if schema.get("additionalProperties") is not False:
            yield place
        for name, inner in schema.get("properties", {}).items():
            yield from free_text(inner, f"{place}.{name}")
    elif kind == "array":
        yield from free_text(schema.get("items", {}), f"{place}[]")
    elif kind == "string":
        closed = "enum" in schema or "const" in schema or schema.get("format") in FORMATS.checkers
        if not closed and schema.get("maxLength", LONGEST_REFERENCE + 1) > LONGEST_REFERENCE:
            yield place
    elif kind not in ("integer", "number", "boolean"):
        yield place


TEST = Kind(
    "outbox.test",
    _("A test, for one receiver"),
    {
        "type": "object",
        "properties": {"receiver": {"type": "string", "format": "uuid"}},
        "required": ["receiver"],
        "additionalProperties": False,
    },
    subscribed=False,
)
