"""Breaking the glass: a declared right (controls.roles.EMERGENCY), taken by one person for some hours, at once.

Others are told at once (controls.pages), it ends by itself, and another person reviews what was done with it.
"""

from datetime import timedelta

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from base.locks import only_one
from controls.actions import action
from controls.actor import Actor
from controls.models import EmergencyRight
from controls.roles import EMERGENCY
from controls.staff import with_reason

MOST_HOURS = 8


@action("controls.break_glass", sensitive=True)
def break_glass(*, by: Actor, right: str, hours: int, reason: str) -> EmergencyRight:
    with_reason(reason)
    assert by.person_id is not None, "only a signed-in person passes `sensitive`"
    if right not in EMERGENCY:
        raise Invalid(_("There is no such emergency right."), field="right")
    if not EMERGENCY[right] & by.roles:
        raise NotPermitted(_("This right is not open to your role, not even in an emergency."))
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid(_("From 1 to %(most)s hours.") % {"most": MOST_HOURS}, field="hours")
    only_one(f"emergency of {by.person_id}")
    if EmergencyRight.all_unrestricted.in_force().filter(person=by.person_id, role=right).exists():
        raise WrongState(_("You hold this right already."))
    now = clock.now()
    return EmergencyRight.all_unrestricted.create(
        person_id=by.person_id, role=right, reason=reason.strip(), began_at=now, ends_at=now + timedelta(hours=hours)
    )


def _can_end(emergency: EmergencyRight, by: Actor) -> str | RuleError | None:
    if emergency.person_id != by.person_id and not by.may("controls.suspend"):
        return NotPermitted(_("Its holder ends it, or who may suspend people."))
    return None if emergency.is_in_force() else _("This right has ended.")


@action("controls.break_glass", when=_can_end)
def end_emergency(emergency: EmergencyRight, *, by: Actor, reason: str) -> EmergencyRight:
    """Sooner than by itself. The review stays due."""
    with_reason(reason)
    emergency.ended_at = clock.now()
    emergency.save(update_fields=["ended_at"])
    return emergency


def _reviewable(emergency: EmergencyRight, by: Actor) -> str | None:
    if emergency.reviewed_at:
        return _("This was reviewed already.")
    return _("This right is still in force; end it first.") if emergency.is_in_force() else None


@action("controls.review_emergency", maker="person", when=_reviewable)
def review_emergency(emergency: EmergencyRight, *, by: Actor, justified: bool, reason: str) -> EmergencyRight:
    """Another person has looked at what was done with it, and says whether it was right."""
    with_reason(reason)
    emergency.reviewed_by_id, emergency.reviewed_at, emergency.justified = by.person_id, clock.now(), justified
    emergency.save(update_fields=["reviewed_by", "reviewed_at", "justified"])
    return emergency
