"""Policies: what holds today, what it was before, and what somebody proposes instead."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from base import clock
from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import AsksReason
from base.errors import WrongState
from base.filters import ChoiceFilter, DaysFilter
from base.templatetags.backoffice import day
from controls import approvals, policies
from controls.admin.proposing import ProposeButton
from controls.models import PolicyVersion
from controls.roles import ROLES


class AsksDocument(AsksReason):
    """The whole document, beginning with what this version says, and the day from which it holds."""

    document = forms.JSONField(label=_("Document"), widget=forms.Textarea(attrs={"rows": 16, "class": "code"}))
    effective_on = forms.DateField(
        label=_("Holds from"), widget=forms.DateInput(attrs={"type": "date"}), help_text=_("Today at the earliest.")
    )
    field_order = ("document", "effective_on", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.record is not None:
            self.fields["document"].initial = self.record.document
            self.fields["document"].encoder = _Indented  # type: ignore[attr-defined]
        self.fields["effective_on"].initial = clock.today()

    def clean_document(self) -> dict[str, Any]:
        found = self.cleaned_data["document"]
        if not isinstance(found, dict):
            raise forms.ValidationError(_("Write an object: {…}."))
        return found


class _Indented(json.JSONEncoder):
    """For people to read and edit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2})


@dataclass(frozen=True)
class ChangePolicy(ProposeButton):
    """Stands on a version, whose policy the next one is of."""

    def refusal(self, record: Any, *, by: Any) -> Any:
        kind = policies.KINDS.get(record.name)
        refused = super().refusal(None, by=by)
        return refused or (
            kind.refusal(by) if kind else WrongState(str(_("No part of the product follows it any more.")))
        )

    def run(self, record: Any, *, by: Any, words: Mapping[str, Any]) -> Any:
        arguments = {"name": record.name, "document": words["document"], "effective_on": words["effective_on"]}
        name = self.verb.action.name
        return approvals.propose(by=by, name=name, record=None, arguments=arguments, reason=words["reason"])


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
    buttons = (
        ChangePolicy(
            policies.change_policy,
            _("Propose a change"),
            _("Once somebody else agrees, this holds from that day; what was decided before keeps its version."),
            form=AsksDocument,
            icon="edit_document",
            done=_("Proposed. Another person finds it in their inbox, old beside new."),
        ),
    )

    @admin.display(description=_("policy"), ordering="name")
    def policy(self, version: PolicyVersion) -> str:
        kind = policies.KINDS.get(version.name)
        return str(kind.title) if kind else version.name

    def overview(self, record: Any) -> list[tuple[Any, Any]]:
        kind = policies.KINDS.get(record.name)
        owners = [(_("Changes are proposed by"), _roles("controls.change_policy", kind.proposes))] if kind else []
        agree = [(_("and agreed by another of"), _roles("controls.decide", kind.agrees))] if kind else []
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
        versions = PolicyVersion.objects.visible_to(request.actor).of(record.name)  # type: ignore[attr-defined]
        versions = versions.with_state(clock.today()).order_by("-number")
        return [
            {
                "title": _("What it changed"),
                "head": (_("place"), _("old"), _("new")),
                "rows": [(row["path"], _said(row["old"]), _said(row["new"])) for row in record.changes],
                "empty": _("The product came with it."),
            },
            {
                "title": _("Document"),
                "head": (_("place"), _("value")),
                "rows": [(path, _said(value)) for path, value in _places(record.document)],
                "empty": "",
            },
            {
                "title": _("Versions"),
                "head": (_("version"), _("holds from"), _("state"), _("agreed by")),
                "rows": [
                    (self._link(one), day(one.effective_on), self.state(one), one.agreed_by or "–")
                    for one in versions.select_related("agreed_by")
                ],
                "empty": "",
            },
        ]

    def _link(self, version: PolicyVersion) -> SafeString:
        return format_html('<a class="text-link" href="{}">{}</a>', self.link("change", version.pk), version.number)


def _roles(*permissions: str) -> str:
    """Who of the people who work here holds all of these."""
    wanted = set(permissions)
    return ", ".join(str(role.name) for role in ROLES.values() if role.kind == "person" and role.permissions >= wanted)


def _places(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The document place by place; a list is one place."""
    if not isinstance(document, dict):
        yield path, document
        return
    for key, value in document.items():
        yield from _places(value, f"{path}.{key}" if path else key)


def _said(value: Any) -> str:
    if value is None:
        return "–"
    return ", ".join(str(item) for item in value) or "–" if isinstance(value, list) else str(value)
