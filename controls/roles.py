"""Who may do what: one table. A role is a set of permissions; a permission names what an action asks for.

Sight of suspicious-activity reports is no role's: it is granted apart, by the MLRO. The administrator manages
staff and has no business rights. Each job has a role of its own and is never the second pair of eyes.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Role:
    """`kind` says who can hold it: a person, an API client or a job; or that it is taken in an emergency, or comes with
    an examination."""

    name: object
    permissions: frozenset[str]
    kind: str = "person"


# What everybody who works here may do, with any role or none: sign in, keep one's own factors, end one's sessions,
# choose how one is told of what waits, say whom one is related to.
EVERYBODY = frozenset({"controls.own_sign_in", "controls.end_session", "controls.own_relations", "work.own_notices"})
# Who examines acts on their own way in and out alone.
EXAMINER = "examiner"
OF_EXAMINERS = frozenset({"controls.own_sign_in", "controls.end_session"})


def _role(name: object, permissions: str, kind: str = "person") -> Role:
    human = kind in ("person", "emergency")
    return Role(name, frozenset(permissions.split()) | (EVERYBODY if human else frozenset()), kind)


STAFF = (
    "controls.view_home controls.propose controls.decide controls.break_glass "
    "work.ask_job work.raise_task work.do_task assets.view"
)
KYC_READ = "kyc.view_application kyc.view_document"
KYC_READ_ALL = f"{KYC_READ} kyc.view_all_applications"
KYC_REVIEW = f"{KYC_READ} kyc.claim kyc.approve kyc.reject kyc.ask"
KYC_SECOND = f"{KYC_READ_ALL} kyc.claim kyc.approve_high_risk"
BRINGS_IN = "work.bring_in kyc.import_customers"
SUSPENDS = "controls.suspend"
LETS_OUT = "work.agree_export"
OUTBOX_READ = "outbox.view"
OUTBOX_SECOND = f"{OUTBOX_READ} outbox.agree outbox.pause"
PRIVACY_READ = "privacy.view privacy.view_holds privacy.view_restricted"
PRIVACY_HOLD = f"{PRIVACY_READ} privacy.track privacy.hold"
REVIEWS = "controls.review_emergency"
# Each policy names who owns it and who agrees (controls.policies.Kind); "change_policy" alone owns none.
OWNS = "controls.change_policy"
AGREES_TO_POLICIES = "controls.agree_policy controls.agree_sessions kyc.agree_policy privacy.agree_retention"
POLICIES = f"{OWNS} {AGREES_TO_POLICIES} controls.change_sessions kyc.change_policy privacy.change_retention"
REVIEWS_ACCESS = "controls.review_access"

ROLES: dict[str, Role] = {
    "kyc_reviewer": _role(_("KYC reviewer"), f"{STAFF} {KYC_REVIEW}"),
    "senior_kyc_reviewer": _role(
        _("Senior KYC reviewer"), f"{STAFF} {KYC_REVIEW} {KYC_SECOND} {BRINGS_IN} kyc.release_claim"
    ),
    "qa_reviewer": _role(_("QA reviewer"), f"{STAFF} {KYC_READ_ALL}"),
    "aml_analyst": _role(_("AML analyst"), f"{STAFF} {KYC_READ_ALL}"),
    "licence_officer": _role(_("Licence officer"), STAFF),
    "compliance_officer": _role(
        _("Compliance officer"),
        f"{STAFF} {KYC_READ_ALL} {BRINGS_IN} {LETS_OUT} {SUSPENDS} {POLICIES} {OUTBOX_SECOND} {REVIEWS} "
        f"{PRIVACY_HOLD} {REVIEWS_ACCESS} controls.agree controls.view_staff controls.view_audit controls.reveal",
    ),
    "mlro": _role(
        _("MLRO"),
        f"{STAFF} {KYC_SECOND} {BRINGS_IN} {LETS_OUT} {SUSPENDS} {POLICIES} {REVIEWS} {PRIVACY_HOLD} "
        f"{REVIEWS_ACCESS} controls.agree controls.view_staff controls.view_audit controls.reveal "
        "controls.grant_report_sight",
    ),
    "deputy_mlro": _role(
        _("Deputy MLRO"),
        f"{STAFF} {KYC_SECOND} {BRINGS_IN} {LETS_OUT} {SUSPENDS} {POLICIES} {REVIEWS} {PRIVACY_HOLD} "
        f"{REVIEWS_ACCESS} controls.agree controls.view_staff controls.view_audit controls.reveal",
    ),
    "senior_management": _role(
        _("Senior management"),
        f"{STAFF} {LETS_OUT} {REVIEWS} {REVIEWS_ACCESS} {AGREES_TO_POLICIES} controls.agree controls.view_staff",
    ),
    "finance_officer": _role(
        _("Finance officer (maker)"), f"{STAFF} {OWNS} assets.maintain assets.import_prices assets.end_source"
    ),
    "finance_controller": _role(_("Finance controller (checker)"), f"{STAFF} assets.agree assets.end_source"),
    "treasury": _role(_("Treasury"), STAFF),
    "support_agent": _role(_("Support agent"), STAFF),
    "support_lead": _role(_("Support lead"), STAFF),
    "data_protection_officer": _role(
        _("Data-protection officer"),
        f"{STAFF} {LETS_OUT} {OWNS} privacy.change_retention {PRIVACY_READ} privacy.track privacy.restrict "
        "privacy.prepare_access controls.view_audit controls.reveal",
    ),
    "internal_auditor": _role(
        _("Internal auditor"),
        f"controls.view_home assets.view work.ask_job work.view_all_jobs work.view_all_tasks {KYC_READ_ALL} "
        f"{OUTBOX_READ} {PRIVACY_READ} {REVIEWS} controls.view_staff controls.view_audit controls.reveal",
    ),
    "administrator": _role(
        _("Administrator"),
        f"{STAFF} {SUSPENDS} {OUTBOX_SECOND} outbox.manage controls.view_staff controls.manage_staff "
        f"{OWNS} controls.change_sessions controls.manage_clients work.view_all_jobs",
    ),
    "applicant_intake": _role(
        _("Applicant intake"), "kyc.open_application kyc.upload kyc.submit kyc.withdraw kyc.view_own_intake", "client"
    ),
    "price_feed": _role(_("Price feed"), "assets.view assets.import_prices", "client"),
    "job_prices": _role(_("Import of prices"), "assets.view assets.import_prices", "job"),
    EXAMINER: _role(_("Examiner"), f"{KYC_READ} {' '.join(sorted(OF_EXAMINERS))}", "examination"),
    "emergency_staff": _role(_("Emergency: manage staff"), "controls.manage_staff controls.view_staff", "emergency"),
    "emergency_suspend": _role(_("Emergency: suspend people"), f"{SUSPENDS} controls.view_staff", "emergency"),
    "job_checks": _role(_("Checks worker"), "kyc.record_checks", "job"),
    "job_sealer": _role(_("Sealer"), "controls.seal", "job"),
    "job_export": _role(
        _("Export of evidence"),
        f"{KYC_READ_ALL} {OUTBOX_READ} {PRIVACY_READ} controls.view_staff controls.view_audit",
        "job",
    ),  # reads what the internal auditor reads
    "job_erasure": _role(_("Erasure"), "privacy.view privacy.track privacy.erase", "job"),
    "job_replay": _role(_("Erasures of a restored backup"), "privacy.view privacy.replay privacy.erase", "job"),
    "job_backup": _role(_("Backup"), "controls.back_up", "job"),
    "job_restore": _role(_("Restoring a backup"), "controls.restore", "job"),
    "job_keys": _role(_("Exchange of keys"), "controls.rotate_keys", "job"),
    "job_outbox": _role(_("Delivery of events"), "outbox.pause", "job"),
    "job_bootstrap": _role(_("First start"), "controls.bootstrap controls.view_staff", "job"),
    "job_work": _role(_("Runner of jobs"), "work.run_jobs", "job"),
    "job_watch": _role(
        _("Watch over tasks and notifications"), "work.raise_task work.escalate_task work.mail_notices", "job"
    ),
    "job_relations": _role(_("Search for whom people are related to"), "controls.find_relations", "job"),
    "job_kyc_watch": _role(_("Watch over the service level"), "kyc.view_all_applications work.raise_task", "job"),
    "job_expiry": _role(_("Expiry sweep"), "controls.expire", "job"),
    "job_access": _role(_("Access review"), "controls.run_reviews", "job"),
    "job_kyc_expiry": _role(_("Expiry of claims and applications"), "kyc.expire", "job"),
}

JOBS = {
    "assets.prices": "job_prices",
    "kyc.checks": "job_checks",
    "controls.sealer": "job_sealer",
    "controls.export": "job_export",
    "privacy.erasure": "job_erasure",
    "privacy.replay": "job_replay",
    "controls.backup": "job_backup",
    "controls.restore": "job_restore",
    "controls.keys": "job_keys",
    "outbox.delivery": "job_outbox",
    "controls.bootstrap": "job_bootstrap",
    "work.jobs": "job_work",
    "work.watch": "job_watch",
    "controls.relations": "job_relations",
    "kyc.watch": "job_kyc_watch",
    "controls.expiry": "job_expiry",
    "controls.access": "job_access",
    "kyc.expiry": "job_kyc_expiry",
}


def job_name(label: str) -> object | None:
    """What a job is called, by its role: "job:kyc.checks" -> "Checks of documents"; None for anything else."""
    kind, _colon, name = label.partition(":")
    return ROLES[JOBS[name]].name if kind == "job" and name in JOBS else None


def permissions_of(roles: frozenset[str]) -> frozenset[str]:
    """Everything these roles may do; an unknown role gives nothing."""
    return frozenset().union(*(ROLES[role].permissions for role in roles if role in ROLES))


# What somebody may take by themselves in an emergency, for hours: the right, and by which roles it is open to whom.
EMERGENCY: dict[str, frozenset[str]] = {
    "emergency_staff": frozenset({"senior_management", "compliance_officer", "mlro", "deputy_mlro"}),
    "emergency_suspend": frozenset({"senior_management", "senior_kyc_reviewer", "data_protection_officer"}),
}


def choices() -> list[tuple[str, object]]:
    """Roles that people hold."""
    return _choices("person")


def client_choices() -> list[tuple[str, object]]:
    """Roles that API clients hold."""
    return _choices("client")


def emergency_choices() -> list[tuple[str, object]]:
    """Rights that are taken in an emergency."""
    return _choices("emergency")


def _choices(kind: str) -> list[tuple[str, object]]:
    return [(key, role.name) for key, role in ROLES.items() if role.kind == kind]
