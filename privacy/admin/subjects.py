"""Data subjects, certificates and access requests."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from base import badges
from base.admin import ModelAdmin
from base.buttons import Asks, AsksReason, Button
from base.filters import DaysFilter, StatusFilter
from base.templatetags.backoffice import when
from privacy import actions, keepings
from privacy.models import AccessRequest, Certificate, Subject


class AsksPerson(Asks):
    model = forms.ChoiceField(label=_("Kind of person"))
    person = forms.UUIDField(label=_("Record"), help_text=_("The id in the address of the person's page."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].choices = [(model, model) for model in keepings.models()]  # type: ignore[attr-defined]


class AsksHold(AsksReason):
    review_on = forms.DateField(label=_("Look again on"), widget=forms.DateInput(attrs={"type": "date"}))


class KeptUntil(DaysFilter):
    title = _("kept until")
    field = "retain_until"
    labels = (_("Kept from"), _("Kept to"))


@admin.register(Subject)
class SubjectAdmin(ModelAdmin):
    permission = "privacy.view"
    list_display = ("known_as", "status", "country", "ended_on", "retain_until")
    export_fields = ("person", "status", "country", "ended_on", "retain_until")
    list_filter = (StatusFilter, KeptUntil)
    ordering = ("retain_until", "id")
    facts = ("known_as", "person", "country", "ended_on", "retain_until", "policy", "restricted_at", "erased_at")
    empty = _("Nobody yet. Who leaves is found within an hour; anybody else with Compute for a person.")
    list_buttons = (
        Button(
            actions.track,
            _("Compute for a person"),
            _("Shows until when they are kept, and lets them be held, restricted or told what is kept."),
            form=AsksPerson,
            icon="person_search",
        ),
    )
    buttons = (
        Button(
            actions.restrict,
            _("Restrict"),
            _("Only those who must see their data from now on; it is erased when the law allows it."),
            icon="visibility_off",
            done=_("Restricted. It is erased when the time is over."),
        ),
        Button(
            actions.place_hold,
            _("Place a hold"),
            _("Nothing of them is erased until another person lifts it."),
            form=AsksHold,
            icon="lock_clock",
            done=_("Held."),
            shown=lambda record, by: by.may("privacy.hold"),
        ),
        Button(
            actions.prepare_access,
            _("Answer an access request"),
            _("A job puts together what is kept about them, without anything that would tip off."),
            icon="contact_page",
            done=_("Asked for. The bundle lies with your jobs in a moment."),
            shown=lambda record, by: by.may("privacy.prepare_access"),
        ),
    )

    def heading(self, record: Subject) -> str:
        return self.known_as(record)

    @admin.display(description=_("known as"))
    def known_as(self, record: Subject) -> str:
        """Of a list all are asked for at once; somebody whom nobody knows any more goes by the id."""
        called = getattr(record, "called", None) or keepings.known_as([record])
        return called.get(str(record.person)) or str(record.person)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        called = keepings.known_as(found.result_list)
        for record in found.result_list:
            record.called = called or {str(record.person): ""}
        return found

    def related(self, request: HttpRequest, record: Subject) -> list[dict[str, Any]]:
        found = Certificate.objects.visible_to(request.actor).filter(subject=record)  # type: ignore[attr-defined]
        return [
            {
                "title": _("What was erased"),
                "head": (_("what"), _("count")),
                "rows": [row for one in found for row in sorted(one.counts.items())],
                "empty": _("Nothing."),
            }
        ]


class Erased(DaysFilter):
    title = _("erased")
    field = "at"
    labels = (_("Erased from"), _("Erased to"))


class Asked(DaysFilter):
    title = _("asked")
    field = "asked_at"
    labels = (_("Asked from"), _("Asked to"))


@admin.register(Certificate)
class CertificateAdmin(ModelAdmin):
    permission = "privacy.view"
    list_display = ("person", "at", "rule", "retained_until")
    list_filter = (Erased,)
    ordering = ("-at", "-id")
    facts = ("person", "at", "rule", "retained_until", "policy", "digest")
    empty = _("Nobody was erased yet.")

    def related(self, request: HttpRequest, record: Certificate) -> list[dict[str, Any]]:
        rows = sorted(record.counts.items())
        return [{"title": _("What was erased"), "head": (_("what"), _("count")), "rows": rows, "empty": ""}]


@admin.register(AccessRequest)
class AccessRequestAdmin(ModelAdmin):
    permission = "privacy.view"
    list_display = ("whom", "asked_at", "asked_by", "state")
    list_select_related = ("subject", "asked_by", "job")
    list_filter = (Asked,)
    ordering = ("-asked_at", "-id")
    facts = ("whom", "asked_at", "asked_by", "bundle")
    empty = _("Nobody asked yet. A bundle is made from the page of a data subject.")

    @admin.display(description=_("person"))
    def whom(self, record: AccessRequest) -> str:
        return str(record.subject.person)

    @admin.display(description=_("state"))
    def state(self, record: AccessRequest) -> SafeString:
        return badges.state_badge(record.job)

    @admin.display(description=_("bundle"))
    def bundle(self, record: AccessRequest) -> SafeString:
        link = reverse("admin:work_job_change", args=[record.job_id])
        return format_html('<a class="text-link" href="{}">{}</a>', link, when(record.job.asked_at))
