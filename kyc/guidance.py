"""What an applicant is told: where it stands and what to do next, in their words and no others."""

from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from controls import policies
from kyc import wanted
from kyc.actions.intake import missing
from kyc.models import Application, Decision
from kyc.models.applications import Status
from kyc.policies import REASONS
from kyc.telling import told

SLOTS = {
    ("passport", "front"): gettext_lazy("the page of your passport with your photo, or both sides of another document"),
    ("identity_card", "front"): gettext_lazy("the front of your identity card"),
    ("identity_card", "back"): gettext_lazy("the back of your identity card"),
    ("residence_permit", "front"): gettext_lazy("the front of your residence permit"),
    ("residence_permit", "back"): gettext_lazy("the back of your residence permit"),
    ("driving_licence", "front"): gettext_lazy("the front of your driving licence"),
    ("driving_licence", "back"): gettext_lazy("the back of your driving licence"),
    ("selfie", "front"): gettext_lazy("a selfie"),
}
ANOTHER = gettext_lazy("Another kind of identity document, complete and photographed anew, will do as well.")
STANDING = {
    Status.COLLECTING: gettext_lazy("We need pictures from you."),
    Status.AWAITING_CHECKS: gettext_lazy("We are checking your documents."),
    Status.AWAITING_REVIEW: gettext_lazy("We are checking your documents."),
    Status.AWAITING_SECOND: gettext_lazy("We are checking your documents."),
    Status.AWAITING_SCREENING: gettext_lazy("Your documents were accepted. We are completing the remaining checks."),
    Status.REJECTED: gettext_lazy("We cannot open an account for you."),
    Status.WITHDRAWN: gettext_lazy("You withdrew your application. You can apply again."),
    Status.EXPIRED: gettext_lazy("Your application has expired. You can apply again."),
}


def guidance(application: Application) -> dict[str, Any]:
    """`status` is a word that tells no more than the applicant may know; `missing` holds kind, side and text."""
    status = Status(application.status)
    lacking = missing(application) if status is Status.COLLECTING else []
    return {
        "status": told(status),
        "text": _text(application, status, lacking),
        "missing": [_slot(slot) for slot in lacking],
    }


def _text(application: Application, status: Status, lacking: list[wanted.Slot]) -> str:
    if status is Status.COLLECTING and not lacking:
        return _("Everything is there: hand it in.")
    if status not in (Status.COLLECTING, Status.REJECTED):
        return str(STANDING[status])
    kind = Decision.Kind.ASK if status is Status.COLLECTING else Decision.Kind.REJECT
    decision = application.decisions.filter(kind=kind).order_by("at").last()
    if decision is None or not (words := _words(decision)):
        return str(STANDING[status])
    asked = {(slot["kind"], slot["side"]) for slot in decision.wanted}
    return f"{words} {ANOTHER}" if asked & set(lacking) - {wanted.SELFIE} else words


def _words(decision: Decision) -> str:
    """For the applicant, as they were agreed on when the decision was taken."""
    known = policies.value_under(REASONS, decision.policies)
    return known[decision.reason_code].told(get_language() or "") if decision.reason_code in known else ""


def _slot(slot: wanted.Slot) -> dict[str, str]:
    kind, side = slot
    return {"kind": kind, "side": side, "text": str(SLOTS[slot])}
