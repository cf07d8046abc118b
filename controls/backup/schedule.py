"""Backups by the clock: into BACKUP_TO, sealed for BACKUP_PUBLIC_KEY, every BACKUP_HOURS. Which archives are kept, and
for how long, is the business of whoever owns the folder; the product deletes none."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings

from base import clock
from controls.actor import Actor
from controls.backup import taking
from controls.models import Backup


def last() -> Backup | None:
    return Backup.objects.order_by("-at").first()


def is_due() -> bool:
    before = last()
    return bool(settings.BACKUP_TO) and (before is None or clock.now() - before.at >= _every())


def is_overdue() -> bool:
    """Half an interval late: it did not work, or nobody tried. Only where backups are to be taken by the clock."""
    before = last() if settings.BACKUP_TO else None
    return bool(settings.BACKUP_TO) and (before is None or clock.now() - before.at > _every() * 1.5)


def take_when_due(*, by: Actor) -> Backup | None:
    if not is_due():
        return None
    name = f"backoffice-{clock.now():%Y%m%dT%H%M%SZ}.backup"
    return taking.take(Path(settings.BACKUP_TO) / name, settings.BACKUP_PUBLIC_KEY, by=by)


def _every() -> timedelta:
    return timedelta(hours=settings.BACKUP_HOURS)
