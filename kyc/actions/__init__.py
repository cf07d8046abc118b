"""Every change of what is known about a customer."""

from kyc.actions.assessment import look_again, look_again_at_the_desk, reassess
from kyc.actions.checks import Lease, lease, record_check, record_results, release_lease
from kyc.actions.claims import HELD, claim, claim_next, expire_claim, extend_claim, free_claim, release_claim
from kyc.actions.decisions import approve, approve_second, ask, reject, send_back
from kyc.actions.intake import (
    add_customer,
    expire_application,
    open_application,
    restate_customer,
    submit,
    withdraw,
)
from kyc.actions.pictures import view_picture
from kyc.actions.uploads import Upload, add_document, upload

__all__ = [
    "HELD",
    "Lease",
    "Upload",
    "add_customer",
    "add_document",
    "approve",
    "approve_second",
    "ask",
    "claim",
    "claim_next",
    "expire_application",
    "expire_claim",
    "extend_claim",
    "free_claim",
    "lease",
    "look_again",
    "look_again_at_the_desk",
    "open_application",
    "reassess",
    "record_check",
    "record_results",
    "reject",
    "release_claim",
    "release_lease",
    "restate_customer",
    "send_back",
    "submit",
    "upload",
    "view_picture",
    "withdraw",
]
