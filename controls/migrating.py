"""Guards around migrations: receivers of pre_migrate and post_migrate."""

from typing import Any

from django.conf import settings
from django.db import connections

from controls import triggers


def before(using: str, plan: list[Any], **kwargs: Any) -> None:
    if plan:
        _wait_at_most(using, f"{settings.MIGRATION_LOCK_SECONDS}s")
        triggers.step_aside(using)


def after(using: str, **kwargs: Any) -> None:
    _wait_at_most(using, "")
    triggers.install(using)


def _wait_at_most(using: str, time: str) -> None:
    """A change of a table that waits for a long reader makes everybody wait behind it. It gives up instead, nothing is
    changed, and `migrate` is run again."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = %s" if time else "RESET lock_timeout", [time] if time else [])
