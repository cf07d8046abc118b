"""From the first word of an applicant until everything is handed in."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid
from controls.actions import action
from controls.actor import Actor
from controls.models import LegalEntity
from kyc import telling, wanted
from kyc.actions.checks import to_the_desk_when_checked
from kyc.actions.inputs import inputs
from kyc.actions.uploads import collecting
from kyc.models import Application, Check, Customer, Decision
from kyc.models.applications import APPROVED, OPEN, PATIENCE
from kyc.models.customers import number_index
from kyc.typed import LONGEST_ADDRESS, LONGEST_NAME, LONGEST_NUMBER, birth_date_of, country, text


@action("kyc.open_application")
def open_application(*, by: Actor, reference: str, entity: LegalEntity | None = None, **details: Any) -> Application:
    """Somebody wants an account, or wants it again after an application that ended without approval. Details:
    given_names, family_name, birth_date, residence, nationality, document_number, address. The company need not be
    named where there is only one."""
    entity = entity or _the_only_company()
    reference = text(reference, "reference", 64)
    known = Customer.objects.visible_to(by).filter(entity=entity, reference=reference).first()
    customer = (
        restate_customer(known, by=by, **details)
        if known
        else add_customer(by=by, entity=entity, reference=reference, **details)
    )
    now = clock.now()
    return Application.all_unrestricted.create(
        customer=customer,
        entity=entity,
        opened_by=by.label,
        opened_at=now,
        waiting_since=now,
        expires_at=now + PATIENCE,
    )


def _the_only_company() -> LegalEntity:
    companies: list[LegalEntity] = list(LegalEntity.all_unrestricted.all()[:2])
    if len(companies) != 1:
        raise Invalid(_("Say which company of the group they apply to."), field="entity")
    return companies[0]


@action("kyc.open_application")
def add_customer(*, by: Actor, entity: LegalEntity, reference: str, **details: Any) -> Customer:
    """Two programs, or one twice at once, may send the same reference: the database lets one of them in."""
    reference = text(reference, "reference", 64)
    words = _stated(entity, **details)
    try:
        with transaction.atomic():
            return Customer.all_unrestricted.create(entity=entity, reference=reference, opened_by=by.label, **words)
    except IntegrityError as taken:
        why = _("A customer with this reference exists already.")
        raise Invalid(why, field="reference", code="exists") from taken


@action("kyc.open_application")
def restate_customer(customer: Customer, *, by: Actor, **details: Any) -> Customer:
    """They apply again: what they say of themselves now takes the place of what they said. Asked under the lock of
    the customer, so that of two at once the second finds the application of the first."""
    former = set(customer.applications.values_list("status", flat=True))
    if former & set(APPROVED):
        raise Invalid(_("This customer was approved already."), field="reference", code="approved_already")
    if former & set(OPEN):
        raise Invalid(_("This customer has an open application."), field="reference", code="application_open")
    for name, value in _stated(customer.entity, **details).items():
        setattr(customer, name, value)
    customer.save()
    return customer


def _stated(
    entity: LegalEntity,
    *,
    given_names: str,
    family_name: str,
    birth_date: date,
    residence: str,
    nationality: str,
    document_number: str = "",
    address: str = "",
) -> dict[str, Any]:
    return {
        "given_names": text(given_names, "given_names", LONGEST_NAME, needed=False),
        "family_name": text(family_name, "family_name", LONGEST_NAME),
        "birth_date": birth_date_of(birth_date, clock.today(entity.zone)),
        "residence": country(residence, "residence"),
        "nationality": country(nationality, "nationality"),
        "address": text(address, "address", LONGEST_ADDRESS, needed=False),
        "document_number": text(document_number, "document_number", LONGEST_NUMBER, needed=False),
        "document_number_index": number_index(document_number),
    }


@action("kyc.submit", when=collecting)
def submit(application: Application, *, by: Actor) -> Application:
    """Everything is there: the workers take over. A check whose input did not change keeps its result."""
    lacking = missing(application)
    if lacking:
        names = ", ".join(f"{kind} ({side})" for kind, side in lacking)
        raise Invalid(_("Still missing: %(pictures)s.") % {"pictures": names}, field="documents", code="incomplete")
    now = clock.now()
    telling.moved(application, Application.Status.AWAITING_CHECKS)
    application.submitted_at = now
    application.waiting_since = now
    application.round += 1
    application.save()
    _renew_checks(application)
    to_the_desk_when_checked(application)
    return application


def _open(application: Application, by: Actor) -> str | None:
    if application.may_move_to(Application.Status.WITHDRAWN):
        return None
    return _("This application is %(status)s.") % {"status": application.get_status_display()}


@action("kyc.withdraw", when=_open)
def withdraw(application: Application, *, by: Actor, reason: str = "") -> Application:
    """The applicant no longer wants it. Whoever is on it loses the claim."""
    return _end(application, Application.Status.WITHDRAWN)


def _past_patience(application: Application, by: Actor) -> str | None:
    if not application.may_move_to(Application.Status.EXPIRED):
        return _("This application is %(status)s.") % {"status": application.get_status_display()}
    return None if application.expires_at <= clock.now() else _("The applicant still has time.")


@action("kyc.expire", when=_past_patience)
def expire_application(application: Application, *, by: Actor) -> Application:
    return _end(application, Application.Status.EXPIRED)


def _end(application: Application, status: str) -> Application:
    telling.moved(application, status)
    application.claimed_by = application.claimed_until = None
    application.decided_at = clock.now()
    application.save()
    return application


# --- what is needed ----------------------------------------------------------------------------------------------


def missing(application: Application) -> list[wanted.Slot]:
    """What the applicant still has to hand in. A picture is fresh when it came after a reviewer asked for it, and is
    none of those that were there before."""
    found = application.documents.values_list("kind", "side", "uploaded_at", "replaced_at", "original_sha256")
    asked = application.decisions.filter(kind=Decision.Kind.ASK).order_by("at").last()
    there = {(kind, side) for kind, side, _at, replaced_at, _sha256 in found if replaced_at is None}
    if asked is None:
        return wanted.missing(there)
    before = {sha256 for _kind, _side, at, _replaced_at, sha256 in found if at <= asked.at}
    fresh = {(kind, side) for kind, side, _at, replaced_at, sha256 in found if not replaced_at and sha256 not in before}
    return wanted.missing(there, [(slot["kind"], slot["side"]) for slot in asked.wanted], fresh)


def _renew_checks(application: Application) -> None:
    """One current check a kind: those with the same input stay, the others wait to be computed."""
    current = {check.kind: check for check in application.checks.current()}
    for kind, digest in inputs(application).items():
        before = current.get(kind)
        if before and before.input_hash == digest and before.outcome != Check.Outcome.ERROR:
            continue
        if before:
            before.replaced_at = clock.now()
            before.save(update_fields=["replaced_at"])
        Check.all_unrestricted.create(application=application, kind=kind, input_hash=digest)
