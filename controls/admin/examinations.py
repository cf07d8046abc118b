"""Who from outside reads what, until when, and what they have looked at."""

from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from base import clock
from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import AsksReason, Button
from base.filters import EqualsFilter, StateFilter
from base.templatetags.backoffice import number
from controls import examinations
from controls.admin.proposing import ProposeButton
from controls.models import AuditEntry, Examination, LegalEntity, Person

DAY = forms.DateInput(attrs={"type": "date"})


class AsksExamination(AsksReason):
    kind = forms.ChoiceField(label=_("Kind"), choices=Examination.Kind.choices)
    firm = forms.CharField(label=_("Firm or authority"), max_length=150)
    purpose = forms.CharField(
        label=_("What is examined, and on what ground"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    records = forms.MultipleChoiceField(
        label=_("Kinds of record"), choices=examinations.choices, widget=forms.CheckboxSelectMultiple
    )
    entity = forms.ModelChoiceField(
        label=_("Company"), queryset=LegalEntity.all_unrestricted.all(), required=False, empty_label=_("every company")
    )
    records_from = forms.DateField(label=_("Opened or decided from"), widget=DAY)
    records_to = forms.DateField(label=_("Opened or decided to"), widget=DAY)
    listed = forms.CharField(
        label=_("Only customers"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Ids, with which the addresses of their pages end, apart by spaces or lines. Empty: all."),
    )
    first_day = forms.DateField(label=_("First day"), widget=DAY)
    last_day = forms.DateField(label=_("Last day"), widget=DAY)
    field_order = (
        *("kind", "firm", "purpose", "records", "entity", "records_from", "records_to", "listed", "first_day"),
        *("last_day", "reason"),
    )


PROPOSES = ProposeButton(
    examinations.grant_examination,
    _("Propose an examination"),
    lambda person: (
        _(
            "%(name)s reads these records on these days, once somebody else agrees, and does nothing else here. "
            "Each look is noted, each page bears the name."
        )
        % {"name": person.name}
    ),
    form=AsksExamination,
    icon="frame_inspect",
)


class ExaminationState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        over, begun = Q(ended_at__isnull=False) | Q(last_day__lt=clock.today()), Q(first_day__lte=clock.today())
        return {
            "in_force": (_("in force"), ~over & begun),
            "to_come": (_("to come"), ~over & ~begun),
            "ended": (_("ended"), over),
        }


class OfKind(EqualsFilter):
    title = _("kind")
    parameters = ("kind",)
    field = "kind"


@admin.register(Examination)
class ExaminationAdmin(ModelAdmin):
    permission = "controls.view_staff"
    list_display = ("number", "firm", "person", "kind", "state", "first_day", "last_day", "looks")
    list_display_links = ("number", "firm")
    list_filter = (OfKind, ExaminationState)
    list_select_related = ("person",)
    search_fields = ("firm", "person__name")
    search_help_text = _("Firm or authority, or name of the examiner")
    ordering = ("-number",)
    facts = (
        *("number", "person", "kind", "firm", "purpose", "kinds_of_record", "company", "listed", "records_from"),
        *("records_to", "state", "first_day", "last_day", "granted_by", "agreed_by", "ended_at", "looks"),
    )
    empty = _("Nobody examines. Create the examiner under People; once they have signed in, propose it on their page.")
    buttons = (
        Button(
            examinations.end_examination,
            _("End"),
            lambda grant: _("%(grant)s: ends at once, and every session with it.") % {"grant": grant},
            kind="danger",
            done=_("Ended."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        looks = AuditEntry.all_unrestricted.order_by().filter(action=examinations.LOOK, person_id=OuterRef("person_id"))
        days = looks.annotate(on=TruncDate("at", tzinfo=UTC)).filter(
            on__gte=OuterRef("first_day"), on__lte=OuterRef("last_day")
        )
        counted = days.annotate(one=Value(1)).values("one").annotate(count=Count("pk")).values("count")
        return (
            super()
            .get_queryset(request)
            .annotate(looked_at=Coalesce(Subquery(counted, output_field=IntegerField()), 0))
        )

    @admin.display(description=_("looks"))
    def looks(self, grant: Any) -> SafeString:
        """The rows behind the number; days of an examination are days in UTC, those of the trail the reader's."""
        day = timedelta(days=1)
        days = {"since": grant.first_day - day, "until": grant.last_day + day}
        asked = {"person": grant.person_id, "action": examinations.LOOK, **days}
        link = f"{reverse('admin:controls_auditentry_changelist')}?{urlencode(asked)}"
        return format_html('<a class="text-link" href="{}">{}</a>', link, number(grant.looked_at))

    @admin.display(description=_("state"))
    def state(self, grant: Examination) -> SafeString:
        return examination_state(grant)

    @admin.display(description=_("kinds of record"))
    def kinds_of_record(self, grant: Examination) -> str:
        return ", ".join(str(examinations.RECORDS.get(label, label)) for label in grant.records)

    @admin.display(description=_("company"))
    def company(self, grant: Examination) -> str:
        return str(grant.entity or _("every company"))

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]


def examination_state(grant: Examination) -> SafeString:
    if not grant.is_running():
        return labelled(Colour.GREY, _("ended"))
    begun = grant.first_day <= clock.today()
    return labelled(Colour.GREEN, _("in force")) if begun else labelled(Colour.AMBER, _("to come"))


def of_person(person: Person, reader: Any) -> dict[str, Any]:
    """What the page of a person tells of it."""
    rows = Examination.objects.visible_to(reader).filter(person=person).order_by("-number")
    shown = [
        (
            format_html(
                '<a href="{}">{}</a>', reverse("admin:controls_examination_change", args=[grant.pk]), str(grant)
            ),
            examination_state(grant),
            f"{grant.first_day} – {grant.last_day}",
        )
        for grant in rows
    ]
    head = (_("examination"), _("state"), _("days"))
    return {"title": _("Examinations"), "head": head, "rows": shown, "empty": _("None.")}
