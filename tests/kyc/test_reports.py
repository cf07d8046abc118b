"""What the queue and the desk show, in a fixed number of queries."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from controls.actor import Actor
from controls.models import LegalEntity
from kyc import actions, reports
from kyc.models import Application, Document
from tests.kyc import making


@pytest.mark.parametrize("waiting", [1, 4])
def test_the_queue_costs_the_same_however_long(
    entity: LegalEntity, reviewer: Actor, django_assert_num_queries: DjangoAssertNumQueries, waiting: int
) -> None:
    made = [making.checked(entity) for _ in range(waiting)]
    actions.claim(made[0], by=reviewer)
    with django_assert_num_queries(1):
        rows = [(row.customer.name, row.claimed_by and row.claimed_by.name) for row in reports.queue(reviewer)]
    assert len(rows) == waiting
    assert rows[0] == ("Ana Maria Example", "Ruta Reviewer")


def test_figures_count_what_this_person_can_take(
    entity: LegalEntity, reviewer: Actor, mlro: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    making.checked(entity)
    making.awaiting_second(entity, reviewer)
    making.submitted(entity)
    with django_assert_num_queries(1):
        figures = reports.queue_figures(reviewer)
    assert (figures.claimable, figures.at_the_desk, figures.being_checked, figures.held) == (1, 2, 1, 0)
    assert reports.queue_figures(mlro).claimable == 1


def test_the_desk_costs_the_same_however_much_there_is(
    entity: LegalEntity, reviewer: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    making.checked(entity, document_number="L898902C3")
    application = making.claimed(entity, reviewer, document_number="L898902C3")
    found = Application.objects.visible_to(reviewer).select_related("customer", "claimed_by").get(pk=application.pk)
    with django_assert_num_queries(9):
        desk = reports.desk(found, reviewer)
        assert [len(document.pictures.all()) for document in desk.documents] == [1, 1]
    assert [check.kind for check in desk.checks] == ["quality", "mrz", "expiry", "agreement", "face"]
    assert len(desk.same_number) == 1
    assert desk.seen == application.seen_digest()


def test_typed_stands_beside_read_with_where_it_was_read(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.checked(entity)
    document = Document.all_unrestricted.get(application=application, kind="passport")
    document.reading = {
        "pages": [
            {
                "picture": "p1",
                "fields": {
                    "surname": {"value": "EXAMPLE", "confidence": 0.98, "source": "mrz", "box": [1, 2, 3, 4]},
                    "birth_date": {"value": "1990-08-13", "confidence": 0.93, "source": "mrz", "box": [5, 6, 7, 8]},
                },
            }
        ]
    }
    document.save()
    fields = {field.name: field for field in reports.desk(application, reviewer).fields}
    family, born = fields["family_name"], fields["birth_date"]
    assert (family.typed, family.read, family.agrees, family.picture) == ("Example", "EXAMPLE", True, "p1")
    assert (born.typed, born.agrees, born.box, born.confidence) == ("1990-08-12", False, [5, 6, 7, 8], 0.93)
    assert fields["document_number"].agrees is None


def decided(entity: LegalEntity, by: Actor, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as frozen:
        frozen.setattr(timezone, "now", lambda: at)
        making.approve(making.claimed(entity, by), by)


@pytest.mark.parametrize(
    ("zone", "today", "expected"),
    [
        ("UTC", date(2026, 3, 30), [1, 2, 1]),
        ("Europe/Vilnius", date(2026, 3, 30), [2, 2, 1]),  # summer time began on the 29th: a day of 23 hours
        ("America/New_York", date(2026, 3, 29), [1, 2, 2]),  # it is still the evening before
    ],
)
def test_decisions_are_counted_by_the_readers_days(
    entity: LegalEntity,
    reviewer: Actor,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
    zone: str,
    today: date,
    expected: list[int],
) -> None:
    for at in ("27 22:30", "28 21:59", "29 00:30", "29 20:59", "30 00:05"):
        decided(entity, reviewer, datetime.strptime(f"2026-03-{at} +0000", "%Y-%m-%d %H:%M %z"), monkeypatch)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 30, 0, 10, tzinfo=UTC))
    with timezone.override(zone), django_assert_num_queries(1):
        counted = reports.decisions_a_day(reviewer, 3)
    assert [day for day, _count in counted] == [today - timedelta(days=back) for back in (2, 1, 0)]
    assert [count for _day, count in counted] == expected
