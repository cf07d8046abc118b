"""Who is told, and what came of it. What was sent is not shown: who looks after lines need not know of customers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from base.admin import ModelAdmin
from base.badges import state_badge
from base.buttons import Asks, AsksReason, Button
from base.filters import DaysFilter, EqualsFilter, StateFilter, StatusFilter
from base.templatetags.backoffice import number, when
from controls.admin.proposing import ProposeButton
from outbox import actions, events
from outbox.models import Delivery, DeliveryAttempt, Receiver, Secret

SHOWN = 50


class AsksReceiver(AsksReason):
    name = forms.CharField(label=_("Name"), max_length=actions.LONGEST_NAME)
    url = forms.CharField(label=_("Address"), max_length=500, help_text=_("https://…"))
    kinds = forms.MultipleChoiceField(
        label=_("Hears of"), choices=lambda: list(events.offered().items()), widget=forms.CheckboxSelectMultiple
    )
    field_order = ("name", "url", "kinds", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.record is not None:
            for name in ("name", "url", "kinds"):
                self.fields[name].initial = getattr(self.record, name)


class AsksOverlap(Asks):
    overlap_hours = forms.IntegerField(
        label=_("Hours for which both secrets sign"), initial=actions.OVERLAP_HOURS, min_value=0
    )


def _shown(secret: Secret) -> str:
    return secret.shown or ""


def _webhook(receiver: Receiver, by: Any) -> bool:
    return receiver.kind == Receiver.Kind.WEBHOOK


class ReceiverKind(EqualsFilter):
    title = _("kind")
    parameters = ("kind",)
    field = "kind"


@admin.register(Receiver)
class ReceiverAdmin(ModelAdmin):
    permission = "outbox.view"
    list_display = ("called", "kind", "status", "failures", "retry_at", "delivered_at")
    list_select_related = ("person",)
    list_filter = (StatusFilter, ReceiverKind)
    search_fields = ("name", "url", "person__name")
    search_help_text = _("Name or address")
    ordering = ("kind", "name", "id")
    facts = ("kind", "url", "hears", "made_at", "paused_at", "delivered_at", "failures", "failing_since", "retry_at")
    empty = _("Nobody is told of anything. Propose a webhook; another person must agree, since data leaves through it.")
    list_buttons = (
        ProposeButton(
            actions.register_receiver,
            _("Propose a webhook"),
            _("Once somebody else agrees, its line fills. Nothing is sent before you issue its secret."),
            form=AsksReceiver,
            icon="add",
        ),
    )
    buttons = (
        Button(
            actions.issue_secret,
            _("Issue the secret"),
            _("It is shown once; sending begins."),
            form=Asks,
            icon="key",
            shows=_shown,
            shown=_webhook,
        ),
        Button(
            actions.rotate_secret,
            _("Rotate the secret"),
            _("The new one is shown once. Until the old one ends, each call is signed with both."),
            form=AsksOverlap,
            icon="autorenew",
            shows=_shown,
            shown=_webhook,
        ),
        Button(
            actions.send_test,
            _("Send a test"),
            _("A test event is put at the end of its line."),
            form=Asks,
            icon="send",
            shown=_webhook,
        ),
        Button(actions.pause, _("Pause"), _("Nothing more is sent; its line goes on filling."), icon="pause"),
        Button(actions.resume, _("Resume"), _("Sending goes on where it stopped."), icon="play_arrow"),
        ProposeButton(
            actions.change_receiver,
            _("Propose a change"),
            _("Once somebody else agrees, what is in line goes there too."),
            form=AsksReceiver,
            icon="edit",
            shown=_webhook,
        ),
        Button(
            actions.end_receiver,
            _("End"),
            _("For good: what waits in its line is not sent."),
            kind="danger",
            icon="block",
            shown=_webhook,
        ),
    )

    @admin.display(description=_("receiver"), ordering="name")
    def called(self, receiver: Receiver) -> str:
        return str(receiver)

    @admin.display(description=_("hears of"))
    def hears(self, receiver: Receiver) -> str:
        titles = events.offered()
        return ", ".join(str(titles.get(kind, kind)) for kind in receiver.kinds) or "–"

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        actor = request.actor  # type: ignore[attr-defined]
        rows = Delivery.objects.visible_to(actor).filter(receiver=record).select_related("event").order_by("-id")
        secrets = Secret.objects.visible_to(actor).filter(receiver=record).defer("value").order_by("-made_at")
        return [
            {
                "title": _("Newest in its line"),
                "head": (_("number"), _("event"), _("state"), _("tries"), _("in line since"), _("ended")),
                "rows": [_line(delivery) for delivery in rows[:SHOWN]],
                "empty": _("Nothing was put in its line yet."),
            },
            {
                "title": _("Secrets"),
                "head": (_("made"), _("ends")),
                "rows": [(when(secret.made_at), when(secret.ends_at)) for secret in secrets],
                "empty": _("No secret yet. An administrator issues it."),
            },
        ]


def _line(delivery: Delivery) -> tuple[Any, ...]:
    link = format_html('<a class="text-link" href="../../delivery/{}/">{}</a>', delivery.pk, number(delivery.number))
    times = when(delivery.made_at), when(delivery.ended_at)
    return link, delivery.event.kind, state_badge(delivery), number(delivery.attempts), *times


class DeliveryState(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        return {str(value): (word, Q(status=value)) for value, word in Delivery.Status.choices}


class ToKind(StateFilter):
    title = _("kind of receiver")
    parameters = ("to",)

    def states(self) -> dict[str, tuple[Any, Q]]:
        return {str(value): (word, Q(receiver__kind=value)) for value, word in Receiver.Kind.choices}


class InLine(DaysFilter):
    title = _("in line since")
    field = "made_at"
    labels = (_("In line from"), _("In line to"))


@admin.register(Delivery)
class DeliveryAdmin(ModelAdmin):
    permission = "outbox.view"
    list_display = ("to", "number", "what", "status", "attempts", "made_at", "ended_at")
    list_select_related = ("receiver__person", "event")
    list_filter = (DeliveryState, ToKind, InLine)
    search_fields = ("receiver__name", "event__ref__exact")
    search_help_text = _("Name of the receiver, or id of the event")
    ordering = ("-id",)
    facts = ("to", "number", "what", "event_id_outside", "attempts", "made_at", "ended_at")
    empty = _("Nothing was sent, and nothing waits. What happens is put in the line of each receiver that hears of it.")
    buttons = (
        Button(
            actions.replay,
            _("Put back in line"),
            _("It is sent next, and says that it may have come before."),
            icon="replay",
        ),
    )

    @admin.display(description=_("receiver"), ordering="receiver__name")
    def to(self, delivery: Delivery) -> SafeString:
        return format_html("{}", delivery.receiver)

    @admin.display(description=_("event"))
    def what(self, delivery: Delivery) -> str:
        kind = events.KINDS.get(delivery.event.kind)
        return str(kind.title) if kind else delivery.event.kind

    @admin.display(description=_("id of the event"))
    def event_id_outside(self, delivery: Delivery) -> str:
        return str(delivery.event.ref)

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        log: Iterable[DeliveryAttempt] = DeliveryAttempt.objects.visible_to(request.actor).filter(delivery=record)  # type: ignore[attr-defined]
        rows = [
            (number(one.number), when(one.at), one.get_outcome_display(), one.code or "–", number(one.duration_ms))
            for one in log
        ]
        head = (_("try"), _("at"), _("outcome"), _("answer"), _("took, ms"))
        return [{"title": _("Tries"), "head": head, "rows": rows, "empty": _("Not tried yet.")}]
