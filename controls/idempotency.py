"""The same request twice gives the same answer once: the answer is kept in the very transaction of its action."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from base import clock
from base.canonical import canonical
from base.errors import Invalid, RuleError
from controls import unit
from controls.actor import Actor
from controls.models import IdempotentAnswer

KEPT = timedelta(hours=48)
LONGEST_KEY = 200


class StillRunning(RuleError):
    """The first request with this key has not ended yet."""

    status = 409
    code = "still_running"
    retry_after = 1


@dataclass(frozen=True)
class Answer:
    """What goes back, ready to send; `kept` is what may be told again (a key that is shown once is not)."""

    status: int
    body: str
    location: str = ""
    kept: str | None = None
    replayed: bool = False


def told(key: str | None, digest: str, by: Actor) -> Answer | None:
    """What was answered before under this key, whatever has become of the record since."""
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Invalid(_("1 to 200 visible ASCII characters."), field="Idempotency-Key")
    stored = IdempotentAnswer.objects.filter(client=by.label, key=key).first()
    return None if stored is None else _again(stored, digest)


def once(key: str | None, digest: str, by: Actor, work: Callable[[], Answer]) -> Answer:
    """Runs work in one transaction; under a key, only if it was not done before."""
    answer: Answer = unit.outermost(work if key is None else lambda: _once(key, digest, by, work))
    return answer


def _once(key: str, digest: str, by: Actor, work: Callable[[], Answer]) -> Answer:
    _alone(f"{by.label} {key}")
    row = IdempotentAnswer(client=by.label, key=key, digest=digest)
    IdempotentAnswer.objects.bulk_create([row], ignore_conflicts=True)
    stored = IdempotentAnswer.objects.get(client=by.label, key=key)
    if stored.pk != row.pk:
        return _again(stored, digest)
    answer = work()
    row.answer = {"body": answer.body if answer.kept is None else answer.kept, "location": answer.location}
    row.status = answer.status
    row.save(update_fields=["answer", "status"])
    return answer


def _again(stored: IdempotentAnswer, digest: str) -> Answer:
    if stored.digest != digest:
        raise Invalid(_("This key was used with another request."), code="key_reused", field="Idempotency-Key")
    return Answer(stored.status, replayed=True, **stored.answer)


def _alone(name: str) -> None:
    """On PostgreSQL a second request is told at once that the first still runs; on SQLite, where writers are alone
    anyway, it waits for the first and gets its answer."""
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise StillRunning(_("The first request with this key is still running."))


def digest_of(method: str, path: str, data: Any, files: dict[str, list[Any]]) -> str:
    """SHA-256 over what was asked: the meaning of JSON, and the bytes of every part."""
    parts = {name: [_part(file) for file in found] for name, found in files.items()}
    said = canonical({"method": method, "path": path, "data": data, "files": parts})
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _part(file: Any) -> list[str]:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return [str(file.name), str(file.content_type), digest.hexdigest()]


def forget() -> int:
    """Answers older than two days are no longer told; how many went."""
    gone, _each = IdempotentAnswer.objects.filter(at__lt=clock.now() - KEPT).delete()
    return gone
