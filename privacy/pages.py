"""What personal data shows on shared pages: what is held too long, and deeds in words."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from base import clock, registry
from controls.actor import Actor
from privacy.models import Hold

DEEDS: dict[str, Any] = {
    "privacy.track": gettext_lazy("computed until when the person is kept"),
    "privacy.restrict": gettext_lazy("restricted the person's data until it may be erased"),
    "privacy.place_hold": gettext_lazy("placed a legal hold"),
    "privacy.review_hold": gettext_lazy("looked at the legal hold again"),
    "privacy.lift_hold": gettext_lazy("lifted the legal hold"),
    "privacy.erase": gettext_lazy("erased the person, as the law asks"),
    "privacy.finish_erasure": gettext_lazy("removed the files of the erased person"),
    "privacy.replay": gettext_lazy("erased the person again after a backup was restored"),
    "privacy.prepare_access": gettext_lazy("had what is kept about the person put together for them"),
}


def register() -> None:
    """Called once, when the app is ready."""
    registry.sentences.update(DEEDS)
    registry.alarms.append(registry.AlarmSource("privacy.hold", _overdue))


def _overdue(actor: Actor) -> Iterable[registry.Alarm]:
    late = Hold.objects.visible_to(actor).in_force().filter(review_on__lte=clock.today()).count()
    if late:
        text = ngettext(
            "%(count)s legal hold is to be looked at again.", "%(count)s legal holds are to be looked at again.", late
        )
        yield registry.Alarm(text % {"count": late}, reverse("admin:privacy_hold_changelist"), "amber")
