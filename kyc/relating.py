"""Customers as people who work here may be related to them: which records are about one, and what is free again when
somebody declares a relation."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from controls import leaving
from controls.actor import Actor
from controls.apart import Kind, pointing_at
from controls.models import LegalEntity
from kyc import actions
from kyc.models import Application, Check, Customer, Decision, Document, Picture
from kyc.models.applications import OPEN
from kyc.models.customers import CUSTOMER
from work import telling
from work.models import Task

PUT_BACK = replace(actions.HELD, action="kyc.release_claim")


def _find(company: LegalEntity, reference: str) -> UUID | None:
    found: UUID | None = (
        Customer.all_unrestricted.filter(entity=company, reference=reference).values_list("pk", flat=True).first()
    )
    return found


def _records(keys: Collection[UUID]) -> Iterable[tuple[str, UUID]]:
    """Those that tasks, proposals and refused attempts may point at."""
    of = "application__customer__in"
    rows = (
        (Application, {"customer__in": keys}),
        (Document, {of: keys}),
        (Check, {of: keys}),
        (Decision, {of: keys}),
        (Picture, {f"document__{of}": keys}),
    )
    yield from ((CUSTOMER, key) for key in keys)
    for model, about in rows:
        for key in model.all_unrestricted.filter(**about).order_by().values_list("pk", flat=True):
            yield model._meta.label_lower, key


def _let_go(person: UUID, customer: UUID, by: Actor) -> None:
    """Every open application of theirs is waited for, claimed or not: who is just taking it on is seen here, or sees
    the relation once it is theirs to read."""
    rows = Application.all_unrestricted.filter(customer=customer, status__in=OPEN).order_by("pk")
    for application in rows.select_for_update(no_key=True, of=("self",)):
        if application.claimed_by_id == person:
            leaving.end(application, PUT_BACK, by)
    tasks = Task.all_unrestricted.open().filter(pointing_at(_records([customer])), owner=person)
    for task in tasks.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        leaving.end(task, telling.HELD, by)


CUSTOMERS = Kind(
    label=CUSTOMER,
    title=_("customer"),
    permission="kyc.view_all_applications",
    find=_find,
    of={
        CUSTOMER: lambda customer: customer.pk,
        "kyc.application": lambda application: application.customer_id,
        "kyc.document": lambda document: document.application.customer_id,
        "kyc.check": lambda check: check.application.customer_id,
        "kyc.decision": lambda decision: decision.application.customer_id,
        "kyc.picture": lambda picture: picture.document.application.customer_id,
    },
    records=_records,
    let_go=_let_go,
)
