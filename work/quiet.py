"""When a person is told by mail: data in, data out."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY = {"at_once": timedelta(0), "hourly": timedelta(hours=1), "daily": timedelta(days=1)}


@dataclass(frozen=True)
class Wish:
    """How somebody wants mail: `cadence` as stored, quiet hours on the clock of their zone."""

    cadence: str
    zone: str
    quiet_from: time | None = None
    quiet_to: time | None = None


def is_quiet(wish: Wish, now: datetime) -> bool:
    """Quiet hours may pass midnight: from 20:00 to 07:00."""
    if wish.quiet_from is None or wish.quiet_to is None:
        return False
    at = now.astimezone(ZoneInfo(wish.zone)).time().replace(tzinfo=None)
    if wish.quiet_from < wish.quiet_to:
        return wish.quiet_from <= at < wish.quiet_to
    return at >= wish.quiet_from or at < wish.quiet_to


def is_due(wish: Wish, last: datetime | None, now: datetime) -> bool:
    """Whether what waits to be told goes out now. What came in quiet hours goes when they end."""
    every = EVERY.get(wish.cadence)
    if every is None or is_quiet(wish, now):
        return False
    return last is None or now - last >= every
