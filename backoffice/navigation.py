"""What the sidebar offers: only what the actor's roles open."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from controls.actor import Actor
from controls.examined import PLAIN
from controls.roles import ROLES


@dataclass(frozen=True)
class Item:
    """`permission` is the page's own; empty means whoever is signed in."""

    title: Any
    icon: str
    url: str
    permission: str = ""


SIGHT = "controls.grant_report_sight"

GROUPS: list[tuple[Any, list[Item]]] = [
    (
        "",
        [
            Item(_("Home"), "home", "admin:index"),
            Item(_("Tasks"), "task_alt", "admin:work_task_changelist", "controls.view_home"),
            Item(_("Notifications"), "notifications", "admin:work_notice_changelist"),
            Item(_("Proposals"), "how_to_vote", "admin:controls_proposal_changelist", "controls.view_home"),
            Item(_("Intakes"), "upload_file", "admin:work_intake_changelist", "work.bring_in"),
            Item(_("Jobs"), "progress_activity", "admin:work_job_changelist", "controls.view_home"),
        ],
    ),
    (
        _("Know your customer"),
        [
            Item(_("Applications"), "how_to_reg", "admin:kyc_application_changelist", "kyc.view_application"),
            Item(_("Customers"), "person", "admin:kyc_customer_changelist", "kyc.view_application"),
        ],
    ),
    (
        _("Assets and prices"),
        [
            Item(_("Prices"), "show_chart", "admin:assets_pair_changelist", "assets.view"),
            Item(_("Sources of prices"), "rss_feed", "admin:assets_pricesource_changelist", "assets.view"),
            Item(_("Imports of prices"), "download", "admin:assets_priceimport_changelist", "assets.view"),
            Item(_("Assets"), "toll", "admin:assets_asset_changelist", "assets.view"),
        ],
    ),
    (
        _("People and access"),
        [
            Item(_("People"), "group", "admin:controls_person_changelist", "controls.view_staff"),
            Item(_("Role grants"), "badge", "admin:controls_rolegrant_changelist", "controls.view_staff"),
            Item(_("Sight of reports"), "visibility", "admin:controls_reportsight_changelist", SIGHT),
            Item(_("Sessions"), "devices", "admin:controls_session_changelist"),
            Item(_("Lock-outs"), "lock", "admin:controls_lockout_changelist", "controls.view_staff"),
            Item(_("API clients"), "key", "admin:controls_apiclient_changelist"),
            Item(_("Roles and actions"), "grid_on", "admin:permissions", "controls.view_staff"),
            Item(_("Relations"), "diversity_3", "admin:controls_relation_changelist", "controls.view_staff"),
            Item(_("Deputies"), "supervisor_account", "admin:controls_standin_changelist", "controls.view_home"),
            Item(_("Emergency rights"), "emergency", "admin:controls_emergencyright_changelist", "controls.view_home"),
            Item(_("Examinations"), "frame_inspect", "admin:controls_examination_changelist", "controls.view_staff"),
            Item(_("Access review"), "fact_check", "admin:controls_reviewedgrant_changelist", "controls.view_staff"),
            Item(_("Past reviews"), "inventory", "admin:controls_accessreview_changelist", "controls.view_staff"),
            Item(_("One person alone"), "person_alert", "admin:alone", "controls.view_staff"),
            Item(_("Policies"), "gavel", "admin:controls_policyversion_changelist", "controls.view_home"),
            Item(_("Receivers of events"), "webhook", "admin:outbox_receiver_changelist", "outbox.view"),
            Item(_("Deliveries"), "outbox", "admin:outbox_delivery_changelist", "outbox.view"),
            Item(_("Legal entities"), "domain", "admin:controls_legalentity_changelist"),
        ],
    ),
    (
        _("Personal data"),
        [
            Item(_("Data subjects"), "person_off", "admin:privacy_subject_changelist", "privacy.view"),
            Item(_("Legal holds"), "lock_clock", "admin:privacy_hold_changelist", "privacy.view_holds"),
            Item(_("Certificates"), "verified", "admin:privacy_certificate_changelist", "privacy.view"),
            Item(_("Access requests"), "contact_page", "admin:privacy_accessrequest_changelist", "privacy.view"),
        ],
    ),
    (
        _("Evidence"),
        [
            Item(_("Audit trail"), "history", "admin:controls_auditentry_changelist"),
            Item(_("Refused attempts"), "block", "admin:controls_attempt_changelist", "controls.view_audit"),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """In the form unfold draws it from."""
    actor = request.actor  # type: ignore[attr-defined]
    groups = []
    for title, items in GROUPS:
        shown = [item for item in items if _offered(item, actor)]
        if shown:
            groups.append({"title": title, "separator": bool(title), "items": [_drawn(item) for item in shown]})
    return groups


def _offered(item: Item, actor: Actor) -> bool:
    """To an examiner what is everybody's is closed as well, but for the first page."""
    return actor.may(item.permission) if item.permission else not actor.examines or item.url in PLAIN


def _drawn(item: Item) -> dict[str, Any]:
    return {"title": item.title, "icon": item.icon, "link": reverse(item.url)}


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """Links of the person's own menu."""
    own = [
        {"title": _("My account"), "link": reverse("account:home")},
        {"title": _("My sessions"), "link": reverse("account:sessions")},
    ]
    if request.actor.examines:  # type: ignore[attr-defined]
        return own
    return [
        *own,
        {"title": _("My relations"), "link": reverse("admin:controls_relation_changelist")},
        {"title": _("How I am told"), "link": reverse("notices:choose")},
    ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame's templates show of the reader."""
    actor = getattr(request, "actor", None)
    names = [str(ROLES[role].name) for role in sorted(actor.roles)] if actor else []
    return {"role_names": ", ".join(names), "sign_out_url": reverse("account:sign-out")}


def icon(request: HttpRequest) -> str:
    return static("backoffice/icon.svg")
