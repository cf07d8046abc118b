"""What leaves about an application: that its state, as the applicant may know it, has changed. Never a risk, a reason,
or that a second person looks at it."""

from django.utils.translation import gettext_lazy as _

from base import clock
from kyc.models import Application
from kyc.models.applications import Status
from outbox import events

SAME = {Status.AWAITING_REVIEW: "in_review", Status.AWAITING_SECOND: "in_review"}
STATES = sorted({SAME.get(status, status.value) for status in Status})
CHANGED = events.Kind(
    "kyc.application_changed",
    _("The state of an application, as the applicant is told it"),
    {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "reference": {"type": "string", "maxLength": 64},
            "state": {"enum": STATES, "type": "string"},
            "at": {"type": "string", "format": "date-time"},
        },
        "required": ["id", "reference", "state", "at"],
        "additionalProperties": False,
    },
)


def told(status: str) -> str:
    """The state in the word that the applicant may know."""
    return SAME.get(Status(status), str(Status(status).value))


def moved(application: Application, status: str) -> None:
    """The next state, and the event of it where the applicant may notice: one that would tell of a step inside (a
    second person, a second look) is not sent."""
    before = told(application.status)
    application.move_to(status)
    if told(status) == before:
        return
    said = {"reference": application.customer.reference, "state": told(status), "at": clock.now().isoformat()}
    events.publish(CHANGED.name, {"id": str(application.pk), **said}, about=application.customer_id)
