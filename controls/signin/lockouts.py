"""Counts attempts before they are tried, so that guesses sent at once do not slip through together."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Exists
from django.utils.translation import gettext as _

from base import clock
from base.crypto import blind_indexes, newest_key
from base.errors import RuleError
from controls.models.lockouts import LockOut

Kind = LockOut.Kind
WINDOW = timedelta(minutes=15)
# Of an address more are heard than of a person: a whole office may come from one.
LIMITS = {Kind.PERSON: 10, Kind.CODES: 10, Kind.ADDRESS: 100}
FORGOTTEN_AFTER = timedelta(days=1)


class LockedOut(RuleError):
    """Too many attempts; said the same of people who exist and of those who do not."""

    status = 429
    code = "locked_out"


def count(kind: LockOut.Kind, key: str, subject: str = "") -> None:
    """Notes an attempt that is about to be made. Raises LockedOut when nobody listens any more."""
    with transaction.atomic():
        row, now = _row(kind, key, subject), clock.now()
        if row.is_in_force():
            locked = True
        else:
            locked = False
            row.attempts = 1 if row.locked_until or now - row.last_at > WINDOW else row.attempts + 1
            row.locked_until = now + WINDOW if row.attempts >= LIMITS[kind] else None
            row.last_at = now
            row.save(update_fields=["attempts", "last_at", "locked_until"])
    if locked:
        raise LockedOut(_("Too many attempts. Wait a quarter of an hour and try again."))


def succeeded(kind: LockOut.Kind, key: str) -> None:
    """A person's count starts anew. An address only gets this attempt back: whoever guesses at others' passwords
    must not clear the count by signing in as themselves."""
    with transaction.atomic():
        row = _row(kind, key)
        row.attempts = max(row.attempts - 1, 0) if kind == Kind.ADDRESS else 0
        row.locked_until = None
        row.save(update_fields=["attempts", "locked_until"])


def _row(kind: LockOut.Kind, key: str, subject: str = "") -> LockOut:
    index, *former = blind_indexes(f"{kind}:{key}", "lockout")
    if former:  # a count goes on when keys are exchanged
        LockOut.all_unrestricted.filter(index__in=former).exclude(Exists(_under(index))).update(index=index)
    row: LockOut
    row, made = (
        _under(index).select_for_update().get_or_create(index=index, defaults={"kind": kind, "subject": subject})
    )
    if made:
        LockOut.all_unrestricted.filter(last_at__lt=clock.now() - FORGOTTEN_AFTER).delete()
    return row


def _under(index: str) -> models.QuerySet[LockOut]:
    found: models.QuerySet[LockOut] = LockOut.all_unrestricted.filter(index=index)
    return found


def forget_former_indexes() -> int:
    """Counts under a former key whose time is over say nothing any more; how many still say something."""
    former = LockOut.all_unrestricted.exclude(index__startswith=f"{newest_key()}:")
    over = former.filter(last_at__lt=clock.now() - WINDOW).exclude(locked_until__gt=clock.now())
    over.delete()
    return int(former.count())
