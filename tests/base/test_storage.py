"""Files lie encrypted, and open only where and as they were written."""

import io
import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import InMemoryStorage

from base.crypto import PIECE, Undecryptable
from base.storage import EncryptedStorage

SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17]


@pytest.fixture
def storage(tmp_path: Path) -> EncryptedStorage:
    return EncryptedStorage({"BACKEND": "base.storage.LocalFiles", "OPTIONS": {"location": str(tmp_path)}})


def stored(tmp_path: Path, name: str) -> Path:
    return tmp_path / name


@pytest.mark.parametrize("size", SIZES)
def test_what_was_stored_is_read_again(storage: EncryptedStorage, size: int) -> None:
    data = os.urandom(size)
    name = storage.save("passport.jpg", ContentFile(data))
    with storage.open(name) as file:
        assert file.read() == data
    assert storage.size(name) == size


def test_any_part_can_be_read_by_itself(storage: EncryptedStorage) -> None:
    data = os.urandom(3 * PIECE + 100)
    name = storage.save("x", ContentFile(data))
    with storage.open(name) as file:
        file.seek(PIECE - 3)
        assert file.read(10) == data[PIECE - 3 : PIECE + 7]
        file.seek(-5, io.SEEK_END)
        assert file.read() == data[-5:]


def test_the_name_and_the_bytes_on_disk_say_nothing(storage: EncryptedStorage, tmp_path: Path) -> None:
    name = storage.save("passport-of-jane.jpg", ContentFile(b"MARKED CONTENT" * 1000))
    assert "jane" not in name
    assert "." not in name
    assert b"MARKED" not in stored(tmp_path, name).read_bytes()


def test_the_same_file_twice_is_not_recognised(storage: EncryptedStorage, tmp_path: Path) -> None:
    first, second = (storage.save("x", ContentFile(b"same" * 100)) for _ in range(2))
    assert first != second
    assert stored(tmp_path, first).read_bytes()[-100:] != stored(tmp_path, second).read_bytes()[-100:]


def test_a_changed_byte_is_noticed(storage: EncryptedStorage, tmp_path: Path) -> None:
    path = stored(tmp_path, name := storage.save("x", ContentFile(b"a" * 5000)))
    raw = bytearray(path.read_bytes())
    raw[2000] ^= 1
    path.write_bytes(raw)
    with pytest.raises(Undecryptable):
        storage.open(name)


@pytest.mark.parametrize("left", [10, 100, PIECE + 16 + 36, 2 * (PIECE + 16) + 36])
def test_a_cut_file_does_not_open(storage: EncryptedStorage, tmp_path: Path, left: int) -> None:
    path = stored(tmp_path, name := storage.save("x", ContentFile(b"a" * (3 * PIECE))))
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(Undecryptable):
        storage.open(name)


def test_swapped_pieces_are_noticed(storage: EncryptedStorage, tmp_path: Path) -> None:
    path = stored(tmp_path, name := storage.save("x", ContentFile(os.urandom(3 * PIECE))))
    raw = path.read_bytes()
    start = len(raw) - 3 * (PIECE + 16)
    first, second = raw[start : start + PIECE + 16], raw[start + PIECE + 16 : start + 2 * (PIECE + 16)]
    path.write_bytes(raw[:start] + second + first + raw[start + 2 * (PIECE + 16) :])
    with storage.open(name) as file, pytest.raises(Undecryptable):
        file.read()


def test_a_file_moved_to_another_name_does_not_open(storage: EncryptedStorage, tmp_path: Path) -> None:
    name, other = (storage.save("x", ContentFile(b"of one person" + tail)) for tail in (b"1", b"2"))
    stored(tmp_path, other).write_bytes(stored(tmp_path, name).read_bytes())
    with pytest.raises(Undecryptable):
        storage.open(other)


def test_a_write_that_fails_leaves_nothing(storage: EncryptedStorage, tmp_path: Path) -> None:
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the client went away")

    with pytest.raises(OSError, match="went away"):
        storage.save("x", File(Torn(b"abc"), name="x"))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_others_on_the_machine_read_nothing(storage: EncryptedStorage, tmp_path: Path) -> None:
    path = stored(tmp_path, storage.save("x", ContentFile(b"abc")))
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_any_django_storage_can_lie_below() -> None:
    over_memory = EncryptedStorage({"BACKEND": "django.core.files.storage.InMemoryStorage"})
    assert isinstance(over_memory.inner, InMemoryStorage)
    name = over_memory.save("x", ContentFile(b"abc" * PIECE))
    with over_memory.inner.open(name) as sealed:
        assert b"abcabc" not in sealed.read()
    with over_memory.open(name) as file:
        assert file.read() == b"abc" * PIECE
    over_memory.delete(name)
    assert not over_memory.exists(name)


def test_a_file_has_no_address(storage: EncryptedStorage) -> None:
    with pytest.raises(NotImplementedError):
        storage.url("ab/cd")


def test_a_file_of_an_older_key_still_opens(storage: EncryptedStorage, settings: object) -> None:
    name = storage.save("x", ContentFile(b"abc"))
    settings.FIELD_KEYS = "new:" + "11" * 32 + "," + settings.FIELD_KEYS  # type: ignore[attr-defined]
    newer = storage.save("x", ContentFile(b"def"))
    with storage.open(name) as old, storage.open(newer) as new:
        assert (old.read(), new.read()) == (b"abc", b"def")
