"""The log of erasures: who was erased, by id alone, in a file outside the database and its backups. A restored backup
knows again whom it should not; the log says whom to erase anew before anybody may sign in."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from base.errors import WrongState


@dataclass(frozen=True)
class Line:
    model: str
    person: UUID


def note(model: str, person: UUID, certificate: Any) -> None:
    """On disk before it is taken for done. It begins a line of its own, whatever a crash left before it."""
    said = {"at": certificate.at.isoformat(), "model": model, "person": str(person), "digest": certificate.digest}
    path = Path(settings.ERASURE_LOG)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, f"\n{json.dumps(said, sort_keys=True)}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def lines() -> Iterator[Line]:
    """Each person once. A line that a crash cut short was never taken for done; its erasure is noted again."""
    path, seen = Path(settings.ERASURE_LOG), set()
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            said = json.loads(text)
            line = Line(said["model"], UUID(said["person"]))
        except (ValueError, KeyError, TypeError):
            continue
        if line not in seen:
            seen.add(line)
            yield line


def refuse_without(erased: list[Line]) -> None:
    """A log that does not know whom the backup itself knows to be erased is not the log of this installation."""
    if lacking := set(erased) - set(lines()):
        text = _("ERASURE_LOG (%(path)s) lacks %(count)s erasures that the backup knows of: put the log in place.")
        raise WrongState(text % {"path": settings.ERASURE_LOG, "count": len(lacking)})
