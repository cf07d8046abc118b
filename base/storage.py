"""Files that lie encrypted under names that say nothing, on local disk or in any other storage.

A file is a header and numbered pieces, each sealed on its own (AES-256-GCM), so that a large one needs little memory
and any part can be read by itself. What is authenticated with a piece is the file's name, the piece's number and
whether it is the last: pieces cannot be swapped, left out, cut off, or carried over from another file.
"""

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from django.utils.deconstruct import deconstructible
from django.utils.module_loading import import_string

from base.crypto import PIECE, FileKey, Undecryptable, new_file_key, read_file_key

TAG = 16
IN_MEMORY = 4 * 1024 * 1024


@deconstructible
class EncryptedStorage(Storage):
    """Encrypts what goes into `inner`, any other Django storage given by its dotted name and options."""

    def __init__(self, inner: dict[str, Any]) -> None:
        self.inner: Storage = import_string(inner["BACKEND"])(**inner.get("OPTIONS", {}))

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """A random name in the folder of the app that stores it: neither the uploaded one nor its ending is kept."""
        folder, found = name.partition("/")[0] if "/" in name else "", uuid4().hex
        return f"{folder}/{found[:2]}/{found}".lstrip("/")

    def _save(self, name: str, content: "File[bytes]") -> str:
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as sealed:
            seal(content.chunks(PIECE), cast(IO[bytes], sealed), name)
            sealed.seek(0)
            stored = self.inner.save(name, File(cast(IO[bytes], sealed), name=name))
        assert stored == name, "a file is sealed under the name it gets"
        return stored

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        assert mode == "rb", "a stored file is never written again"
        return File(io.BufferedReader(Unsealed(self.inner.open(name), self.inner.size(name), name), PIECE), name=name)

    def is_under(self, name: str, header: bytes) -> bool:
        """Whether the stored bytes begin so: with the newest key's header, or a former one's."""
        with self.inner.open(name) as stored:
            return bool(stored.read(len(header)) == header)

    def seal_anew(self, name: str) -> None:
        """The same content under the newest key and the same name, in one step: whoever reads has one or the other."""
        with self.open(name) as content, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as sealed:
            seal(iter(lambda: content.read(PIECE), b""), cast(IO[bytes], sealed), name)
            sealed.seek(0)
            inner: Any = self.inner
            replace = inner.replace if hasattr(inner, "replace") else inner._save  # a bucket replaces by itself
            replace(name, File(cast(IO[bytes], sealed), name=name))

    def delete(self, name: str) -> None:
        self.inner.delete(name)

    def exists(self, name: str) -> bool:
        return self.inner.exists(name)

    def size(self, name: str) -> int:
        with self.open(name) as file:
            return int(file.seek(0, io.SEEK_END))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return self.inner.listdir(path)

    def get_modified_time(self, name: str) -> datetime:
        return self.inner.get_modified_time(name)

    def path(self, name: str) -> str:
        raise NotImplementedError("an encrypted file is opened through its storage")

    def url(self, name: str | None) -> str:
        raise NotImplementedError("a file is shown by a page that asks who wants to see it, never by its address")

    def probe(self) -> None:
        """Writes, reads and deletes a file; raises what stands in the way."""
        name = self.save("probe", File(io.BytesIO(b"probe"), name="probe"))
        try:
            with self.open(name) as file:
                assert file.read() == b"probe"
        finally:
            self.delete(name)


@deconstructible
class LocalFiles(FileSystemStorage):
    """Files on disk that are there whole or not at all, also after a power cut; nobody else on the machine reads
    them."""

    def _save(self, name: str, content: "File[bytes]") -> str:
        return self._put(name, content, os.link)  # unlike rename, refuses to replace what is there

    def replace(self, name: str, content: "File[bytes]") -> str:
        return self._put(name, content, os.rename)

    def _put(self, name: str, content: "File[bytes]", place: Callable[[str, Path], None]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".unfinished-")  # made with mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            place(beside, target)
        finally:
            Path(beside).unlink(missing_ok=True)
        _sync(target.parent)
        return name


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seal(chunks: Iterator[bytes], out: IO[bytes], place: str) -> None:
    """Writes the header, then pieces of equal length; the last may be shorter, or empty in an empty file."""
    key, header = new_file_key(place)
    out.write(header)
    number, waiting = 0, b""
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > PIECE:
            out.write(key.seal(number, waiting[:PIECE], last=False))
            number, waiting = number + 1, waiting[PIECE:]
    out.write(key.seal(number, waiting, last=True))


class Unsealed(io.RawIOBase):
    """Reads a sealed file from any position; the last piece is opened first, so that a cut file never opens."""

    def __init__(self, sealed: Any, size: int, place: str) -> None:
        self.sealed, self.place = sealed, place
        self.key: FileKey
        self.key, self.start = read_file_key(sealed.read(512), place)
        body = size - self.start
        self.pieces = max(1, -(-body // (PIECE + TAG)))
        self.length = body - self.pieces * TAG
        if self.length < 0:
            raise Undecryptable(f"{place}: the file is cut")
        self.position, self.number, self.piece = 0, -1, b""
        self._load(self.pieces - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.length}[whence]
        self.position = max(0, start + offset)
        return self.position

    def readinto(self, buffer: Any) -> int:
        if self.position >= self.length:
            return 0
        number, inside = divmod(self.position, PIECE)
        if number != self.number:
            self._load(number)
        part = self.piece[inside : inside + len(buffer)]
        buffer[: len(part)] = part
        self.position += len(part)
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self.sealed.close()
        super().close()

    def _load(self, number: int) -> None:
        self.sealed.seek(self.start + number * (PIECE + TAG))
        piece = self.sealed.read(PIECE + TAG)
        self.piece, self.number = self.key.open(number, piece, last=number == self.pieces - 1), number
