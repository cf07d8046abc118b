"""Whom people who work here are related to: everybody's own, and all of them for who sees the staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import Asks, Button
from base.filters import EqualsFilter, StateFilter
from controls import apart, relations
from controls.admin.proposing import ProposeButton
from controls.models import LegalEntity, Relation


def kinds() -> list[tuple[str, Any]]:
    return [(label, capfirst(str(kind.title))) for label, kind in apart.KINDS.items()]


class AsksRelation(Asks):
    about = forms.ChoiceField(label=_("To a"), choices=kinds)
    entity = forms.ModelChoiceField(
        label=_("Company"), queryset=LegalEntity.all_unrestricted.order_by("name"), empty_label=None
    )
    reference = forms.CharField(
        label=_("Reference"), max_length=relations.LONGEST, help_text=_("As the exchange calls them.")
    )
    kind = forms.ChoiceField(label=_("Relation"), choices=Relation.Kind.choices)
    words = forms.CharField(
        label=_("In your words"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Read by you and by who knows every record of this kind."),
    )


class RelationKind(EqualsFilter):
    title = _("relation")
    parameters = ("kind",)
    field = "kind"


class RelationState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        ended = Q(ended_at__isnull=False)
        return {"in_force": (_("in force"), ~ended), "ended": (_("ended"), ended)}


@admin.register(Relation)
class RelationAdmin(ModelAdmin):
    list_display = ("kind", "person", "to", "state", "declared_at")
    list_display_links = ("kind",)
    list_filter = (RelationState, RelationKind)
    list_select_related = ("person",)
    search_fields = ("person__name",)
    search_help_text = _("Name of the person who works here")
    ordering = ("-declared_at",)
    facts = ("person", "kind", "to", "entity", "state", "declared_at", "ended_at", "ended_by", "end_agreed_by")
    empty = _("No relation is declared that you may see.")
    list_buttons = (
        Button(
            relations.declare_relation,
            _("Declare a relation"),
            _("You see nothing of them any more, at once, and decide nothing about them. Two others can undo it."),
            form=AsksRelation,
            kind="primary",
            icon="diversity_3",
            done=_("Declared. What you were on is back in the queue."),
        ),
    )
    buttons = (
        ProposeButton(
            relations.end_relation,
            _("Propose to end"),
            lambda relation: _("%(name)s sees them again once somebody else agrees.") % {"name": relation.person.name},
        ),
    )

    @admin.display(description=_("to a"))
    def to(self, relation: Relation) -> str:
        kind = apart.KINDS.get(relation.model)
        return str(kind.title) if kind else relation.model

    @admin.display(description=_("state"))
    def state(self, relation: Relation) -> SafeString:
        if relation.ended_at is None:
            return labelled(Colour.VIOLET, _("in force"))
        return labelled(Colour.GREY, _("ended"))

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        """To whom and in which words, for who is told that."""
        if not relations.tells(record, request.actor):  # type: ignore[attr-defined]
            return []
        rows = [(record.reference or _("erased"), record.words or _("erased"))]
        return [{"title": _("As declared"), "head": [_("Reference"), _("Words")], "rows": rows, "empty": ""}]
