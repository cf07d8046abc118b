"""What the installation does for itself, of no app in particular."""

from datetime import datetime, timedelta

from celery import shared_task
from django.core.cache import cache

from base import clock

BEAT_KEPT = timedelta(days=1)


@shared_task(runs_on="pulse")  # type: ignore[untyped-decorator]
def heartbeat() -> None:
    """Notes that beat sends and a worker does: /readyz tells how long ago that was."""
    cache.set("heartbeat", clock.now(), BEAT_KEPT.total_seconds())


def last_heartbeat() -> datetime | None:
    found: datetime | None = cache.get("heartbeat")
    return found
