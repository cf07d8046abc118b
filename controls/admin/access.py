"""Who is signed in, and which programs call the API."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from base import clock
from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import Asks, AsksReason, Button
from base.filters import DaysFilter, EqualsFilter, StateFilter
from base.templatetags.backoffice import when
from controls import clients
from controls.admin.proposing import ProposeButton
from controls.models import ApiClient, ClientKey, LockOut, Person, Session
from controls.policies import policy
from controls.roles import client_choices
from controls.session_limits import SESSIONS
from controls.signin.actions import end_session


class SessionState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        in_force = Q(pk__in=Session.all_unrestricted.in_force(policy(SESSIONS).value).values("pk"))
        return {"in_force": (_("in force"), in_force), "ended": (_("ended"), ~in_force)}


class Started(DaysFilter):
    title = _("started")
    field = "started_at"
    labels = (_("Started from"), _("Started to"))


@admin.register(Session)
class SessionAdmin(ModelAdmin):
    list_display = ("person", "state", "browser", "started_at", "seen_at")
    list_filter = (SessionState, Started)
    list_select_related = ("person",)
    search_fields = ("person__name", "person__username")
    search_help_text = _("Name or sign-in name of the person")
    ordering = ("-seen_at",)
    empty = _("Nobody whom you may see has signed in.")
    facts = ("person", "state", "address", "browser", "started_at", "seen_at", "confirmed_at", "ended_at")
    buttons = (
        Button(
            end_session,
            _("End"),
            lambda session: _("%(person)s is signed out there at the next click.") % {"person": session.person},
            kind="danger",
            icon="logout",
            done=_("The session has ended."),
        ),
    )

    @admin.display(description=_("state"))
    def state(self, session: Session) -> SafeString:
        runs = session.runs  # type: ignore[attr-defined]  # with_state
        return labelled(Colour.GREEN, _("in force")) if runs else labelled(Colour.GREY, session.over())

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_state(policy(SESSIONS).value)

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]


class Guessed(EqualsFilter):
    title = _("what was guessed")
    parameters = ("kind",)
    field = "kind"


class LockOutState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        locked = Q(locked_until__gt=clock.now())
        return {"locked": (_("locked out"), locked), "counting": (_("counting"), ~locked | Q(locked_until=None))}


@admin.register(LockOut)
class LockOutAdmin(ModelAdmin):
    permission = "controls.view_staff"
    list_display = ("kind", "whose", "state", "attempts", "last_at", "locked_until")
    list_filter = (Guessed, LockOutState)
    ordering = ("-last_at",)
    facts = ("kind", "whose", "state", "attempts", "last_at", "locked_until")
    empty = _("Nobody guessed too often. A lock-out is lifted by time alone.")

    @admin.display(description=_("state"))
    def state(self, lockout: LockOut) -> SafeString:
        if lockout.is_in_force():
            return labelled(Colour.RED, _("locked out"))
        return labelled(Colour.GREY, _("counting"))

    @admin.display(description=_("whose, or from where"))
    def whose(self, lockout: LockOut) -> str:
        return str(lockout.subject)

    def heading(self, record: Any) -> str:
        return str(record.get_kind_display())

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]


class AsksClient(AsksReason):
    name = forms.CharField(label=_("Name"), max_length=100)
    owner: Any = forms.ModelChoiceField(label=_("Owner, who answers for it"), queryset=None)
    role = forms.ChoiceField(label=_("Role"), choices=client_choices)
    networks = forms.CharField(
        label=_("Allowed networks"),
        required=False,
        help_text=_("CIDR, separated by commas; none means any."),
    )
    valid_days = forms.IntegerField(label=_("Valid for days"), initial=clients.DAYS)
    field_order = ("name", "owner", "role", "networks", "valid_days", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = _owners(self.actor)  # type: ignore[attr-defined]

    def clean_networks(self) -> list[str]:
        return [part for text in self.cleaned_data["networks"].split(",") if (part := text.strip())]


class AsksDays(AsksReason):
    valid_days = forms.IntegerField(label=_("Valid for days, from the agreement"), initial=clients.DAYS)
    field_order = ("valid_days", "reason")


class AsksOwner(AsksReason):
    owner: Any = forms.ModelChoiceField(label=_("New owner, who answers for it"), queryset=None)
    field_order = ("owner", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = _owners(self.actor)  # type: ignore[attr-defined]


def _owners(actor: Any) -> Any:
    return Person.objects.visible_to(actor).filter(is_active=True).order_by("name")


class AsksOverlap(Asks):
    overlap_hours = forms.IntegerField(
        label=_("Hours for which the old key is still taken"), initial=clients.OVERLAP_HOURS
    )


def _shown(key: ClientKey) -> str:
    return key.shown or ""


class ClientState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        revoked = Q(revoked_at__isnull=False)
        usable = Q(pk__in=ApiClient.all_unrestricted.usable().values("pk"))
        return {
            "in_force": (_("in force"), usable),
            "ended": (_("ended"), ~usable & ~revoked),
            "revoked": (_("revoked"), revoked),
        }


class ClientRole(EqualsFilter):
    title = _("role")
    parameters = ("role",)
    field = "role"


@admin.register(ApiClient)
class ApiClientAdmin(ModelAdmin):
    list_display = ("name", "owner", "role", "state", "expires_at", "last_used_at")
    list_filter = (ClientState, ClientRole)
    list_select_related = ("owner",)
    search_fields = ("name", "owner__name")
    search_help_text = _("Name of the client or of its owner")
    ordering = ("name",)
    facts = ("name", "owner", "role", "networks", "state", "made_at", "expires_at", "revoked_at", "last_used_at")
    empty = _("No program calls the API. Propose a client; its owner issues the key once somebody has agreed.")
    list_buttons = (
        ProposeButton(
            clients.make_client,
            _("Propose a client"),
            _("A program that may call the API, once somebody else agrees. Its owner issues the key."),
            form=AsksClient,
            icon="add",
        ),
    )
    buttons = (
        Button(clients.issue_key, _("Issue a key"), form=Asks, icon="key", shows=_shown),
        Button(clients.rotate_key, _("Rotate the key"), form=AsksOverlap, icon="autorenew", shows=_shown),
        ProposeButton(
            clients.extend_client,
            _("Propose to extend"),
            _("It may call for longer, once somebody else agrees."),
            form=AsksDays,
            icon="update",
        ),
        ProposeButton(
            clients.hand_over_client,
            _("Propose another owner"),
            _("Once somebody else agrees, the keys in force end within a day, and the new owner issues another."),
            form=AsksOwner,
            icon="person_edit",
        ),
        Button(
            clients.revoke_client,
            _("Revoke"),
            lambda client: _("%(name)s is refused from the next request on, for good.") % {"name": client.name},
            kind="danger",
            icon="block",
        ),
    )

    @admin.display(description=_("state"))
    def state(self, client: ApiClient) -> SafeString:
        if client.revoked_at:
            return labelled(Colour.RED, _("revoked"))
        if not client.is_usable():
            return labelled(Colour.GREY, _("ended"))
        return labelled(Colour.GREEN, _("in force"))

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        keys = ClientKey.objects.visible_to(request.actor).filter(client=record).order_by("-made_at")  # type: ignore[attr-defined]
        rows = [(key.start + "…", when(key.made_at), when(key.ends_at)) for key in keys]
        head = (_("key starts with"), _("made"), _("ends"))
        return [{"title": _("Keys"), "head": head, "rows": rows, "empty": _("No key yet. Its owner issues one.")}]
