"""What KYC keeps about a customer, until when they were one, and what they may be given of it."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from base import registry
from controls import triggers
from kyc.actions.erasing import empty_customer, hold_still
from kyc.guidance import guidance
from kyc.models import Application, Check, Customer, Decision, Document, Picture
from kyc.models.applications import APPROVED, OPEN

LASTS = (*OPEN, *APPROVED)


def certified(*columns: str, of: str) -> triggers.Erased:
    """Columns that may be emptied where a certificate stands for the customer of the application `of`."""
    of_them = "privacy_certificate c JOIN kyc_application a ON a.customer_id = c.person"
    whose = f"c.model = 'kyc.customer' AND a.id = {of}"
    return triggers.Erased(columns, f"EXISTS (SELECT 1 FROM {of_them} WHERE {whose})")  # noqa: S608 - names of ours


def _kept(person: str) -> registry.Kept | None:
    customer = Customer.all_unrestricted.select_related("entity").filter(pk=person).first()
    if customer is None:
        return None
    applications = list(Application.all_unrestricted.filter(customer=customer))
    documents = list(Document.all_unrestricted.filter(application__customer=customer))
    pictures = list(Picture.all_unrestricted.filter(document__application__customer=customer))
    checks = Check.all_unrestricted.filter(application__customer=customer)
    decisions = Decision.all_unrestricted.filter(application__customer=customer)
    rows = [customer, *applications, *documents, *pictures, *checks, *decisions]
    zone = ZoneInfo(customer.entity.zone)
    days = [(one.decided_at or one.waiting_since).astimezone(zone).date() for one in applications]
    lasts = not applications or any(one.status in LASTS for one in applications)
    return registry.Kept(
        country=customer.entity.country,
        ended_on=None if lasts else max(days),
        rows=[(row._meta.label_lower, str(row.pk)) for row in rows],
        files=[*(str(one.original_file or "") for one in documents), *(str(one.file or "") for one in pictures)],
        words=[customer.reference, customer.given_names, customer.family_name, customer.document_number],
    )


def _ended() -> Iterable[str]:
    own = Application.all_unrestricted.filter(customer=OuterRef("pk"))
    rows = Customer.all_unrestricted.filter(Exists(own), ~Exists(own.filter(status__in=LASTS)), erased_at=None)
    return map(str, rows.order_by("pk").values_list("pk", flat=True).iterator())


def _known_as(persons: Iterable[str]) -> dict[str, str]:
    found = Customer.all_unrestricted.filter(pk__in=persons, erased_at=None)
    return {str(key): reference for key, reference in found.values_list("pk", "reference")}


# --- what they may be given -------------------------------------------------------------------------------------


def _tells(person: str) -> dict[str, Any]:
    """Their own words and pictures, and what they were told. No risk, no check, no reviewer, no reason but in the words
    for applicants: anything else could tip off."""
    customer = Customer.all_unrestricted.get(pk=person)
    stated = ("reference", "given_names", "family_name", "birth_date", "address", "residence", "nationality")
    return {
        "customer": {name: getattr(customer, name) for name in (*stated, "document_number", "opened_at")},
        "applications": [
            _application(one) for one in Application.all_unrestricted.filter(customer=customer).order_by("opened_at")
        ],
    }


def _application(application: Application) -> dict[str, Any]:
    told = guidance(application)
    documents = Document.all_unrestricted.filter(application=application).order_by("uploaded_at")
    return {
        "opened_at": application.opened_at,
        "handed_in_at": application.submitted_at,
        "state": told["status"],
        "told": told["text"],
        "documents": [
            {
                "kind": one.kind,
                "side": one.side,
                "uploaded_at": one.uploaded_at,
                "name": one.original_name,
                "type": one.original_type,
                "size": one.original_size,
                "sha256": one.original_sha256,
            }
            for one in documents
        ],
    }


CUSTOMERS = registry.Keeping(
    "kyc.customer",
    "kyc",
    _kept,
    empty_customer,
    _tells,
    ended=_ended,
    known_as=_known_as,
    lock=hold_still,
)
