"""What jobs show on shared pages: tiles, alarms, and their deeds in words."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock, registry
from base.templatetags.backoffice import length
from controls.actor import Actor
from work.models import Job

STARTED_WITHIN = timedelta(minutes=10)

DEEDS: dict[str, Any] = {
    "work.ask_job": gettext_lazy("asked for the job"),
    "work.cancel_job": gettext_lazy("cancelled the job"),
    "work.read_result": gettext_lazy("took the file of the job"),
    "work.export_customers": gettext_lazy("had many customers exported"),
    "work.finish_job": gettext_lazy("ended the job"),
    "work.fail_job": gettext_lazy("gave the job up"),
    "work.upload_intake": gettext_lazy("uploaded a file"),
    "work.reshape_intake": gettext_lazy("had the file read in another encoding"),
    "work.try_intake": gettext_lazy("had the file tried"),
    "work.record_dry_run": gettext_lazy("recorded what the dry run found"),
    "work.apply_intake": gettext_lazy("agreed that the file is applied"),
    "work.finish_intake": gettext_lazy("finished the intake"),
    "work.withdraw_intake": gettext_lazy("withdrew the intake"),
    "work.stop_job": gettext_lazy("stopped the job, as was asked"),
}


def register() -> None:
    """Called once, when the app is ready."""
    registry.tiles.append(
        registry.Tile(
            gettext_lazy("My jobs under way"),
            "work.ask_job",
            lambda actor: Job.objects.visible_to(actor).filter(asked_by=actor.label).live().count(),
            lambda: f"{reverse('admin:work_job_changelist')}?state=running",
            icon="progress_activity",
            empty=gettext_lazy("No job of yours is under way."),
            order=80,
        )
    )
    registry.alarms.append(registry.AlarmSource("work.ask_job", _stuck))
    registry.sentences.update(DEEDS)


def _stuck(actor: Actor) -> Iterable[registry.Alarm]:
    """A job starts within seconds: one that waits much longer says that no worker runs."""
    late = clock.now() - STARTED_WITHIN
    oldest = Job.objects.visible_to(actor).free().filter(asked_at__lt=late).order_by("asked_at").first()
    if oldest:
        text = _("A job has waited %(time)s: the workers do not keep up, or do not run.")
        link = reverse("admin:work_job_change", args=[oldest.pk])
        yield registry.Alarm(text % {"time": length(clock.now() - oldest.asked_at)}, link, "amber")
