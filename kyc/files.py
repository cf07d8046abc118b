"""Files of the KYC slice: written through the storage (which encrypts), under random names that say nothing.

A file is written before the row that names it, so that no row names a file that is not there. A process that dies in
between leaves a file without a row; a sweep removes it once no upload can still be under way.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from base import clock
from kyc.models import Document, Picture

FOLDER = "kyc"
NAMED_BY = (
    (Document, "original_file"),
    (Picture, "file"),
)  # every column, as in kyc.apps, that names a file in the folder
UNDER_WAY = timedelta(days=1)  # an upload takes seconds; a younger file may be about to get its row

log = structlog.get_logger(__name__)


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
    file = default_storage.save(f"{FOLDER}/file.{ending}", ContentFile(data))
    return Kept(file, sha256(data).hexdigest(), len(data))


def read(file: str) -> bytes:
    with default_storage.open(file) as opened:
        return bytes(opened.read())


def drop(*kept: Kept) -> None:
    """Takes back files whose rows were never written."""
    for each in kept:
        default_storage.delete(each.file)


def remove_lost() -> int:
    """Removes the files that no row names; uploads may go on meanwhile, theirs are too young. More lost files than
    others are no litter but a wrong database or bucket: then nothing is removed, and the log says so."""
    lost, named = [], 0
    for folder in _inside(FOLDER, folders=True):
        found = set(_inside(folder))
        rows = _named(found)
        named += len(rows)
        lost += [file for file in sorted(found - rows) if _settled(file)]
    if len(lost) > max(named, 1):
        log.error("lost_files_kept", count=len(lost))
        return 0
    for file in lost:
        default_storage.delete(file)
    log.info("lost_files_removed", count=len(lost))
    return len(lost)


def _inside(folder: str, *, folders: bool = False) -> Iterator[str]:
    with suppress(FileNotFoundError):  # nothing was ever stored there
        names = default_storage.listdir(folder)[0 if folders else 1]
        yield from (f"{folder}/{name}" for name in names)


def _named(found: set[str]) -> set[str]:
    rows: set[str] = set()
    for model, column in NAMED_BY:
        rows.update(model.all_unrestricted.filter(**{f"{column}__in": found}).values_list(column, flat=True))
    return rows


def _settled(file: str) -> bool:
    try:
        return default_storage.get_modified_time(file) < clock.now() - UNDER_WAY
    except FileNotFoundError:  # its upload has just taken it back
        return False
