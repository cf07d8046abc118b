"""Files of the KYC slice: written through the storage (which encrypts), under random names that say nothing."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


@dataclass(frozen=True)
class Kept:
    """A file that lies in the storage."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class KeptPage(Kept):
    """A picture rebuilt from pixels that lies in the storage."""

    content_type: str
    width: int
    height: int


def keep(data: bytes, ending: str = "bin") -> Kept:
    name = uuid4().hex
    file = default_storage.save(f"kyc/{name[:2]}/{name}.{ending}", ContentFile(data))
    return Kept(file, sha256(data).hexdigest(), len(data))


def read(file: str) -> bytes:
    with default_storage.open(file) as opened:
        return bytes(opened.read())


def drop(*kept: Kept) -> None:
    """Takes back files whose rows were never written."""
    for each in kept:
        default_storage.delete(each.file)
