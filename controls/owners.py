"""Who answers for a role: each quarter they confirm or remove every grant of it. Data in, data out.

Where nobody but the holder holds the owning role, the next of IN_THEIR_PLACE answers (docs/decisions/0120).
"""

from collections.abc import Mapping
from uuid import UUID

OWNERS = {
    "kyc_reviewer": "compliance_officer",
    "senior_kyc_reviewer": "compliance_officer",
    "qa_reviewer": "compliance_officer",
    "aml_analyst": "mlro",
    "licence_officer": "compliance_officer",
    "compliance_officer": "mlro",
    "mlro": "senior_management",
    "deputy_mlro": "mlro",
    "senior_management": "compliance_officer",
    "finance_officer": "senior_management",
    "finance_controller": "senior_management",
    "treasury": "senior_management",
    "support_agent": "senior_management",
    "support_lead": "senior_management",
    "data_protection_officer": "senior_management",
    "internal_auditor": "senior_management",
    "administrator": "compliance_officer",
    "applicant_intake": "compliance_officer",
    "price_feed": "senior_management",
}
IN_THEIR_PLACE = ("mlro", "deputy_mlro", "compliance_officer", "senior_management")


def owner_of(role: str) -> str:
    """A role that nobody has given an owner is the MLRO's."""
    return OWNERS.get(role, IN_THEIR_PLACE[0])


def answering(role: str, holder: UUID, held: Mapping[str, set[UUID]]) -> str:
    """The role whose people answer for a grant of `role` to `holder`, where `held` says who holds what."""
    own = owner_of(role)
    return next((each for each in (own, *IN_THEIR_PLACE) if held.get(each, set()) - {holder}), own)
