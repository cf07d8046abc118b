"""Where data goes is proposed by one person and agreed by another; stopping it takes one and works at once."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, WrongState
from controls.actions import action
from controls.actor import Actor
from controls.staff import with_reason
from outbox import addresses, events
from outbox.models import Delivery, Receiver, Secret

AGREED = {"outbox.agree": 1}
OVERLAP_HOURS, MAX_OVERLAP_HOURS = 24, 168
LONGEST_NAME = 100


@action("outbox.manage", quorum=AGREED)
def register_receiver(*, by: Actor, name: str, url: str, kinds: Sequence[str]) -> Receiver:
    """A webhook. From its agreement on its line fills; nothing is sent before it has a secret."""
    return Receiver.all_unrestricted.create(
        kind=Receiver.Kind.WEBHOOK, name=_free_name(name, None), url=addresses.checked(url), kinds=_known(kinds)
    )


def _a_webhook_in_use(receiver: Receiver, by: Actor) -> str | None:
    if receiver.kind != Receiver.Kind.WEBHOOK:
        return _("A mailbox belongs to its person.")
    return _("This receiver has ended.") if receiver.status == Receiver.Status.ENDED else None


@action("outbox.manage", quorum=AGREED, when=_a_webhook_in_use)
def change_receiver(receiver: Receiver, *, by: Actor, name: str, url: str, kinds: Sequence[str]) -> Receiver:
    """Another address or other events. What is in line already goes to where it now lies."""
    receiver.name, receiver.url = _free_name(name, receiver), addresses.checked(url)
    receiver.kinds = _known(kinds)
    receiver.save(update_fields=["name", "url", "kinds"])
    return receiver


@action("outbox.manage", when=_a_webhook_in_use, sensitive=True)
def issue_secret(receiver: Receiver, *, by: Actor) -> Secret:
    """The first secret; with it sending begins. The caller shows `.shown` once."""
    if receiver.secrets.in_force().exists():
        raise WrongState(_("A secret is in force; rotate it."))
    if receiver.status == Receiver.Status.CREATED:
        receiver.move_to(Receiver.Status.ACTIVE)
        receiver.save(update_fields=["status"])
    return _new_secret(receiver)


@action("outbox.manage", when=_a_webhook_in_use, sensitive=True)
def rotate_secret(receiver: Receiver, *, by: Actor, overlap_hours: int = OVERLAP_HOURS) -> Secret:
    """A new secret. For some hours each call is signed with the old one too, so that nothing stops meanwhile."""
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise Invalid(_("From 0 to %(most)s.") % {"most": MAX_OVERLAP_HOURS}, field="overlap_hours")
    in_force = list(receiver.secrets.in_force().order_by("-made_at"))
    if not in_force:
        raise WrongState(_("No secret is in force; issue one."))
    now = clock.now()
    for at, secret in enumerate(in_force):
        end = now + timedelta(hours=overlap_hours) if at == 0 else now
        secret.ends_at = min(secret.ends_at or end, end)
        secret.save(update_fields=["ends_at"])
    return _new_secret(receiver)


def _running(receiver: Receiver, by: Actor) -> str | None:
    if receiver.status == Receiver.Status.ACTIVE:
        return None
    return _("This receiver is %(status)s.") % {"status": receiver.get_status_display()}


@action("outbox.pause", when=_running)
def pause(receiver: Receiver, *, by: Actor, reason: str) -> Receiver:
    """Nothing more is sent; its line goes on filling. By a person, or by the worker when it fails too long."""
    with_reason(reason)
    receiver.move_to(Receiver.Status.PAUSED)
    receiver.paused_at = clock.now()
    receiver.save(update_fields=["status", "paused_at"])
    return receiver


def _paused(receiver: Receiver, by: Actor) -> str | None:
    if receiver.status == Receiver.Status.PAUSED:
        return None
    return _("This receiver is %(status)s.") % {"status": receiver.get_status_display()}


@action("outbox.manage", when=_paused)
def resume(receiver: Receiver, *, by: Actor, reason: str) -> Receiver:
    """Sending goes on where it stopped, and failures are counted anew."""
    with_reason(reason)
    receiver.move_to(Receiver.Status.ACTIVE)
    receiver.paused_at = receiver.failing_since = receiver.retry_at = None
    receiver.failures = 0
    receiver.save(update_fields=["status", "paused_at", "failing_since", "retry_at", "failures"])
    return receiver


@action("outbox.pause", when=_a_webhook_in_use)
def end_receiver(receiver: Receiver, *, by: Actor, reason: str) -> Receiver:
    """For good. What waits in its line is not sent, its secrets end."""
    with_reason(reason)
    now = clock.now()
    receiver.move_to(Receiver.Status.ENDED)
    receiver.paused_at = None
    receiver.save(update_fields=["status", "paused_at"])
    for secret in receiver.secrets.in_force():
        secret.ends_at = now
        secret.save(update_fields=["ends_at"])
    waiting = Delivery.all_unrestricted.waiting().filter(receiver=receiver)
    waiting.update(status=Delivery.Status.SKIPPED, ended_at=now)
    return receiver


@action("outbox.manage", when=_running)
def send_test(receiver: Receiver, *, by: Actor) -> Receiver:
    """A test event, at the end of its line like any other."""
    if receiver.kind != Receiver.Kind.WEBHOOK:
        raise WrongState(_("A mailbox belongs to its person."))
    events.publish(events.TEST.name, {"receiver": str(receiver.pk)}, only=receiver)
    return receiver


def _given_up(delivery: Delivery, by: Actor) -> str | None:
    if delivery.status != Delivery.Status.DEAD:
        return _("This delivery is %(status)s.") % {"status": delivery.get_status_display()}
    ended = delivery.receiver.status == Receiver.Status.ENDED
    return _("This receiver has ended.") if ended else None


@action("outbox.manage", when=_given_up)
def replay(delivery: Delivery, *, by: Actor, reason: str) -> Delivery:
    """Back into the line at its old number: it is sent next, and says that it may have come before."""
    with_reason(reason)
    delivery.move_to(Delivery.Status.WAITING)
    delivery.ended_at, delivery.refusals = None, 0
    delivery.save(update_fields=["status", "ended_at", "refusals"])
    return delivery


def _free_name(name: str, own: Receiver | None) -> str:
    others = Receiver.all_unrestricted.webhooks().filter(name=name.strip()).exclude(pk=own and own.pk)
    if not name.strip() or len(name) > LONGEST_NAME or others.exists():
        raise Invalid(_("A name is needed that no other receiver has."), field="name")
    return name.strip()


def _known(kinds: Sequence[str]) -> list[str]:
    if not kinds or set(kinds) - set(events.offered()):
        raise Invalid(_("Choose from: %(kinds)s.") % {"kinds": ", ".join(events.offered())}, field="kinds")
    return sorted(set(kinds))


def _new_secret(receiver: Receiver) -> Secret:
    text = f"whsec_{secrets.token_urlsafe(32)}"
    secret = Secret.all_unrestricted.create(receiver=receiver, value=text)
    secret.shown = text
    return secret
