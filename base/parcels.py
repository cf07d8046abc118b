"""Parcels: a stream of bytes that anybody can close and only the holder of a private key can open (X25519, HKDF,
AES-256-GCM), in the numbered pieces of base.crypto: nothing can be changed, left out, swapped or cut off unseen.

Who closed a parcel it does not say: whoever knows the public key can. What is inside must be signed.
"""

import hashlib
from typing import IO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from base.crypto import PIECE, FileKey, Undecryptable

MAGIC = b"backoffice parcel 1\n"
POINT, TOLD, TAG = 32, 16, 16
HEADER = len(MAGIC) + POINT + TOLD


class NotOurs(Exception):
    """No parcel, or one that was closed for another key."""


class Damaged(Exception):
    """Bytes of the parcel were changed, swapped, left out or cut off."""


def new_private_key() -> str:
    return X25519PrivateKey.generate().private_bytes_raw().hex()


def public_of(private: str) -> str:
    return _private(private).public_key().public_bytes_raw().hex()


def usable(public: str) -> bool:
    try:
        return len(bytes.fromhex(public)) == POINT
    except ValueError:
        return False


class Closing:
    """Write into it, then `finish`. Without that the parcel has no last piece and never opens."""

    def __init__(self, out: IO[bytes], public: str) -> None:
        recipient, once = bytes.fromhex(public), X25519PrivateKey.generate()
        point = once.public_key().public_bytes_raw()
        header = MAGIC + point + _told(recipient)
        shared = once.exchange(X25519PublicKey.from_public_bytes(recipient))
        self.out, self.key = out, _key(shared, point, recipient, header)
        self.number, self.waiting = 0, bytearray()
        out.write(header)

    def write(self, data: bytes) -> int:
        self.waiting += data
        while len(self.waiting) > PIECE:
            self.out.write(self.key.seal(self.number, bytes(self.waiting[:PIECE]), last=False))
            self.number += 1
            del self.waiting[:PIECE]
        return len(data)

    def finish(self) -> None:
        self.out.write(self.key.seal(self.number, bytes(self.waiting), last=True))


class Opening:
    """Reads a parcel from its beginning to its end, one piece in memory. Each piece is proven before a byte of it is
    handed out; that nothing was cut off is known when `read` has come to the end."""

    def __init__(self, sealed: IO[bytes], private: str) -> None:
        header, secret = sealed.read(HEADER), _private(private)
        recipient = secret.public_key().public_bytes_raw()
        if len(header) < HEADER or not header.startswith(MAGIC):
            raise NotOurs("this is no archive of the back office")
        if header[-TOLD:] != _told(recipient):
            raise NotOurs("this archive was sealed for another key")
        point = header[len(MAGIC) : -TOLD]
        try:
            shared = secret.exchange(X25519PublicKey.from_public_bytes(point))
        except ValueError as error:
            raise Damaged("the archive is damaged at its beginning") from error
        self.sealed, self.key = sealed, _key(shared, point, recipient, header)
        self.number, self.piece, self.ahead, self.over = 0, b"", sealed.read(PIECE + TAG), False

    def read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size and (self.piece or self._next()):
            part = self.piece[: size - len(found)]
            self.piece = self.piece[len(part) :]
            found += part
        return bytes(found)

    def _next(self) -> bool:
        if self.over:
            return False
        sealed, self.ahead = self.ahead, self.sealed.read(PIECE + TAG)
        self.over = not self.ahead
        try:
            self.piece = self.key.open(self.number, sealed, last=self.over)
        except (Undecryptable, ValueError) as error:
            place = self.number * (PIECE + TAG) + HEADER
            raise Damaged(
                f"the archive is damaged or cut: the piece at byte {place} is not what was written"
            ) from error
        self.number += 1
        return bool(self.piece)


def _private(text: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip()))


def _told(recipient: bytes) -> bytes:
    """By it a parcel says whom it is for."""
    return hashlib.sha256(b"parcel for " + recipient).digest()[:TOLD]


def _key(shared: bytes, point: bytes, recipient: bytes, header: bytes) -> FileKey:
    key = HKDF(hashes.SHA256(), 32, salt=point + recipient, info=b"parcel").derive(shared)
    return FileKey(key, header)
