"""Policies: what holds today, what it was before, and from where the next version is written."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from base import clock
from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.filters import ChoiceFilter, DaysFilter
from base.templatetags.backoffice import day
from controls import documents, policies
from controls.admin.policy_pages import ComparePage, EditPage, PolicyPage
from controls.models import PolicyVersion
from controls.roles import ROLES


class WhichPolicy(ChoiceFilter):
    title = _("policy")
    parameters = ("policy",)

    def options(self) -> list[tuple[str, Any]]:
        return [(kind.name, kind.title) for kind in policies.KINDS.values()]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(name=typed[0])


class Holds(DaysFilter):
    title = _("made")
    field = "made_at"
    labels = (_("Made from"), _("Made to"))


@admin.register(PolicyVersion)
class PolicyAdmin(ModelAdmin):
    permission = "controls.view_home"
    list_display = ("policy", "number", "state", "effective_on", "made_at", "proposed_by", "agreed_by")
    list_select_related = ("proposed_by", "agreed_by")
    list_filter = (WhichPolicy, Holds)
    ordering = ("name", "-number")
    facts = ("name", "number", "effective_on", "made_at", "proposed_by", "agreed_by", "digest")
    empty = _("No policy yet. Each part of the product brings its own with the first migration.")
    record_page = PolicyPage
    pages = (
        ("edit/<str:name>/", "controls_policyversion_edit", EditPage.as_view()),
        ("<str:object_id>/compare/", "controls_policyversion_compare", ComparePage.as_view()),
    )

    @admin.display(description=_("policy"), ordering="name")
    def policy(self, version: PolicyVersion) -> str:
        kind = policies.KINDS.get(version.name)
        return str(kind.title) if kind else version.name

    def overview(self, record: Any) -> list[tuple[Any, Any]]:
        kind = policies.KINDS.get(record.name)
        owners = [(_("Changes are proposed by"), _roles("controls.change_policy", kind.proposes))] if kind else []
        agree = [(_("Agreed by another of"), _roles("controls.decide", kind.agrees))] if kind else []
        return [*super().overview(record), *owners, *agree]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_state(clock.today())

    @admin.display(description=_("state"))
    def state(self, version: Any) -> SafeString:
        if version.effective_on > clock.today():
            return labelled(Colour.AMBER, _("to come"))
        return labelled(Colour.GREEN, _("in force")) if version.holds else labelled(Colour.GREY, _("replaced"))

    def heading(self, record: Any) -> str:
        return f"{self.policy(record)}, {record.number}"

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        kind = policies.KINDS.get(record.name)
        schema = kind.schema if kind else {}
        versions = PolicyVersion.objects.visible_to(request.actor).of(record.name)  # type: ignore[attr-defined]
        versions = versions.with_state(clock.today()).order_by("-number")
        return [
            {
                "title": _("What it changed"),
                "head": (_("place"), _("old"), _("new")),
                "rows": [
                    (told.place, told.old or "–", told.new or "–")
                    for row in record.changes
                    for told in documents.place_in_words(schema, row["path"], row["old"], row["new"])
                ],
                "empty": _("The product came with it."),
            },
            {
                "title": _("Document"),
                "head": (_("place"), _("value")),
                "rows": list(documents.places(schema, record.document)),
                "empty": "",
            },
            {
                "title": _("Versions"),
                "head": (_("version"), _("holds from"), _("state"), _("agreed by"), _("compare")),
                "rows": [
                    (
                        self._link(one),
                        day(one.effective_on),
                        self.state(one),
                        one.agreed_by or "–",
                        _beside(record, one),
                    )
                    for one in versions.select_related("agreed_by")
                ],
                "empty": "",
            },
        ]

    def _link(self, version: PolicyVersion) -> SafeString:
        return format_html('<a class="text-link" href="{}">{}</a>', self.link("change", version.pk), version.number)


def _beside(one: PolicyVersion, other: PolicyVersion) -> SafeString | str:
    if one.pk == other.pk:
        return "–"
    link = f"{reverse('admin:controls_policyversion_compare', args=[one.pk])}?with={other.number}"
    return format_html('<a class="text-link" href="{}">{}</a>', link, _("with this"))


def _roles(*permissions: str) -> str:
    """Who of the people who work here holds all of these."""
    wanted = set(permissions)
    return ", ".join(str(role.name) for role in ROLES.values() if role.kind == "person" and role.permissions >= wanted)
