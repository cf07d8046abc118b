"""The only clock. Everything that asks for the time asks here, so that tests can freeze it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """The present moment, in UTC."""
    return timezone.now()


def today(zone: str = "UTC") -> date:
    """The date in a zone: dates of law belong to one."""
    return now().astimezone(ZoneInfo(zone)).date()
