"""Who is known as a data subject, until when they are kept, and the restriction in the meantime."""

from uuid import UUID

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, WrongState
from controls.actions import action
from controls.actor import Actor
from privacy import keepings
from privacy.models import Subject
from privacy.models.subjects import Status


@action("privacy.track")
def track(*, by: Actor, model: str, person: UUID) -> Subject:
    """Knows a person as a data subject, with the day until which they are kept as of now. Safe to repeat."""
    found = keepings.kept(model, str(person))
    if found is None:
        raise Invalid(_("There is no such person."), field="person")
    until, digest = keepings.time_of(found)
    subject: Subject
    subject, _made = Subject.all_unrestricted.select_for_update(no_key=True).get_or_create(
        model=model, person=person, defaults={"country": found.country, "policy": digest}
    )
    if subject.status in (Status.KEPT, Status.RESTRICTED):
        subject.country, subject.ended_on, subject.retain_until = found.country, found.ended_on, until
        subject.policy = digest
        subject.save(update_fields=["country", "ended_on", "retain_until", "policy"])
    return subject


def is_new(model: str, person: str) -> bool:
    """Whether tracking them would say anything that is not known."""
    found = keepings.kept(model, person)
    if found is None:
        return False
    until, digest = keepings.time_of(found)
    same = Subject.all_unrestricted.filter(model=model, person=person)
    return (
        not same.filter(ended_on=found.ended_on, country=found.country, retain_until=until, policy=digest).exists()
        and not same.filter(status__in=(Status.ERASING, Status.ERASED)).exists()
    )


def _may_be_restricted(subject: Subject, by: Actor) -> str | WrongState | None:
    if subject.status != Status.KEPT:
        return _("This is %(status)s.") % {"status": subject.get_status_display()}
    if subject.ended_on is None:
        return WrongState(_("The relationship lasts: nothing of it can be erased yet."), code="relationship_lasts")
    return None


@action("privacy.restrict", when=_may_be_restricted)
def restrict(subject: Subject, *, by: Actor, reason: str) -> Subject:
    """They ask to be erased and the law still asks to keep: from here only those who must see what is kept; it is
    erased when the time is over (GDPR art. 17(3)(b), 18)."""
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    subject.move_to(Status.RESTRICTED)
    subject.restricted_at = clock.now()
    subject.save(update_fields=["status", "restricted_at"])
    return subject
