"""An application that waits at the desk longer than the service level: a task for senior reviewers."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from base.calendars import Term, Unit
from base.errors import RuleError
from controls.actor import Actor
from controls.policies import policy
from kyc.models import Application
from kyc.policies import SERVICE_LEVEL
from work import todo, watching
from work.actions import todo as tasks
from work.models import LINKED, Task

KIND = todo.Kind(
    "kyc.waits_too_long",
    gettext_lazy("An application waits too long"),
    gettext_lazy("An application has waited at the desk longer than its service level."),
)
SENIOR, NEXT = "senior_kyc_reviewer", "compliance_officer"
BATCH = 200
ANSWERED_WITHIN = Term(4, Unit.HOURS)  # that somebody sees to it, once the service level is missed
SHORTEST = timedelta(hours=1)  # no term is shorter


def register() -> None:
    """Called once, when the app is ready."""
    LINKED.append("kyc.Application")
    todo.register(KIND)


def watch() -> None:
    by = Actor.job("kyc.watch")
    raise_late(by)
    close_answered(by)


def raise_late(by: Actor) -> None:
    """One task each time an application comes to the desk; the longest waiting first."""
    term, now = policy(SERVICE_LEVEL).value, clock.now()
    told = Task.objects.visible_to(by).filter(kind=KIND.name, record_id=OuterRef("pk"))
    told = told.filter(Q(status=Task.Status.OPEN) | Q(raised_at__gte=OuterRef("waiting_since")))
    rows = Application.objects.visible_to(by).at_the_desk().filter(waiting_since__lte=now - SHORTEST)
    for application in rows.exclude(Exists(told)).select_related("entity").longest_waiting_first()[:BATCH]:
        place = application.entity.country, application.entity.zone
        if todo.due(application.waiting_since, term, *place)[0] > now:
            continue
        at, source = todo.due(now, ANSWERED_WITHIN, *place)
        with suppress(RuleError):  # another sweep was faster
            tasks.raise_task(
                by=by,
                key=_key(application),
                kind=KIND.name,
                words=_("Decide the application, or see that somebody does."),
                record=application,
                role=SENIOR,
                due_at=at,
                due_source=source,
                escalate_to=NEXT,
            )


def _key(application: Application) -> str:
    """Each stay at the desk once; a second person's wait is another stay."""
    return f"kyc.waits:{application.pk}:{application.waiting_since.isoformat()}"


def close_answered(by: Actor) -> None:
    still: Any = Application.objects.visible_to(by).at_the_desk().order_by().values("pk")
    open_ones = Task.objects.visible_to(by).open().filter(kind=KIND.name)
    watching.close(open_ones.exclude(record_id__in=still).order_by("pk"), by)
