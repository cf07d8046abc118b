"""How long a session lasts: a policy that two people agree on, asked with every request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from controls.policies import Kind

SESSIONS = "controls.sessions"
LONGEST = timedelta(hours=24)  # no policy may say more: the cookie lasts as long


@dataclass(frozen=True)
class Limits:
    """A session ends `absolute` after it began, and when nobody has done anything for `idle`."""

    absolute: timedelta
    idle: timedelta


SCHEMA = {
    "type": "object",
    "properties": {
        "absolute_hours": {
            "title": gettext_lazy("Longest session, hours"),
            "type": "integer",
            "minimum": 1,
            "maximum": 24,
        },
        "idle_minutes": {
            "title": gettext_lazy("Longest idle time, minutes"),
            "type": "integer",
            "minimum": 5,
            "maximum": 240,
        },
    },
    "required": ["absolute_hours", "idle_minutes"],
    "additionalProperties": False,
}
DEFAULT = {"absolute_hours": 12, "idle_minutes": 30}


def limits_of(document: Mapping[str, Any]) -> Limits:
    limits = Limits(timedelta(hours=document["absolute_hours"]), timedelta(minutes=document["idle_minutes"]))
    if limits.idle > limits.absolute:
        raise ValueError(_("idle_minutes: longer than the whole session."))
    return limits


KIND = Kind(
    *(SESSIONS, gettext_lazy("Length of sessions"), SCHEMA, DEFAULT, limits_of),
    proposes="controls.change_sessions",
    agrees="controls.agree_sessions",
)
