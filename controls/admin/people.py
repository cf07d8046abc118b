"""Who works here, in which role, for which company."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import Asks, AsksReason, Button
from base.filters import ChoiceFilter, DaysFilter, EqualsFilter, StateFilter
from base.templatetags.backoffice import when
from controls import deputies, leaving, sentences, staff
from controls.admin import examinations
from controls.admin.proposing import ProposeButton
from controls.models import LegalEntity, Person, Proposal, ReportSight, RoleGrant
from controls.roles import choices
from controls.signin.actions import issue_password, reset_factors


class AsksRole(AsksReason):
    role = forms.ChoiceField(label=_("Role"), choices=choices)
    field_order = ("role", "reason")


class AsksPerson(Asks):
    username = forms.CharField(label=_("Sign-in name"), max_length=64)
    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), required=False)
    zone = forms.CharField(label=_("Time zone"), initial="Europe/Vilnius")
    password = forms.CharField(
        label=_("Password for the first sign-in"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("The person chooses another one when they sign in."),
    )


class AsksDeputy(AsksReason):
    deputy = forms.ModelChoiceField(label=_("Deputy"), queryset=Person.all_unrestricted.filter(is_active=True))
    role = forms.ChoiceField(label=_("Role"), choices=choices)
    first_day = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
    field_order = ("deputy", "role", "first_day", "last_day", "reason")


class PersonState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        return {
            "active": (_("active"), Q(is_active=True)),
            "suspended": (_("suspended"), Q(is_active=False, left_at=None)),
            "left": (_("left"), Q(left_at__isnull=False)),
        }


class RoleFilter(ChoiceFilter):
    title = _("role")
    parameters = ("role",)

    def options(self) -> list[tuple[str, Any]]:
        return [*choices(), ("none", _("none"))]

    def narrow(self, rows: Any, *typed: str) -> Any:
        if typed[0] == "none":
            return rows.without_role()
        return rows.filter(grants__role=typed[0], grants__ended_at=None)


class GrantedRole(EqualsFilter):
    title = _("role")
    parameters = ("role",)
    field = "role"


class GrantState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        running, suspended = Q(ended_at=None), Q(suspended_at__isnull=False)
        return {
            "in_force": (_("in force"), running & ~suspended),
            "suspended": (_("suspended"), running & suspended),
            "ended": (_("ended"), ~running),
        }


class SightState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        return {"in_force": (_("in force"), Q(ended_at=None)), "ended": (_("ended"), Q(ended_at__isnull=False))}


class Granted(DaysFilter):
    title = _("granted")
    field = "granted_at"
    labels = (_("Granted from"), _("Granted to"))


class InCountry(ChoiceFilter):
    title = _("country")
    parameters = ("country",)

    def options(self) -> list[tuple[str, Any]]:
        there = LegalEntity.all_unrestricted.order_by("country").values_list("country", flat=True).distinct()
        return [(code, code) for code in there]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(country=typed[0])


@admin.register(Person)
class PersonAdmin(ModelAdmin):
    permission = "controls.view_staff"
    list_display = ("name", "username", "roles_held", "state", "joined_at")
    list_filter = (PersonState, RoleFilter)
    search_fields = ("name", "username")
    search_help_text = _("Name or sign-in name")
    ordering = ("name",)
    facts = ("name", "username", "email", "zone", "roles_held", "state", "joined_at")
    empty = _("Nobody whom you may see works here. New person enters somebody.")
    list_buttons = (
        Button(
            staff.create_person,
            _("New person"),
            _("Somebody new, without any role. Roles are proposed afterwards and agreed by somebody else."),
            form=AsksPerson,
            icon="person_add",
            done=_("The person can sign in now, and may do nothing yet: propose a role."),
        ),
    )
    buttons = (
        ProposeButton(
            staff.grant_role,
            _("Propose a role"),
            lambda person: _("%(name)s gets the role once somebody else agrees.") % {"name": person.name},
            form=AsksRole,
            icon="add_moderator",
        ),
        Button(
            staff.suspend_person,
            _("Suspend"),
            lambda person: (
                _("%(name)s is out at once, with every session. Two people can undo it.") % {"name": person.name}
            ),
            kind="danger",
            icon="block",
            done=_("Suspended. Every session has ended."),
        ),
        Button(
            leaving.see_off,
            _("Leaves"),
            lambda person: (
                _("%(name)s is out at once and for good: %(held)s end. Coming back takes two, and roles anew.")
                % {"name": person.name, "held": _holds(person)}
            ),
            kind="danger",
            icon="person_remove",
            done=_("Seen off. Everything the person held has ended."),
        ),
        ProposeButton(
            staff.restore_person,
            _("Propose to restore"),
            lambda person: _("%(name)s can sign in again once somebody else agrees.") % {"name": person.name},
            shown=lambda person, by: not person.is_active,
        ),
        Button(
            issue_password,
            _("Issue a password"),
            lambda person: (
                _(
                    "For a forgotten one. %(name)s chooses another at the next sign-in, where the second factor is "
                    "asked for as before. Every session ends. The password is shown to you once."
                )
                % {"name": person.name}
            ),
            form=Asks,
            icon="password",
            shows=str,
        ),
        ProposeButton(
            reset_factors,
            _("Propose to reset factors"),
            lambda person: (
                _("For a lost phone. %(name)s sets up new factors at the next sign-in, once somebody else agrees.")
                % {"name": person.name}
            ),
        ),
        ProposeButton(
            deputies.stand_in,
            _("Propose a deputy"),
            lambda person: (
                _(
                    "Somebody holds a role of %(name)s on these days, once somebody else agrees, and decides nothing "
                    "that %(name)s made."
                )
                % {"name": person.name}
            ),
            form=AsksDeputy,
            icon="supervisor_account",
        ),
        examinations.PROPOSES,
        Button(
            staff.grant_report_sight,
            _("Let see reports"),
            lambda person: _("%(name)s will see suspicious-activity reports.") % {"name": person.name},
            shown=lambda person, by: by.may("controls.grant_report_sight"),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("grants")

    @admin.display(description=_("roles"))
    def roles_held(self, person: Person) -> str:
        held = [str(grant.get_role_display()) for grant in person.grants.all() if grant.ended_at is None]
        return ", ".join(sorted(held))

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, person: Person) -> SafeString:
        if person.is_active:
            return labelled(Colour.GREEN, _("active"))
        return labelled(Colour.GREY, _("left")) if person.left_at else labelled(Colour.VIOLET, _("suspended"))

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        visible = RoleGrant.objects.visible_to(request.actor)  # type: ignore[attr-defined]
        grants = visible.filter(person=record).select_related("granted_by", "agreed_by")
        rows = [
            (
                linked(grant, grant.get_role_display()),
                grant_state(grant),
                when(grant.granted_at),
                grant.granted_by or "–",
                grant.agreed_by or "–",
            )
            for grant in grants.order_by("ended_at", "-granted_at")
        ]
        head = (_("role"), _("state"), _("since"), _("proposed by"), _("agreed by"))
        empty = _("No role is held. An administrator proposes one.")
        roles = {"title": _("Roles"), "head": head, "rows": rows, "empty": empty}
        examined = examinations.of_person(record, request.actor)  # type: ignore[attr-defined]
        return [roles, self.proposed(request, record), *([examined] if examined["rows"] else [])]

    def proposed(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """What waits about them, as far as the reader may see it."""
        waiting = Proposal.objects.visible_to(request.actor).waiting().filter(record_id=str(record.pk))  # type: ignore[attr-defined]
        rows = [
            (
                linked(proposal, capfirst(sentences.deed(proposal.action))),
                when(proposal.proposed_at),
                proposal.proposed_by,
                when(proposal.expires_at),
            )
            for proposal in waiting.filter(record_model=Person._meta.label_lower).select_related("proposed_by")
        ]
        head = (_("proposal"), _("proposed"), _("proposed by"), _("expires"))
        return {"title": _("Proposals that wait"), "head": head, "rows": rows, "empty": _("Nothing is proposed.")}


def _holds(person: Person) -> str:
    """What ends when they leave, counted."""
    found = [f"{title} ({count})" for title, count in leaving.held(person) if count]
    return ", ".join(found) or str(_("sign-in and every right"))


def linked(record: Any, text: Any) -> SafeString:
    registered = admin.site._registry[type(record)]
    return format_html('<a href="{}">{}</a>', registered.link("change", record.pk), text)  # type: ignore[attr-defined]


def grant_state(grant: RoleGrant) -> SafeString:
    if grant.ended_at:
        return labelled(Colour.GREY, _("ended"))
    if grant.suspended_at:
        return labelled(Colour.VIOLET, _("suspended"))
    return labelled(Colour.GREEN, _("in force"))


@admin.register(RoleGrant)
class RoleGrantAdmin(ModelAdmin):
    permission = "controls.view_staff"
    list_display = ("role", "person", "state", "granted_at", "granted_by", "agreed_by", "ended_at")
    list_display_links = ("role",)
    list_filter = (GrantedRole, GrantState, Granted)
    list_select_related = ("person", "granted_by", "agreed_by")
    search_fields = ("person__name", "person__username")
    search_help_text = _("Name or sign-in name of the person")
    ordering = ("-granted_at",)
    facts = ("person", "role", "state", "granted_at", "granted_by", "suspended_at", "ended_at")
    empty = _("Nobody holds a role. Open a person and propose one; somebody else agrees.")
    buttons = (
        Button(
            staff.suspend_role,
            _("Suspend"),
            lambda grant: _("%(grant)s: the right is gone at once. Two people can undo it.") % {"grant": grant},
            icon="block",
        ),
        ProposeButton(
            staff.restore_role,
            _("Propose to restore"),
            lambda grant: _("%(grant)s: in force again once somebody else agrees.") % {"grant": grant},
            shown=lambda grant, by: grant.suspended_at is not None,
        ),
        Button(
            staff.end_role,
            _("End"),
            lambda grant: _("%(grant)s: ends for good, at once.") % {"grant": grant},
            kind="danger",
        ),
    )

    @admin.display(description=_("state"))
    def state(self, grant: RoleGrant) -> SafeString:
        return grant_state(grant)

    def strip(self, record: Any) -> list[Any]:
        return [grant_state(record)]


@admin.register(ReportSight)
class ReportSightAdmin(ModelAdmin):
    permission = "controls.grant_report_sight"
    list_display = ("person", "granted_by", "granted_at", "ended_at")
    list_filter = (SightState, Granted)
    list_select_related = ("person", "granted_by")
    search_fields = ("person__name",)
    ordering = ("-granted_at",)
    facts = ("person", "granted_by", "granted_at", "ended_at")
    empty = _("Nobody sees suspicious-activity reports. Open a person and let them.")
    buttons = (
        Button(
            staff.end_report_sight,
            _("End"),
            lambda sight: _("%(person)s will see no report from now on.") % {"person": sight.person},
            kind="danger",
        ),
    )


@admin.register(LegalEntity)
class LegalEntityAdmin(ModelAdmin):
    list_display = ("name", "country", "zone")
    list_filter = (InCountry,)
    search_fields = ("name",)
    ordering = ("name",)
    facts = ("name", "country", "zone")
    empty = _("No company is known. The first start enters it, see docs/operations.md.")
