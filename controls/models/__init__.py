"""Facts of internal controls: who works here, what was agreed, what was done."""

from controls.models.approvals import Proposal, Vote
from controls.models.audit import (
    Attempt,
    AuditEntry,
    AuditValue,
    Checkpoint,
    Delivery,
    PendingSeal,
    SealBatch,
    SealedRow,
)
from controls.models.clients import ApiClient, ClientKey, IdempotentAnswer, RateWindow
from controls.models.examinations import Examination
from controls.models.factors import Authenticator, Passkey, RecoveryCode, RecoverySheet
from controls.models.keeping import Backup, KeyHandover, KeyRotation, Restoration
from controls.models.lockouts import LockOut
from controls.models.people import LegalEntity, Person, ReportSight, RoleGrant
from controls.models.policies import PolicyDraft, PolicyVersion
from controls.models.relations import Relation
from controls.models.reviews import AccessReview, ReviewedGrant
from controls.models.sessions import Session
from controls.models.standing import EmergencyRight, StandIn

__all__ = [
    "AccessReview",
    "ApiClient",
    "Attempt",
    "AuditEntry",
    "AuditValue",
    "Authenticator",
    "Backup",
    "Checkpoint",
    "ClientKey",
    "Delivery",
    "EmergencyRight",
    "Examination",
    "IdempotentAnswer",
    "KeyHandover",
    "KeyRotation",
    "LegalEntity",
    "LockOut",
    "Passkey",
    "PendingSeal",
    "Person",
    "PolicyDraft",
    "PolicyVersion",
    "Proposal",
    "RateWindow",
    "RecoveryCode",
    "RecoverySheet",
    "Relation",
    "ReportSight",
    "Restoration",
    "ReviewedGrant",
    "RoleGrant",
    "SealBatch",
    "SealedRow",
    "Session",
    "StandIn",
    "Vote",
]
