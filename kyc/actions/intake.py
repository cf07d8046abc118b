"""From the first word of an applicant until everything is handed in."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid
from controls.actions import action
from controls.actor import Actor
from controls.models import LegalEntity
from kyc import wanted
from kyc.actions.checks import to_the_desk_when_checked
from kyc.countries import code_of
from kyc.files import Kept, KeptPage
from kyc.models import Application, Check, Customer, Decision, Document, Picture
from kyc.models.applications import PATIENCE, digest_of, words_digest
from kyc.models.customers import number_index

LONGEST_NAME, LONGEST_NUMBER, LONGEST_ADDRESS, OLDEST_YEARS = 150, 30, 500, 120


@action("kyc.open_application")
def open_application(*, by: Actor, entity: LegalEntity, reference: str, **details: Any) -> Application:
    """Somebody wants an account. Details: given_names, family_name, birth_date, residence, nationality,
    document_number, address."""
    customer = add_customer(by=by, entity=entity, reference=reference, **details)
    now = clock.now()
    return Application.all_unrestricted.create(
        customer=customer,
        entity=entity,
        opened_by=by.label,
        opened_at=now,
        waiting_since=now,
        expires_at=now + PATIENCE,
    )


@action("kyc.open_application")
def add_customer(
    *,
    by: Actor,
    entity: LegalEntity,
    reference: str,
    given_names: str,
    family_name: str,
    birth_date: date,
    residence: str,
    nationality: str,
    document_number: str = "",
    address: str = "",
) -> Customer:
    reference = _text(reference, "reference", 64)
    if Customer.all_unrestricted.filter(entity=entity, reference=reference).exists():
        raise Invalid(_("A customer with this reference exists already."), field="reference", code="exists")
    return Customer.all_unrestricted.create(
        entity=entity,
        reference=reference,
        given_names=_text(given_names, "given_names", LONGEST_NAME, needed=False),
        family_name=_text(family_name, "family_name", LONGEST_NAME),
        birth_date=_birth_date(birth_date),
        residence=_country(residence, "residence"),
        nationality=_country(nationality, "nationality"),
        address=_text(address, "address", LONGEST_ADDRESS, needed=False),
        document_number=_text(document_number, "document_number", LONGEST_NUMBER, needed=False),
        document_number_index=number_index(document_number),
        opened_by=by.label,
    )


def _collecting(application: Application, by: Actor) -> str | None:
    if application.status == Application.Status.COLLECTING:
        return None
    return _("The documents were handed in; nothing can be added now.")


@action("kyc.upload", when=_collecting)
def add_document(
    application: Application,
    *,
    by: Actor,
    kind: str,
    side: str,
    name: str,
    original: Kept,
    original_type: str,
    verdict: dict[str, Any],
    pages: Sequence[KeptPage],
) -> Document:
    """One upload, whose files lie in the storage already. The same bytes again are the same document; others
    replace what was there. An application stands on one identity document at a time."""
    check_slot(kind, side)
    current = application.documents.current()
    same: Document | None = current.filter(kind=kind, side=side, original_sha256=original.sha256).first()
    if same:
        return same
    now = clock.now()
    replaced = current.filter(kind=kind, side=side)
    if kind != Document.Kind.SELFIE:
        replaced = replaced | current.of_identity().exclude(kind=kind)
    replaced.update(replaced_at=now)
    document = Document.all_unrestricted.create(
        application=application,
        kind=kind,
        side=side,
        uploaded_at=now,
        uploaded_by=by.label,
        original_name=name[:200],
        original_file=original.file,
        original_sha256=original.sha256,
        original_size=original.size,
        original_type=original_type,
        verdict=verdict,
    )
    Picture.all_unrestricted.bulk_create(
        Picture(
            document=document,
            page=number,
            file=page.file,
            sha256=page.sha256,
            content_type=page.content_type,
            width=page.width,
            height=page.height,
        )
        for number, page in enumerate(pages, start=1)
    )
    return document


@action("kyc.submit", when=_collecting)
def submit(application: Application, *, by: Actor) -> Application:
    """Everything is there: the workers take over. A check whose input did not change keeps its result."""
    lacking = missing(application)
    if lacking:
        names = ", ".join(f"{kind} ({side})" for kind, side in lacking)
        raise Invalid(_("Still missing: %(pictures)s.") % {"pictures": names}, field="documents")
    now = clock.now()
    application.move_to(Application.Status.AWAITING_CHECKS)
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
    application.move_to(status)
    application.claimed_by = application.claimed_until = None
    application.decided_at = clock.now()
    application.save()
    return application


# --- what is needed ----------------------------------------------------------------------------------------------


def missing(application: Application) -> list[wanted.Slot]:
    """What the applicant still has to hand in, those pictures first that a reviewer asked for again."""
    documents = list(application.documents.current())
    asked = application.decisions.filter(kind=Decision.Kind.ASK).order_by("at").last()
    return wanted.missing(
        {(document.kind, document.side) for document in documents},
        [(slot["kind"], slot["side"]) for slot in asked.wanted] if asked else (),
        {(document.kind, document.side) for document in documents if asked and document.uploaded_at > asked.at},
    )


def check_slot(kind: str, side: str) -> None:
    if kind not in wanted.SIDES:
        raise Invalid(_("Choose one of: %(kinds)s.") % {"kinds": ", ".join(wanted.SIDES)}, field="kind")
    if side not in wanted.SIDES[kind]:
        raise Invalid(_("Choose one of: %(sides)s.") % {"sides": ", ".join(wanted.SIDES[kind])}, field="side")


def _renew_checks(application: Application) -> None:
    """One current check a kind: those with the same input stay, the others wait to be computed."""
    current = {check.kind: check for check in application.checks.current()}
    for kind, digest in _inputs(application).items():
        before = current.get(kind)
        if before and before.input_hash == digest and before.outcome != Check.Outcome.ERROR:
            continue
        if before:
            before.replaced_at = clock.now()
            before.save(update_fields=["replaced_at"])
        Check.all_unrestricted.create(application=application, kind=kind, input_hash=digest)


def _inputs(application: Application) -> dict[str, str]:
    pictures = Picture.all_unrestricted.current().filter(document__application=application)
    of_identity, of_face = [], []
    for kind, side, page, digest in pictures.values_list("document__kind", "document__side", "page", "sha256"):
        if kind != Document.Kind.SELFIE:
            of_identity.append([kind, side, page, digest])
        if side == Document.Side.FRONT and page == 1:
            of_face.append([kind, side, page, digest])
    words = words_digest(application.customer)
    given: dict[str, list[Any]] = {
        Check.Kind.QUALITY: of_identity,
        Check.Kind.MRZ: of_identity,
        Check.Kind.EXPIRY: of_identity,
        Check.Kind.AGREEMENT: [*of_identity, words],
        Check.Kind.FACE: of_face,
    }
    return {kind: _digest(kind, parts) for kind, parts in given.items()}


def _digest(kind: str, parts: list[Any]) -> str:
    return digest_of([kind, sorted(parts, key=str)])


# --- what is typed -----------------------------------------------------------------------------------------------


def _text(value: str, field: str, longest: int, *, needed: bool = True) -> str:
    text = " ".join(value.split())
    if needed and not text:
        raise Invalid(_("This is needed."), field=field)
    if len(text) > longest:
        raise Invalid(_("At most %(longest)d characters.") % {"longest": longest}, field=field)
    if any(not character.isprintable() for character in text):
        raise Invalid(_("This holds characters that cannot be written."), field=field)
    return text


def _country(value: str, field: str) -> str:
    if code := code_of(value):
        return code
    raise Invalid(_("Write the country as an ISO 3166-1 code, for example LT."), field=field)


def _birth_date(value: date) -> date:
    today = clock.today()
    if not today.year - OLDEST_YEARS <= value.year or value >= today:
        raise Invalid(_("This is not the birth date of somebody alive."), field="birth_date")
    return value
