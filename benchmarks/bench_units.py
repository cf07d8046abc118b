"""What it costs to add up a million exact numbers, against a million plain integers of the same database."""

import os
import time
from itertools import islice
from typing import Any

ROWS = 1_000_000


def figures() -> list[dict[str, Any]]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.db import connection, transaction

    from base.exact import UnitsField, exact_sum

    sqlite = connection.vendor == "sqlite"
    field = UnitsField()
    with transaction.atomic(), connection.cursor() as cursor:
        made = f"CREATE TEMPORARY TABLE bench_units (plain bigint, units {field.db_type(connection)})"
        cursor.execute(made)
        numbers = ((n * 7919, field.get_db_prep_value(10**30 - n * 7919, connection)) for n in range(ROWS))
        while batch := list(islice(numbers, 10_000)):
            cursor.executemany("INSERT INTO bench_units VALUES (%s, %s)", batch)
        plain = _seconds(cursor, "SELECT SUM(plain) FROM bench_units")
        exact = _seconds(cursor, f"SELECT {exact_sum('units') if sqlite else 'SUM(units)'} FROM bench_units")
        cursor.execute("DROP TABLE bench_units")
    return [
        {
            "name": f"adding up {ROWS:,} exact numbers ({connection.vendor})",
            "value": round(exact, 3),
            "unit": "s",
            "reference": f"{plain:.3f} s for plain integers",
            "ratio": exact / plain,
        }
    ]


def _seconds(cursor: Any, sql: str) -> float:
    """The best of three."""
    found = []
    for _attempt in range(3):
        started = time.perf_counter()
        cursor.execute(sql)
        cursor.fetchall()
        found.append(time.perf_counter() - started)
    return min(found)
