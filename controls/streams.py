"""Streams of evidence: append-only tables whose rows are numbered, chained and signed for by the sealer.

An app registers its streams in its AppConfig.ready(); the guards of the table come with it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models

from controls import triggers


@dataclass(frozen=True)
class Stream:
    """`content(*columns)` is the text that is hashed, made from the columns of a row as the database hands them
    out. `copies` are columns that repeat what the content says; `differing(content, texts)` names those that do
    not. `differing_values(first, last)` tells by sequence what lies beside and is not what a row commits to. `time`
    is the column that says when the row was made, `reference` one by which people find it."""

    name: str
    model: str
    columns: tuple[str, ...]
    content: Callable[..., str]
    copies: tuple[str, ...] = ()
    differing: Callable[[str, Sequence[Any]], list[str]] = lambda content, values: []
    differing_values: Callable[[int, int], Iterable[tuple[int, list[str]]]] = lambda first, last: []
    time: str = "at"
    reference: str = "id"

    @property
    def table(self) -> str:
        return self.model_class._meta.db_table

    @property
    def model_class(self) -> type[models.Model]:
        return apps.get_model(self.model)

    def selected(self, *names: str) -> str:
        """Columns of the row, joined as `m`, for a SELECT. The plus keeps SQLite's driver from parsing times."""
        plus = "+" if connection.vendor == "sqlite" else ""
        return "".join(f', {plus}m."{name}"' for name in names)

    def as_text(self, *names: str) -> str:
        return "".join(f', CAST(m."{name}" AS TEXT)' for name in names)


STREAMS: dict[str, Stream] = {}


def register(stream: Stream) -> None:
    """From here on the rows of the stream are append-only, queued on insert, and sealed."""
    assert stream.name not in STREAMS, f"two streams are called {stream.name}"
    STREAMS[stream.name] = stream
    triggers.append_only(stream.model, stream=stream.name)
