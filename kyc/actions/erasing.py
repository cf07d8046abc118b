"""A customer is emptied in place: rows that evidence refers to stay, what they say about a person does not. Called by
the erasure of app privacy, in its transaction, with its certificate."""

from base import clock
from kyc import telling
from kyc.models import Application, Check, Customer, Decision, Document, Picture
from kyc.models.applications import Status


def hold_still(person: str) -> None:
    """Nobody applies again until commit: applications are opened under the lock of their customer."""
    list(Customer.all_unrestricted.select_for_update(no_key=True).filter(pk=person))


def empty_customer(person: str) -> None:
    customer = Customer.all_unrestricted.filter(pk=person, erased_at=None).first()
    if customer is None:
        return
    for name in ("given_names", "family_name", "address", "document_number", "document_number_index"):
        setattr(customer, name, "")
    customer.birth_date, customer.residence, customer.nationality = None, "", ""
    customer.reference, customer.erased_at = f"erased {customer.pk}", clock.now()
    customer.save()
    for application in Application.all_unrestricted.filter(customer=customer):
        _empty_application(application)


def _empty_application(application: Application) -> None:
    for document in Document.all_unrestricted.filter(application=application):
        document.original_file, document.original_name, document.verdict = None, "", {}
        document.reading, document.number_index = None, ""
        document.save()
    Picture.all_unrestricted.filter(document__application=application).update(file=None)
    Check.all_unrestricted.filter(application=application).update(scores={}, reasons=[], details=None)
    Decision.all_unrestricted.filter(application=application).update(words=None)
    application.risk_reasons = []
    if application.may_move_to(Status.WITHDRAWN):  # only out of a backup: what is due has ended
        telling.moved(application, Status.WITHDRAWN)
        application.claimed_by = application.claimed_until = None
        application.decided_at = clock.now()
    application.save()
