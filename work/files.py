"""Files of jobs and intakes: encrypted in the storage under names that say nothing, written and read in pieces."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage

FOLDER = "work"


@dataclass(frozen=True)
class Kept:
    """A file that lies in the storage; the digest is of what it says."""

    file: str
    sha256: str
    size: int


class _Pieces(File):  # type: ignore[type-arg]
    """What the storage reads piece by piece, counted and hashed on the way."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__(None, name="pieces")
        self.pieces, self.digest, self.length = pieces, sha256(), 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for piece in self.pieces:
            self.digest.update(piece)
            self.length += len(piece)
            yield piece


def keep(pieces: Iterable[bytes]) -> Kept:
    content: Any = _Pieces(pieces)
    file = default_storage.save(f"{FOLDER}/file", content)
    return Kept(file, content.digest.hexdigest(), content.length)


def opened(file: str) -> Any:
    return default_storage.open(file)


def drop(*names: str) -> None:
    """Parts of what a job made are gone once it has ended."""
    for name in names:
        default_storage.delete(name)
