"""How often the API may be called, counted by the minute: exact over all processes, in one statement.

The rows lie in the database and not in the cache, because the default cache cannot count without losing. They are
worth nothing after a crash, so nothing waits for the disk: the table is unlogged on PostgreSQL, and SQLite is told
not to sync after this one statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from base import clock
from controls.addresses import address_of
from controls.models import RateWindow

MINUTE = 60
COUNT = """
    INSERT INTO controls_ratewindow (key, minute, count) VALUES {rows}
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN controls_ratewindow.minute = excluded.minute THEN controls_ratewindow.count + 1 ELSE 1 END,
        minute = excluded.minute
    RETURNING key, count
"""


class Limited(BaseThrottle):
    """Whoever calls, and the address they call from."""

    left = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        actor = request._request.actor  # type: ignore[attr-defined]
        limits = {actor.label: settings.API_PER_MINUTE}
        limits[_address(request)] = settings.API_ADDRESS_PER_MINUTE
        self.left = seconds_to_wait(limits)
        return not self.left

    def wait(self) -> float:
        return self.left


def wait_after_refusal(request: Request) -> int:
    """A refused key counts for its address, so that nobody tries keys all day. Seconds to wait, 0 for none."""
    return seconds_to_wait({f"refused:{_address(request)}": settings.API_REFUSED_PER_MINUTE})


def seconds_to_wait(limits: dict[str, int]) -> int:
    """Counts one call for each key; how long to wait if one is beyond its limit."""
    now = clock.now().timestamp()
    counts = _count(sorted(limits), int(now // MINUTE))
    return max(1, int(MINUTE - now % MINUTE)) if any(counts[key] > limits[key] for key in limits) else 0


def forget() -> int:
    """Windows that are over; how many went."""
    gone, _each = RateWindow.objects.filter(minute__lt=clock.now().timestamp() // MINUTE - 10).delete()
    return gone


def _address(request: Request) -> str:
    return f"address:{address_of(request._request)}"


def _count(keys: list[str], minute: int) -> dict[str, int]:
    """In the order of the keys: two that count the same rows must not wait for each other."""
    values = [value for key in keys for value in (key, minute)]
    with _without_sync(), connection.cursor() as cursor:
        cursor.execute(COUNT.format(rows=", ".join(["(%s, %s, 1)"] * len(keys))), values)
        return dict(cursor.fetchall())


@contextmanager
def _without_sync() -> Iterator[None]:
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            cursor.execute("PRAGMA synchronous=FULL")
