"""Applications as a queue, a desk and a record. Every button is one action."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from base import badges
from base.admin import ModelAdmin
from base.buttons import Asks, AsksReason, Button
from base.errors import RuleError
from base.pages import refused
from base.templatetags.backoffice import when
from controls import policies
from controls.actor import Actor
from kyc import actions, countries, risk
from kyc.admin import forms
from kyc.admin.desk import Desk
from kyc.admin.queue import Queue
from kyc.models import Application, Decision
from kyc.models.applications import AT_THE_DESK, Status
from kyc.policies import REASONS


def _approval(application: Application) -> Any:
    name = application.customer.name
    if application.risk_band == Application.Band.HIGH:
        return _("%(name)s is high risk: a second person must agree before the names are screened.") % {"name": name}
    return _("Approve the documents of %(name)s. The names are screened next; no limit is granted yet.") % {
        "name": name
    }


def _agreement(application: Application) -> Any:
    words = {"name": application.customer.name, "first": application.approved_by}
    return _("Agree with %(first)s: the documents of %(name)s are approved, the names are screened next.") % words


def _rejection(application: Application) -> Any:
    return _("Reject %(name)s. This ends the application; a new one can be opened.") % {
        "name": application.customer.name
    }


def _request(application: Application) -> Any:
    return _("%(name)s is asked for new pictures and comes back to the queue with them.") % {
        "name": application.customer.name
    }


def _decided(application: Application, decision: Any) -> Any:
    """Names whom it was about: the next case is on the page by then."""
    customer, status = application.customer, decision.application.get_status_display()
    words = {"name": customer.name, "reference": customer.reference, "decision": decision.get_kind_display()}
    return _("%(name)s (%(reference)s): %(decision)s. Now %(status)s.") % {**words, "status": status}


def _at(*states: str) -> Any:
    return lambda application, by: application.status in states


TAKE = Button(
    actions.claim,
    _("Take on"),
    _("Nobody else can decide it while you are on it; the claim ends by itself after 15 minutes."),
    form=Asks,
    kind="primary",
    key="c",
    shown=lambda application, by: _at(*AT_THE_DESK)(application, by) and not application.is_held_by(by),
)
STAY = Button(
    actions.extend_claim,
    _("15 min more"),
    form=Asks,
    key="e",
    shown=lambda application, by: application.is_held_by(by),
)
LEAVE = Button(
    actions.release_claim,
    _("Put back"),
    _("It returns to its old place in the queue."),
    form=Asks,
    key="b",
    shown=lambda application, by: application.is_held_by(by),
)
APPROVE = Button(
    actions.approve,
    _("Approve"),
    _approval,
    form=forms.Approves,
    kind="primary",
    key="a",
    done=_decided,
    shown=_at(Status.AWAITING_REVIEW),
)
ASK = Button(
    actions.ask,
    _("Ask"),
    _request,
    form=forms.AsksAgain,
    key="q",
    done=_decided,
    shown=_at(Status.AWAITING_REVIEW),
)
REJECT = Button(
    actions.reject,
    _("Reject"),
    _rejection,
    form=forms.Rejects,
    kind="danger",
    key="r",
    done=_decided,
    shown=_at(Status.AWAITING_REVIEW),
)
AGREE = Button(
    actions.approve_second,
    _("Agree"),
    _agreement,
    form=forms.Approves,
    kind="primary",
    key="a",
    done=_decided,
    shown=_at(Status.AWAITING_SECOND),
)
SEND_BACK = Button(
    actions.send_back,
    _("Send back"),
    _("A reviewer looks at it again, from the start."),
    form=forms.SendsBack,
    key="r",
    done=_decided,
    shown=_at(Status.AWAITING_SECOND),
)
FREE = Button(
    actions.free_claim,
    _("Free it"),
    _("Takes it off the colleague who is on it."),
    form=AsksReason,
    shown=lambda application, by: application.is_claimed() and not application.is_held_by(by),
)
CLAIMING = (TAKE, STAY, LEAVE, FREE)
DECIDING = (APPROVE, ASK, REJECT, AGREE, SEND_BACK)


@admin.register(Application)
class ApplicationAdmin(ModelAdmin):
    """The list is the queue; a row opens the desk; the record tells everything, to whoever may see it."""

    permission = "kyc.view_application"
    of_customers = True
    list_page = Queue
    buttons = (*DECIDING, *CLAIMING)
    export_fields = (
        "reference",
        "applicant",
        "lives_in",
        "entity",
        "status",
        "risk_band",
        "risk_points",
        "why_this_risk",
        "round",
        "opened_at",
        "submitted_at",
        "waiting_since",
        "on_it",
        "approved_by",
        "agreed_by",
        "decided_at",
    )
    facts = (
        "reference",
        "applicant",
        "entity",
        "status",
        "risk_band",
        "risk_points",
        "round",
        "opened_at",
        "submitted_at",
        "claimed_by",
        "approved_by",
        "agreed_by",
        "decided_at",
    )

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        return [
            path("next/", guard(self.next_view), name="kyc_next"),
            path("<str:object_id>/desk/", guard(self.desk_view), name="kyc_desk"),
            *super().get_urls(),
        ]

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """POST: the next one this person may decide becomes theirs. GET leads to the queue: it changes nothing."""
        if request.method != "POST":
            return HttpResponseRedirect(self.link("changelist"))
        try:
            return HttpResponseRedirect(self.next_link(request.actor))  # type: ignore[attr-defined]
        except RuleError as error:
            return refused(request, error.text, error.status)

    def next_link(self, actor: Actor) -> str:
        found = actions.claim_next(by=actor)
        return desk_link(found) if found else self.link("changelist")

    def desk_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        record = self.record(request, object_id)
        return Desk.as_view(model_admin=self, record=record)(request)

    def after(self, request: HttpRequest, record: Any) -> str:
        """A claim leads to the desk; a decision to the next case, which comes at once; both are posted."""
        now = self.get_queryset(request).filter(pk=record.pk).first()
        if now is None or now.status != record.status:
            return self.next_link(request.actor)  # type: ignore[attr-defined]
        return desk_link(now) if now.is_held_by(request.actor) else self.link("changelist")  # type: ignore[attr-defined]

    def record(self, request: HttpRequest, object_id: str) -> Any:
        """As it stands now: who was told to look again sees what has changed."""
        found = super().record(request, object_id)
        return super().record(request, object_id) if request.method == "GET" and actions.look_again(found) else found

    def heading(self, record: Application) -> str:
        return record.customer.name

    def strip(self, record: Application) -> list[Any]:
        found = [badges.state_badge(record)]
        if record.risk_band:
            found.append(badges.badge(record.risk_band, _("%(band)s risk") % {"band": record.get_risk_band_display()}))
        return found

    def reference(self, record: Application) -> str:
        return record.customer.reference

    def applicant(self, record: Application) -> str:
        return record.customer.name

    def lives_in(self, record: Application) -> str:
        return countries.name(record.customer.residence)

    def why_this_risk(self, record: Application) -> str:
        return " · ".join(risk.sentence(reason) for reason in record.risk_reasons)

    def on_it(self, record: Application) -> str:
        return str(record.claimed_by) if record.is_claimed() else ""

    on_it.short_description = _("who is on it")  # type: ignore[attr-defined]

    def related(self, request: HttpRequest, record: Application) -> list[dict[str, Any]]:
        decisions = record.decisions.select_related("by").order_by("at")
        checks = record.checks.current()
        return [
            {
                "title": _("Decisions"),
                "head": [_("Decision"), _("By"), _("Time"), _("Reason"), _("Words")],
                "rows": [
                    [badges.badge(one.kind, one.get_kind_display()), one.by, when(one.at), _reason(one), one.words]
                    for one in decisions
                ],
                "empty": _("Nobody has decided yet."),
            },
            {
                "title": _("Checks"),
                "head": [_("Check"), _("Outcome"), _("Computed")],
                "rows": [
                    [one, badges.badge(one.outcome, one.get_outcome_display()), when(one.computed_at)] for one in checks
                ],
                "empty": _("Nothing was handed in yet."),
            },
        ]


def desk_link(application: Application) -> str:
    return reverse("admin:kyc_desk", args=[application.pk])


def _reason(decision: Decision) -> str:
    """As the reviewer chose it: the words of the version it was decided under."""
    found = policies.value_under(REASONS, decision.policies).get(decision.reason_code)
    return found.reviewer if found else decision.reason_code
