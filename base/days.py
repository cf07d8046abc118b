"""Days as the reader counts them: from midnight to midnight in the zone the page is shown in, else in UTC."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from base import clock

FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)  # days beyond have no beginning in some zone, or no day after


def day_of(text: str) -> date | None:
    """A day as an address writes it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


def begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def counted(rows: Any, field: str, days: int) -> list[tuple[date, int]]:
    """How many rows fall on each of the last days, the oldest first: grouped by the database, whole days only."""
    today = timezone.localdate(clock.now())
    wanted = [today - timedelta(days=back) for back in reversed(range(days))]
    recent = rows.filter(**{f"{field}__gte": begin(wanted[0])}).order_by()
    grouped = recent.annotate(day=TruncDate(field)).values("day").annotate(count=Count("pk"))
    found = dict(grouped.values_list("day", "count"))
    return [(day, found.get(day, 0)) for day in wanted]
