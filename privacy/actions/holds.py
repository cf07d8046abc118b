"""Placing a legal hold, looking at it again, lifting it."""

from datetime import date

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid
from controls.actions import action
from controls.actor import Actor
from privacy.models import Hold, Subject
from privacy.models.subjects import Status


def _holdable(subject: Subject, by: Actor) -> str | None:
    return _("This has been erased.") if subject.status in (Status.ERASING, Status.ERASED) else None


@action("privacy.hold", when=_holdable)
def place_hold(subject: Subject, *, by: Actor, reason: str, review_on: date) -> Hold:
    """Works at once and takes one person: it takes nothing away from anybody."""
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    assert by.person_id is not None, "no job holds this right"
    _in_future(review_on)
    return Hold.all_unrestricted.create(
        subject=subject, owner_id=by.person_id, words=reason.strip(), review_on=review_on
    )


def _in_force(hold: Hold, by: Actor) -> str | None:
    return None if hold.lifted_at is None else _("This hold was lifted.")


@action("privacy.hold", when=_in_force)
def review_hold(hold: Hold, *, by: Actor, reason: str, review_on: date) -> Hold:
    """Somebody looked: it stays, until they look again."""
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    _in_future(review_on)
    hold.review_on = review_on
    hold.save(update_fields=["review_on"])
    return hold


@action("privacy.hold", maker="owner", when=_in_force, sensitive=True)
def lift_hold(hold: Hold, *, by: Actor, reason: str) -> Hold:
    """Another person than its owner; what is due is erased from then on."""
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    hold.lifted_by_id, hold.lifted_at = by.person_id, clock.now()
    hold.save(update_fields=["lifted_by", "lifted_at"])
    return hold


def _in_future(review_on: date) -> None:
    if review_on <= clock.today():
        raise Invalid(_("The day on which to look again lies ahead."), field="review_on")
