"""Why a decision was taken: one table. A code is chosen first, free words come second; the applicant reads only the
text written for them, which never says more than they need to act on."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from base.errors import Invalid

APPROVE, REJECT, ASK, SEND_BACK = "approve", "reject", "ask", "send_back"


@dataclass(frozen=True)
class Reason:
    """`verdict` is the decision it belongs to; `reviewer` is read at the desk, `applicant` by the applicant."""

    code: str
    verdict: str
    reviewer: str | Promise
    applicant: str | Promise


ALL_IN_ORDER = "all_in_order"
_APPROVED = _lazy("Your documents were accepted. We are completing the remaining checks.")
_ENDED = _lazy("We cannot open an account for you.")

REASONS: dict[str, Reason] = {
    reason.code: reason
    for reason in (
        Reason(ALL_IN_ORDER, APPROVE, _lazy("Everything in order: every check passed"), _APPROVED),
        Reason("checked_by_eye", APPROVE, _lazy("Checked by eye what a program could not settle"), _APPROVED),
        Reason("difference_explained", APPROVE, _lazy("A difference is explained"), _APPROVED),
        Reason(
            "unreadable",
            ASK,
            _lazy("Picture is blurred, cropped or has glare"),
            _lazy("The picture is hard to read. Take it again in daylight, whole, sharp and without reflections."),
        ),
        Reason(
            "face_not_visible",
            ASK,
            _lazy("Face not clearly visible"),
            _lazy(
                "Your face is not clearly visible. Take a new selfie, looking at the camera, without hat or glasses."
            ),
        ),
        Reason(
            "wrong_document",
            ASK,
            _lazy("Not the document or side that was asked for"),
            _lazy("This is not the document or the side we asked for. Please upload the right one."),
        ),
        Reason(
            "document_expired",
            ASK,
            _lazy("Document has expired"),
            _lazy("This document has expired. Please upload one that is valid."),
        ),
        Reason(
            "mismatch_typed",
            ASK,
            _lazy("Typed data differ from the document"),
            _lazy("What you typed differs from your document. Please upload the document that matches what you typed."),
        ),
        Reason("document_forged", REJECT, _lazy("Document is forged or altered"), _ENDED),
        Reason("another_person", REJECT, _lazy("Selfie shows another person"), _ENDED),
        Reason(
            "prohibited_country",
            REJECT,
            _lazy("Country we do not serve"),
            _lazy("We do not offer our services in your country."),
        ),
        Reason("under_age", REJECT, _lazy("Applicant is under age"), _lazy("You must be of age to open an account.")),
        Reason(
            "not_cooperating",
            REJECT,
            _lazy("Applicant does not provide what is needed"),
            _lazy("We did not receive what we need to open an account."),
        ),
        Reason("outside_risk_appetite", REJECT, _lazy("Risk is higher than we accept"), _ENDED),
        Reason("looked_at_again", SEND_BACK, _lazy("Must be looked at again"), ""),
        Reason("not_convinced", SEND_BACK, _lazy("Not convinced by the first approval"), ""),
    )
}


def for_verdict(verdict: str) -> list[Reason]:
    return [reason for reason in REASONS.values() if reason.verdict == verdict]


def needed(code: str, verdict: str) -> Reason:
    """The reason of this code, when it belongs to this decision; else Invalid, which names the field."""
    reason = REASONS.get(code)
    if reason is None or reason.verdict != verdict:
        known = ", ".join(found.code for found in for_verdict(verdict))
        raise Invalid(_("Choose a reason code of this decision: %(known)s.") % {"known": known}, field="code")
    return reason
