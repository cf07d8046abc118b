"""The access review: what this person must confirm or remove, grant by grant, and the reviews of past quarters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from base import badges
from base.admin import ModelAdmin
from base.buttons import Asks, Button, reasons
from base.filters import ChoiceFilter, EqualsFilter, StatusFilter
from base.queues import InboxPage, Tab
from base.templatetags.backoffice import number, when
from controls import reports, reviews
from controls.models import AccessReview, ReviewedGrant, RoleGrant
from controls.roles import choices, client_choices
from controls.toxic import clashes


class ReviewedRole(ChoiceFilter):
    title = _("role")
    parameters = ("role",)

    def options(self) -> list[tuple[str, Any]]:
        return [*choices(), *client_choices()]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(role=typed[0])


class Quarter(ChoiceFilter):
    title = _("quarter")
    parameters = ("quarter",)

    def options(self) -> list[tuple[str, Any]]:
        quarters = AccessReview.all_unrestricted.order_by("-quarter").values_list("quarter", flat=True)
        return [(quarter, quarter) for quarter in quarters]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(review__quarter=typed[0])


class AnsweredBy(EqualsFilter):
    title = _("answered by the role")
    parameters = ("owner_role",)
    field = "owner_role"


NONE_TO_ANSWER = _("No grant waits for your answer. A review opens each quarter, for whoever answers for a role.")
NONE_WAITS = _("No grant waits for anybody.")
NONE_ANSWERED = _("No grant was reviewed yet.")


class Inbox(InboxPage):
    """`?p=` says which grant is open; without it the first of the list is."""

    template_name = "controls/reviewed_grants.html"
    title = _("Access review")
    permission = "controls.view_staff"
    open_id = ""
    filters = (ReviewedRole, AnsweredBy, StatusFilter, Quarter)

    def tabs(self) -> list[Tab]:
        seen = ReviewedGrant.objects.visible_to(self.actor).select_related("review", "person", "client")
        by_person = seen.order_by("person__name", "role", "pk")
        answered = seen.exclude(status=ReviewedGrant.Status.PENDING).order_by("-answered_at", "pk")
        return [
            Tab("mine", _("Mine to answer"), by_person.to_answer(self.actor), empty=NONE_TO_ANSWER),
            Tab("waiting", _("All waiting"), by_person.pending(), empty=NONE_WAITS),
            Tab("answered", _("Answered"), answered, empty=NONE_ANSWERED),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = list(context["page"])
        asked = self.open_id or self.request.GET.get("p", "") or (str(rows[0].pk) if rows else "")
        chosen = self.model_admin.record(self.request, asked) if asked else None
        if chosen is not None:
            context |= self.detail(chosen)
        return {**context, "rows": rows, "open": chosen}

    def detail(self, reviewed: ReviewedGrant) -> dict[str, Any]:
        buttons = self.model_admin.offered(self.request, reviewed)
        person = reviewed.person
        roles = frozenset(grant.role for grant in person.held)  # type: ignore[attr-defined]
        programs = frozenset(client.role for client in person.programs)  # type: ignore[attr-defined]
        return {
            "others": sorted(grant.get_role_display() for grant in person.held if grant.pk != reviewed.grant_id),  # type: ignore[attr-defined]
            "clashes": list(clashes(roles | programs)),
            "signed_in": reports.last_sign_in(person),
            "used": reports.last_use(reviewed),
            "buttons": buttons,
            "why_not": reasons(buttons),
        }


@dataclass(frozen=True)
class ConfirmAll(Button):
    """Everything of the one person, each grant with an answer and an entry of its own."""

    def run(self, record: Any, *, by: Any, words: Mapping[str, Any]) -> Any:
        return reviews.confirm_all(record, by=by)


@admin.register(ReviewedGrant)
class ReviewedGrantAdmin(ModelAdmin):
    permission = "controls.view_staff"
    list_display = ("person", "role_held", "review", "status", "owner_role", "answered_by", "answered_at")
    list_select_related = ("person", "review", "answered_by")
    ordering = ("pk",)
    facts = ("person", "role_held", "review", "status", "owner_role", "answered_by", "answered_at")
    list_page = Inbox
    buttons = (
        Button(
            reviews.confirm_grant,
            _("Confirm"),
            lambda row: _("%(grant)s stays in force until the next review.") % {"grant": row},
            form=Asks,
            kind="primary",
            key="c",
            done=lambda row, _result: _("Confirmed: %(grant)s.") % {"grant": row},
        ),
        ConfirmAll(
            reviews.confirm_grant,
            _("Confirm all of this person"),
            lambda row: _("Everything of %(person)s that you answer for stays in force.") % {"person": row.person},
            form=Asks,
            key="p",
            name="confirm_all",
            done=lambda row, _result: _("Confirmed: all of %(person)s that you answer for.") % {"person": row.person},
        ),
        Button(
            reviews.remove_grant,
            _("Remove"),
            lambda row: _("%(grant)s ends at once. Given again it takes two people.") % {"grant": row},
            kind="danger",
            key="r",
            done=lambda row, _result: _("Removed: %(grant)s.") % {"grant": row},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        held = Prefetch("person__grants", RoleGrant.all_unrestricted.in_force(), to_attr="held")
        rows = (
            super()
            .get_queryset(request)
            .select_related("review", "person", "client", "answered_by", "grant__granted_by", "grant__agreed_by")
        )
        return rows.prefetch_related(held, reports.programs_of("person"))

    def record_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        if request.GET.get("tab") == "timeline" or not self.has_view_permission(
            request
        ):  # one's own is shown to oneself
            return super().record_view(request, object_id)
        return Inbox.as_view(model_admin=self, open_id=object_id)(request)

    def after(self, request: HttpRequest, record: Any) -> str:
        """The next one comes at once."""
        return self.link("changelist")

    @admin.display(description=_("role"))
    def role_held(self, reviewed: ReviewedGrant) -> str:
        return reviewed.role_name


@admin.register(AccessReview)
class AccessReviewAdmin(ModelAdmin):
    permission = "controls.view_staff"
    list_display = ("quarter", "status", "opened_at", "due_at", "size", *reviews.FIGURES)
    list_filter = (StatusFilter,)
    ordering = ("-quarter",)
    facts = ("quarter", "status", "opened_at", "due_at", "closed_at", "size", *reviews.FIGURES)
    empty = _("No review yet. The first opens by itself in the first quarter that begins with somebody in a role.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_figures()

    @admin.display(description=_("to answer"))
    def pending(self, review: Any) -> Any:
        return self._rows(review, "pending")

    @admin.display(description=_("confirmed"))
    def confirmed(self, review: Any) -> Any:
        return self._rows(review, "confirmed")

    @admin.display(description=_("removed"))
    def removed(self, review: Any) -> Any:
        return self._rows(review, "removed")

    @admin.display(description=_("lapsed"))
    def lapsed(self, review: Any) -> Any:
        return self._rows(review, "lapsed")

    @admin.display(description=_("ended otherwise"))
    def ended(self, review: Any) -> Any:
        return self._rows(review, "ended")

    def _rows(self, review: Any, state: str) -> Any:
        """The count, as a link to the rows behind it."""
        tab = "waiting" if state == "pending" else "answered"
        link = reverse("admin:controls_reviewedgrant_changelist")
        query = f"?tab={tab}&quarter={review.quarter}&state={state}"
        return format_html('<a class="text-link" href="{}{}">{}</a>', link, query, number(getattr(review, state)))

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        rows = record.grants.select_related("person", "client", "answered_by").order_by("person__name", "role")
        link = "admin:controls_reviewedgrant_change"
        return [
            {
                "title": _("Grants"),
                "head": (_("grant"), _("state"), _("answered by"), _("answered")),
                "rows": [
                    (
                        format_html('<a class="text-link" href="{}">{}</a>', reverse(link, args=[row.pk]), row),
                        badges.state_badge(row),
                        row.answered_by or "–",
                        when(row.answered_at) if row.answered_at else "–",
                    )
                    for row in rows
                ],
                "empty": _("Nothing was in force when it opened."),
            }
        ]
