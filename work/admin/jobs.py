"""Jobs: how far they are, and what came of them."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from base.admin import ModelAdmin
from base.buttons import Asks, Button
from base.errors import RuleError
from base.filters import ChoiceFilter, DaysFilter, StatusFilter
from base.pages import RecordPage, refused
from base.requests import FILE_HEADERS
from work import files
from work.actions import jobs as actions
from work.models import Job


class ByKind(ChoiceFilter):
    title = _("kind")
    parameters = ("kind",)

    def options(self) -> list[tuple[str, Any]]:
        return [(kind.name, kind.title) for kind in actions.KINDS.values()]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(kind=typed[0])


class Asked(DaysFilter):
    title = _("asked")
    field = "asked_at"
    labels = (_("Asked from"), _("Asked to"))


class JobPage(RecordPage):
    template_name = "work/job.html"


def result(request: HttpRequest, job: Job) -> HttpResponseBase:
    """The file, by the only way it leaves: allowed, and noted."""
    try:
        actions.read_result(job, by=request.actor)  # type: ignore[attr-defined]
    except RuleError as no:
        return refused(request, no.text, no.status)
    answer = FileResponse(
        files.opened(job.result_file),
        as_attachment=True,
        filename=job.result_name,
        content_type=job.result_type,
        headers=FILE_HEADERS,
    )
    answer["Content-Length"] = str(job.result_size)
    return answer


@admin.register(Job)
class JobAdmin(ModelAdmin):
    permission = "controls.view_home"
    list_display = ("what", "status", "asker", "asked_at", "far", "ended_at")
    list_select_related = ("asked_person",)
    list_filter = (StatusFilter, ByKind, Asked)
    ordering = ("-asked_at", "-id")
    facts = ("what", "asker", "asked_at", "started_at", "ended_at", "result_sha256")
    empty = _("No job yet. Large exports and intakes become jobs; each shows here how far it is.")
    record_page = JobPage
    buttons = (
        Button(
            actions.cancel_job,
            _("Cancel"),
            _("It ends at its next step. What it has done until then stays done."),
            icon="cancel",
            done=_("Cancelled: it ends at its next step."),
            form=Asks,
        ),
    )

    def get_urls(self) -> list[Any]:
        from django.urls import path

        guard = self.admin_site.admin_view
        return [
            path("<str:object_id>/progress/", guard(self.progress_view), name="work_job_progress"),
            path("<str:object_id>/result/", guard(self.result_view), name="work_job_result"),
            *super().get_urls(),
        ]

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The part of the page that refreshes itself while the job is under way."""
        return render(request, "work/progress.html", {"job": self.record(request, object_id)})

    def result_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """A POST, since it leaves an entry."""
        job = self.record(request, object_id)
        if request.method != "POST":
            raise PermissionDenied
        return result(request, job)

    def heading(self, record: Job) -> str:
        return str(self.what(record))

    @admin.display(description=_("job"), ordering="kind")
    def what(self, record: Job) -> str:
        kind = actions.KINDS.get(record.kind)
        return str(kind.title) if kind else record.kind

    @admin.display(description=_("asked by"))
    def asker(self, record: Job) -> str:
        return record.asked_person.name if record.asked_person else record.asked_by

    @admin.display(description=_("how far"))
    def far(self, record: Job) -> Any:
        if record.percent is None:
            return f"{record.done:,}" if record.done else "–"
        return format_html(
            '<progress class="bar-of-job" max="{}" value="{}"></progress> {} %',
            record.total,
            record.done,
            record.percent,
        )

    def related(self, request: HttpRequest, record: Job) -> list[dict[str, Any]]:
        counts = [(name.replace("_", " "), value) for name, value in record.counts.items()]
        faults = [(one["at"], one["error"], one["attempt"]) for one in record.faults]
        tables = [{"title": _("Result"), "head": (_("what"), _("count")), "rows": counts, "empty": _("None yet.")}]
        if faults:
            head = (_("time"), _("error"), _("attempt"))
            tables.append({"title": _("Faults"), "head": head, "rows": faults, "empty": ""})
        return tables
