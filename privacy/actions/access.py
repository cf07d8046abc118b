"""Preparing what a person asks to be given of what is kept about them."""

from django.utils.translation import gettext as _

from base.errors import Invalid
from controls.actions import action
from controls.actor import Actor
from privacy.models import AccessRequest, Subject
from privacy.models.subjects import Status
from work.actions.jobs import ask_job

KIND = "privacy.access"


def _tellable(subject: Subject, by: Actor) -> str | None:
    return _("This has been erased.") if subject.status in (Status.ERASING, Status.ERASED) else None


@action("privacy.prepare_access", when=_tellable, sensitive=True)
def prepare_access(subject: Subject, *, by: Actor, reason: str) -> AccessRequest:
    """A job makes the bundle; who asked for it takes it there, and each time leaves an entry."""
    if not reason.strip():
        raise Invalid(_("Say who asked, and how it was made sure that it is them."), field="reason")
    assert by.person_id is not None, "only a signed-in person passes `sensitive`"
    job = ask_job(by=by, kind=KIND, arguments={"subject": str(subject.pk)})
    return AccessRequest.all_unrestricted.create(subject=subject, asked_by_id=by.person_id, job=job)
