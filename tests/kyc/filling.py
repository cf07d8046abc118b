"""Many applications at once, past the actions for speed; each row is one that the actions could have made."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from base import clock
from controls.models import LegalEntity, Person
from kyc.models import Application, Customer
from kyc.models.applications import Band, Status
from kyc.models.customers import number_index

COUNTRIES = ("LT", "DE", "FR", "VE", "PL")
REASONS = [{"code": "lives_abroad", "points": 5, "about": "LT, DE"}]

# Of twenty: most wait for a review, some for a second person, the others are elsewhere.
STATES = (
    *((Status.AWAITING_REVIEW, band) for band in (Band.LOW, Band.LOW, Band.MEDIUM, Band.HIGH) * 3),
    *((Status.AWAITING_SECOND, Band.HIGH) for _each in range(2)),
    (Status.AWAITING_CHECKS, ""),
    (Status.AWAITING_SCREENING, Band.LOW),
    (Status.AWAITING_SCREENING, Band.MEDIUM),
    (Status.REJECTED, Band.PROHIBITED),
    (Status.REJECTED, Band.HIGH),
    (Status.COLLECTING, ""),
)


def fill(count: int, entity: LegalEntity, first: Person, start: int = 0) -> None:
    """`count` customers with one application each; `first` approved those that wait for a second person or later."""
    for begin in range(start, start + count, 2_000):
        numbers = range(begin, min(begin + 2_000, start + count))
        customers = [_customer(number, entity) for number in numbers]
        Customer.all_unrestricted.bulk_create(customers, batch_size=500)
        rows = [_application(number, one, first) for number, one in zip(numbers, customers, strict=True)]
        Application.all_unrestricted.bulk_create(rows, batch_size=500)


def _customer(number: int, entity: LegalEntity) -> Customer:
    document = f"D{number:08}"
    return Customer(
        entity=entity,
        reference=f"FILL-{number:07}",
        given_names="Ana Maria",
        family_name=f"Example {number}",
        birth_date=date(1990, 8, 12),
        address="Made-up street 1, Vilnius",
        residence=COUNTRIES[number % len(COUNTRIES)],
        nationality="LT",
        document_number=document,
        document_number_index=number_index(document),
        opened_by="client:filled",
        opened_at=_at(number),
    )


def _application(number: int, customer: Customer, first: Person) -> Application:
    status, band = STATES[number % len(STATES)]
    at = _at(number)
    more: dict[str, Any] = {}
    if status in (Status.AWAITING_SECOND, Status.AWAITING_SCREENING):
        more["approved_by"] = first
    if status != Status.COLLECTING:
        more["submitted_at"] = at
    return Application(
        customer=customer,
        entity_id=customer.entity_id,
        status=status,
        opened_by=customer.opened_by,
        opened_at=at,
        expires_at=at + timedelta(days=400),
        waiting_since=at,
        round=0 if status == Status.COLLECTING else 1,
        risk_band=band,
        risk_points=number % 100 if band else 0,
        risk_reasons=REASONS if band else [],
        **more,
    )


def _at(number: int) -> Any:
    """Over the last year, in no particular order."""
    return clock.now() - timedelta(minutes=(number * 7919) % 525_600)


def analyse() -> None:
    """What a database in daily use knows of its own tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def pages() -> Iterator[tuple[str, str]]:
    """The pages of the desk that show many: name and address."""
    yield "queue", "/admin/kyc/application/"
    yield "queue, all", "/admin/kyc/application/?tab=all"
    yield "queue, high risk", "/admin/kyc/application/?tab=desk&risk=high"
    yield "queue, one country by risk", "/admin/kyc/application/?tab=all&residence=DE&o=-risk"
    yield "queue, by reference", "/admin/kyc/application/?tab=all&reference=0000042"
    yield "home", "/admin/"
    yield "customers", "/admin/kyc/customer/"
