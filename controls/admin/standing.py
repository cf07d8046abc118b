"""Deputies and emergency rights: who holds what for a time, beside their own roles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from base import clock
from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import AsksReason, Button
from base.filters import DaysFilter, EqualsFilter, StateFilter
from controls import deputies, emergencies
from controls.models import EmergencyRight, StandIn
from controls.roles import emergency_choices


class HeldRole(EqualsFilter):
    title = _("role")
    parameters = ("role",)
    field = "role"


class DeputyState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        over, today = Q(ended_at__isnull=False) | Q(last_day__lt=clock.today()), Q(first_day__lte=clock.today())
        return {
            "in_force": (_("in force"), ~over & today),
            "to_come": (_("to come"), ~over & ~today),
            "ended": (_("ended"), over),
        }


@admin.register(StandIn)
class StandInAdmin(ModelAdmin):
    permission = "controls.view_home"
    list_display = ("role", "person", "absent", "state", "first_day", "last_day")
    list_display_links = ("role",)
    list_filter = (HeldRole, DeputyState)
    list_select_related = ("person", "absent")
    search_fields = ("person__name", "absent__name")
    search_help_text = _("Name of the deputy or of the absent person")
    ordering = ("-first_day", "pk")
    facts = ("person", "absent", "role", "state", "first_day", "last_day", "granted_by", "agreed_by", "ended_at")
    empty = _("Nobody stands in for anybody. Open the page of who will be away and propose a deputy.")
    buttons = (
        Button(
            deputies.end_stand_in,
            _("End"),
            lambda stands: _("%(stands)s: ends at once.") % {"stands": stands},
            kind="danger",
            done=_("Ended."),
        ),
    )

    @admin.display(description=_("state"))
    def state(self, stands: StandIn) -> SafeString:
        if stands.ended_at or stands.last_day < clock.today():
            return labelled(Colour.GREY, _("ended"))
        begun = stands.first_day <= clock.today()
        return labelled(Colour.GREEN, _("in force")) if begun else labelled(Colour.AMBER, _("to come"))

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]


class AsksEmergency(AsksReason):
    right = forms.ChoiceField(label=_("Right"), choices=emergency_choices)
    hours = forms.IntegerField(label=_("Hours"), initial=1, min_value=1, max_value=emergencies.MOST_HOURS)
    field_order = ("right", "hours", "reason")


class AsksReview(AsksReason):
    justified = forms.TypedChoiceField(
        label=_("Was it justified?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
    )
    field_order = ("justified", "reason")


class EmergencyState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        over, seen = Q(ended_at__isnull=False) | Q(ends_at__lte=clock.now()), Q(reviewed_at__isnull=False)
        return {
            "in_force": (_("in force"), ~over),
            "to_review": (_("to review"), over & ~seen),
            "reviewed": (_("reviewed"), seen),
        }


class Began(DaysFilter):
    title = _("began")
    field = "began_at"
    labels = (_("Began from"), _("Began to"))


@admin.register(EmergencyRight)
class EmergencyRightAdmin(ModelAdmin):
    permission = "controls.view_home"
    list_display = ("role", "person", "state", "began_at", "ends_at", "reviewed_by")
    list_display_links = ("role",)
    list_filter = (EmergencyState, Began)
    list_select_related = ("person", "reviewed_by")
    search_fields = ("person__name",)
    ordering = ("-began_at",)
    facts = (
        "person",
        "role",
        "state",
        "reason",
        "began_at",
        "ends_at",
        "ended_at",
        "reviewed_by",
        "reviewed_at",
        "justified",
    )
    empty = _("Nobody took an emergency right.")
    list_buttons = (
        Button(
            emergencies.break_glass,
            _("Take an emergency right"),
            _("You hold it at once, for these hours. Others are told at once, and one of them reviews what you did."),
            form=AsksEmergency,
            kind="danger",
            icon="emergency",
            done=_("You hold it now. Others see it on their home page until one of them has reviewed it."),
        ),
    )
    buttons = (
        Button(
            emergencies.end_emergency,
            _("End"),
            lambda emergency: _("%(right)s: gone at once. The review stays due.") % {"right": emergency},
        ),
        Button(
            emergencies.review_emergency,
            _("Review"),
            _("Look at what was done on the page of the person and in the audit trail first."),
            form=AsksReview,
            kind="primary",
            done=_("Reviewed."),
        ),
    )

    @admin.display(description=_("state"))
    def state(self, emergency: EmergencyRight) -> SafeString:
        if emergency.is_in_force():
            return labelled(Colour.RED, _("in force"))
        if emergency.reviewed_at is None:
            return labelled(Colour.RED, _("to review"))
        return labelled(Colour.GREEN if emergency.justified else Colour.AMBER, _("reviewed"))

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]
