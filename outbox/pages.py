"""What the outbox shows on shared pages: what is paused, what was given up, and its deeds in words."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base import clock, registry
from base.templatetags.backoffice import length
from controls.actor import Actor
from outbox.models import Delivery, Event, Receiver

IN_LINE_WITHIN = timedelta(minutes=5)

DEEDS: dict[str, Any] = {
    "outbox.register_receiver": gettext_lazy("registered the receiver, as agreed"),
    "outbox.change_receiver": gettext_lazy("changed the receiver, as agreed"),
    "outbox.issue_secret": gettext_lazy("issued a secret"),
    "outbox.rotate_secret": gettext_lazy("rotated the secret"),
    "outbox.pause": gettext_lazy("paused the receiver"),
    "outbox.resume": gettext_lazy("resumed the receiver"),
    "outbox.end_receiver": gettext_lazy("ended the receiver"),
    "outbox.send_test": gettext_lazy("sent a test"),
    "outbox.replay": gettext_lazy("put the delivery back in line"),
}


def register() -> None:
    """Called once, when the app is ready."""
    registry.alarms += [
        registry.AlarmSource("outbox.view", _paused),
        registry.AlarmSource("outbox.view", _given_up),
        registry.AlarmSource("outbox.view", _stuck),
    ]
    registry.sentences.update(DEEDS)


def _paused(actor: Actor) -> Iterable[registry.Alarm]:
    count = Receiver.objects.visible_to(actor).filter(status=Receiver.Status.PAUSED).count()
    if count:
        text = ngettext(
            "%(count)d receiver of events is paused: what it should hear waits.",
            "%(count)d receivers of events are paused: what they should hear waits.",
            count,
        )
        yield registry.Alarm(text % {"count": count}, reverse("admin:outbox_receiver_changelist") + "?state=paused")


def _stuck(actor: Actor) -> Iterable[registry.Alarm]:
    """Events are put in line within seconds: one that waits much longer says that no worker runs."""
    oldest = Event.objects.filter(fanned_at=None, at__lt=clock.now() - IN_LINE_WITHIN).order_by("id").first()
    if oldest:
        text = _("An event has waited %(time)s to be put in line: the worker of the outbox does not run.")
        link = reverse("admin:outbox_delivery_changelist")
        yield registry.Alarm(text % {"time": length(clock.now() - oldest.at)}, link, "amber")


def _given_up(actor: Actor) -> Iterable[registry.Alarm]:
    count = Delivery.objects.visible_to(actor).dead().count()
    if count:
        text = ngettext(
            "%(count)d delivery was given up and can be put back in line.",
            "%(count)d deliveries were given up and can be put back in line.",
            count,
        )
        link = reverse("admin:outbox_delivery_changelist") + "?state=dead"
        yield registry.Alarm(text % {"count": count}, link, "amber")
