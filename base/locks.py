"""Locks that belong to no row."""

import zlib

from django.db import connection


def only_one(name: str) -> None:
    """Waits until no other transaction holds `name`, then holds it until commit. SQLite's IMMEDIATE transactions
    are alone anyway."""
    assert connection.in_atomic_block, "a lock needs a transaction"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(name.encode())])
