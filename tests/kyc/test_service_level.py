"""By when an application should be decided, as the desk and the queue show it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from base import clock
from base.calendars import Term, Unit
from controls.actor import Actor
from controls.models import LegalEntity
from kyc.models import Application
from kyc.service_level import standing
from tests.conftest import SignInAs
from tests.kyc.making import checked

TWO_DAYS = Term(2, Unit.BUSINESS_DAYS)
FRIDAY = datetime(2025, 11, 28, 9, tzinfo=UTC)


def test_a_weekend_does_not_count() -> None:
    found = standing(FRIDAY, FRIDAY + timedelta(hours=6), TWO_DAYS, "LT", "Europe/Vilnius")
    assert found.due is not None
    assert found.due.day == date(2025, 12, 2)
    assert (found.overdue, found.soon, found.badge) == (False, False, "")
    assert "holidays" in found.said


def test_each_country_has_its_own_weekend() -> None:
    """A Thursday: two business days on it is Monday in Lithuania and in Saudi Arabia, where Sunday counts."""
    thursday = FRIDAY - timedelta(days=1)
    for country, zone, day in (("LT", "Europe/Vilnius", date(2025, 12, 1)), ("SA", "Asia/Riyadh", date(2025, 12, 1))):
        found = standing(thursday, thursday, TWO_DAYS, country, zone)
        assert found.due is not None
        assert found.due.day == day
    one = standing(thursday, thursday, Term(1, Unit.BUSINESS_DAYS), "SA", "Asia/Riyadh")
    assert one.due is not None
    assert one.due.day == date(2025, 11, 30)


def test_it_is_due_soon_before_it_is_overdue() -> None:
    due = standing(FRIDAY, FRIDAY, TWO_DAYS, "LT", "Europe/Vilnius").due
    assert due is not None
    soon = standing(FRIDAY, due.at - timedelta(seconds=1), TWO_DAYS, "LT", "Europe/Vilnius")
    late = standing(FRIDAY, due.at, TWO_DAYS, "LT", "Europe/Vilnius")
    assert (soon.soon, soon.overdue) == (True, False)
    assert (late.soon, late.overdue, late.used) == (False, True, 100)


def test_a_country_without_a_calendar_says_so() -> None:
    found = standing(FRIDAY, FRIDAY, TWO_DAYS, "XX", "UTC")
    assert (found.due, found.overdue) == (None, False)
    assert "XX" in found.said


@pytest.mark.django_db
def test_the_desk_and_the_queue_show_what_is_overdue(
    client: Client, signin_as: SignInAs, entity: LegalEntity, reviewer: Actor
) -> None:
    application = checked(entity)
    signin_as(client, reviewer)
    desk = f"/admin/kyc/application/{application.pk}/desk/"
    assert "<meter" in client.get(desk).content.decode()
    assert "overdue" not in client.get("/admin/kyc/application/").content.decode()
    Application.all_unrestricted.filter(pk=application.pk).update(waiting_since=clock.now() - timedelta(days=30))
    assert "overdue" in client.get(desk).content.decode()
    assert "overdue" in client.get("/admin/kyc/application/").content.decode()
