"""Every address of the admin site, and who may open it. A page without a row here fails the sweep."""

from collections.abc import Iterator

from django.contrib import admin
from django.urls import URLPattern, URLResolver

from controls.roles import ROLES

ALL = "*"
STAFF_READERS = {
    "administrator",
    "compliance_officer",
    "mlro",
    "deputy_mlro",
    "senior_management",
    "internal_auditor",
}
AUDITORS = {"compliance_officer", "mlro", "deputy_mlro", "data_protection_officer", "internal_auditor"}

OUTBOX_READERS = {"administrator", "compliance_officer", "internal_auditor"}
BRING_IN = {"senior_kyc_reviewer", "compliance_officer", "mlro", "deputy_mlro"}

READS_PRICES = {key for key, role in ROLES.items() if role.kind == "person"}
WHO_WORKS_HERE = {key for key, role in ROLES.items() if role.kind == "person"}

PRIVACY_READERS = {"compliance_officer", "mlro", "deputy_mlro", "data_protection_officer", "internal_auditor"}

# Name of the address: the roles that get 200; everybody else who is signed in gets 403.
WHO_OPENS: dict[str, set[str] | str] = {
    "index": ALL,
    "search": ALL,
    "jsi18n": ALL,
    "permissions": STAFF_READERS,
    "alone": STAFF_READERS,
    "controls_person_changelist": STAFF_READERS,
    "controls_rolegrant_changelist": STAFF_READERS,
    "controls_reportsight_changelist": {"mlro"},
    "controls_legalentity_changelist": ALL,
    "controls_session_changelist": ALL,
    "controls_lockout_changelist": STAFF_READERS,
    "controls_apiclient_changelist": ALL,
    "controls_auditentry_changelist": ALL,
    "controls_attempt_changelist": AUDITORS,
    "controls_proposal_changelist": ALL,
    "outbox_receiver_changelist": OUTBOX_READERS,
    "outbox_delivery_changelist": OUTBOX_READERS,
    "assets_pair_changelist": READS_PRICES,
    "assets_pricesource_changelist": READS_PRICES,
    "assets_priceimport_changelist": READS_PRICES,
    "assets_asset_changelist": READS_PRICES,
    "controls_relation_changelist": ALL,
    "controls_standin_changelist": WHO_WORKS_HERE,
    "controls_examination_changelist": STAFF_READERS,
    "controls_emergencyright_changelist": WHO_WORKS_HERE,
    "controls_accessreview_changelist": STAFF_READERS,
    "controls_reviewedgrant_changelist": STAFF_READERS,
    "controls_policyversion_changelist": WHO_WORKS_HERE,
    "privacy_subject_changelist": PRIVACY_READERS,
    "privacy_hold_changelist": PRIVACY_READERS,
    "privacy_certificate_changelist": PRIVACY_READERS,
    "privacy_accessrequest_changelist": PRIVACY_READERS,
    "work_job_changelist": WHO_WORKS_HERE,
    "work_task_changelist": WHO_WORKS_HERE,
    "style": WHO_WORKS_HERE,
    "style_dialog": ALL,
    "work_notice_changelist": ALL,
    "work_intake_changelist": BRING_IN,
    "work_intake_new": BRING_IN,
}


def names() -> Iterator[str]:
    """The names of all addresses of the site, whether a record's or not."""
    yield from _walk(admin.site.urls[0])


def _walk(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns)
        else:
            yield str(pattern.name)
