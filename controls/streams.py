"""Streams of evidence: append-only tables whose rows are numbered, chained and signed for by the sealer.

An app registers its streams in its AppConfig.ready(); the guards of the table come with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from controls import triggers


@dataclass(frozen=True)
class Stream:
    """`content(*columns)` is the text that is hashed, made from the columns of a row as the database hands them
    out. `copies` are columns that repeat what the content says; `differing(content, values)` names those that do
    not. `time` is the column that says when the row was made."""

    name: str
    model: str
    columns: tuple[str, ...]
    content: Callable[..., str]
    copies: tuple[str, ...] = ()
    differing: Callable[[str, Sequence[Any]], list[str]] = lambda content, values: []
    time: str = "at"

    @property
    def table(self) -> str:
        return self.model_class._meta.db_table

    @property
    def model_class(self) -> type[models.Model]:
        return apps.get_model(self.model)


STREAMS: dict[str, Stream] = {}


def register(stream: Stream) -> None:
    """From here on the rows of the stream are append-only, queued on insert, and sealed."""
    assert stream.name not in STREAMS, f"two streams are called {stream.name}"
    STREAMS[stream.name] = stream
    triggers.append_only(stream.model, stream=stream.name)
