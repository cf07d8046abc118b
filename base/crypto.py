"""Encryption of fields and files, and blind indexes (AES-256-GCM, HMAC-SHA-256).

FIELD_KEYS holds `id:hex` pairs separated by commas, newest first: the first encrypts, all decrypt. Data keys
and index keys are derived apart from each (HKDF), so that an index says nothing about the data key. The
authenticated data of a value is where it lies (table, column, row): a value moved elsewhere does not open.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE = 12
VERSION = b"\x01"
FILE_VERSION = b"\x02"
SALT = 32
PIECE = 64 * 1024  # bytes of a file that are sealed together


class Undecryptable(Exception):
    """The bytes were changed, moved to another place, or their key is not in FIELD_KEYS."""


def encrypt(data: bytes, place: str) -> bytes:
    """Version, key id (one length byte, then text), nonce, ciphertext with tag."""
    key_id, key = next(iter(_keys(settings.FIELD_KEYS).items()))
    header = VERSION + bytes([len(key_id)]) + key_id.encode()
    nonce = os.urandom(NONCE)
    return header + nonce + _cipher(key).encrypt(nonce, data, header + place.encode())


def decrypt(sealed: bytes, place: str) -> bytes:
    header_end = 2 + sealed[1] if len(sealed) > 2 and sealed[:1] == VERSION else 0
    key = _keys(settings.FIELD_KEYS).get(sealed[2:header_end].decode(errors="replace"))
    if not header_end or key is None:
        raise Undecryptable(f"{place}: no key of FIELD_KEYS fits")
    header, nonce, body = (
        sealed[:header_end],
        sealed[header_end : header_end + NONCE],
        sealed[header_end + NONCE :],
    )
    try:
        return _cipher(key).decrypt(nonce, body, header + place.encode())
    except InvalidTag as error:
        raise Undecryptable(f"{place}: the stored bytes are not those that were written there") from error


@dataclass(frozen=True)
class FileKey:
    """The key of one file, derived from a data key and the file's salt, so that numbers can serve as nonces."""

    key: bytes
    place: bytes

    def seal(self, number: int, piece: bytes, *, last: bool) -> bytes:
        return AESGCM(self.key).encrypt(self._nonce(number, last), piece, self.place)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        try:
            return AESGCM(self.key).decrypt(self._nonce(number, last), sealed, self.place)
        except InvalidTag as error:
            place = self.place.decode(errors="replace")
            raise Undecryptable(f"{place}: the stored bytes are not those that were written there") from error

    def _nonce(self, number: int, last: bool) -> bytes:
        return number.to_bytes(NONCE - 1, "big") + bytes([last])


def new_file_key(place: str) -> tuple[FileKey, bytes]:
    """A fresh key, and the header by which it is found again: version, key id, salt."""
    key_id, key = next(iter(_keys(settings.FIELD_KEYS).items()))
    salt = os.urandom(SALT)
    return _file_key(key, salt, place), FILE_VERSION + bytes([len(key_id)]) + key_id.encode() + salt


def read_file_key(start: bytes, place: str) -> tuple[FileKey, int]:
    """The key of a file that starts so, and where its first piece begins."""
    header_end = 2 + start[1] if len(start) > 2 and start[:1] == FILE_VERSION else 0
    key = _keys(settings.FIELD_KEYS).get(start[2:header_end].decode(errors="replace"))
    if not header_end or key is None or len(start) < header_end + SALT:
        raise Undecryptable(f"{place}: no key of FIELD_KEYS fits")
    return _file_key(key, start[header_end : header_end + SALT], place), header_end + SALT


def _file_key(key: bytes, salt: bytes, place: str) -> FileKey:
    return FileKey(HKDF(hashes.SHA256(), 32, salt=salt, info=b"file").derive(key), b"file:" + place.encode())


def blind_index(value: str, purpose: str) -> str:
    """A keyed digest by which an encrypted value can be looked up; carries its key's id."""
    key_id, key = next(iter(_keys(settings.FIELD_KEYS).items()))
    return _index(key_id, key, value, purpose)


def _index(key_id: str, key: bytes, value: str, purpose: str) -> str:
    digest = hmac.new(_derive(key, "index:" + purpose), value.encode(), hashlib.sha256)
    return f"{key_id}:{digest.hexdigest()}"


def blind_indexes(value: str, purpose: str) -> list[str]:
    """The index under every key of FIELD_KEYS, newest first: while keys are exchanged, rows lie under several."""
    return [_index(key_id, key, value, purpose) for key_id, key in _keys(settings.FIELD_KEYS).items()]


def newest_key() -> str:
    """The id of the key that encrypts."""
    return next(iter(_keys(settings.FIELD_KEYS)))


def is_single_key() -> bool:
    return len(_keys(settings.FIELD_KEYS)) == 1


def newest_header() -> bytes:
    """How every value begins that the newest key encrypted."""
    return VERSION + _told(newest_key())


def newest_file_header() -> bytes:
    return FILE_VERSION + _told(newest_key())


def _told(key_id: str) -> bytes:
    return bytes([len(key_id)]) + key_id.encode()


def key_marks() -> dict[str, str]:
    """Of each key of FIELD_KEYS its id, and a digest by which it can be told from another of the same id."""
    return {name: _derive(key, "mark").hex()[:16] for name, key in _keys(settings.FIELD_KEYS).items()}


def check_keys(text: str) -> None:
    """Raises ImproperlyConfigured with what is wrong with a FIELD_KEYS text."""
    _keys(text)


@lru_cache(maxsize=8)
def _keys(text: str) -> dict[str, bytes]:
    keys = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, digits = pair.partition(":")
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            key = b""
        if not key_id or len(key_id) > 20 or len(key) != 32:
            raise ImproperlyConfigured("FIELD_KEYS: each entry is an id, a colon and 64 hexadecimal digits")
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS holds no key")
    return keys


@lru_cache(maxsize=64)
def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(key)


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(_derive(key, "data"))
