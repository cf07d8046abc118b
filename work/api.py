"""/api/v1/work/: jobs, how far they are, and their files."""

from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action as endpoint
from rest_framework.request import Request

from base.api import Addresses, Output
from base.problems import CODES
from controls.api_actions import ActionRecords, actor_of, post
from work import files
from work.actions import intake as intakes
from work.actions import jobs as actions
from work.models import Intake, Job

CODES.update(
    {
        "raised_already": _("This task was raised before; it is the same one."),
        "not_yours": _("Only who asked for a job may do this with it."),
        "encoding": _("The file is not in this encoding."),
        "unreadable": _("The file cannot be read on."),
        "overtaken": _("Another dry run of this file was asked for."),
        "job_lease_lost": _("Another worker has taken this job on."),
    }
)


class JobOutput(Output):
    """How far a job is. `ends_about` is an estimate; the file is taken from `result`."""

    ends_about = serializers.DateTimeField(read_only=True, allow_null=True)
    counts = serializers.JSONField(read_only=True)
    faults = serializers.JSONField(read_only=True)

    class Meta:
        model = Job
        fields = [
            *("id", "kind", "status", "asked_by", "asked_at", "started_at", "ended_at", "done", "total"),
            *("progress_at", "ends_about", "cancel_asked_at", "why", "counts", "faults", "result_sha256"),
            *("result_size", "available_actions"),
        ]
        read_only_fields = fields


class JobFilters(serializers.Serializer[Any]):
    kind = serializers.CharField(required=False, max_length=60)
    status = serializers.ChoiceField(required=False, choices=Job.Status.choices)


class CancelInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Jobs(ActionRecords):
    model = Job
    serializer_class = JobOutput
    filters = JobFilters
    related = ("asked_person",)
    cancel = post(actions.cancel_job, CancelInput, path="cancel")

    @extend_schema(request=None, responses={(200, "*/*"): OpenApiTypes.BINARY})
    @endpoint(detail=True, methods=["post"], url_path="result")
    def result(self, request: Request, pk: str) -> FileResponse:
        """The file of a job that is done, of the type it was made as. A POST, since it leaves an entry."""
        job = actions.read_result(self.get_object(), by=actor_of(request))
        return FileResponse(
            files.opened(job.result_file), as_attachment=True, filename=job.result_name, content_type=job.result_type
        )


class IntakeOutput(Output):
    """A file on its way in. `first_errors` are at most a hundred: line, field, what is wrong."""

    first_errors = serializers.JSONField(source="errors", read_only=True)
    columns = serializers.JSONField(read_only=True)
    mapping = serializers.JSONField(read_only=True)

    class Meta:
        model = Intake
        fields = [
            *("id", "target", "source", "entity", "status", "uploaded_by", "uploaded_at", "sha256", "size", "format"),
            *("encoding", "separator", "columns", "mapping", "dry_run", "application", "rows", "wrong"),
            "first_errors",
            *("digest", "handled", "applied", "applied_digest", "applied_by", "applied_at", "available_actions"),
        ]
        read_only_fields = fields


class IntakeFilters(serializers.Serializer[Any]):
    target = serializers.CharField(required=False, max_length=60)
    status = serializers.ChoiceField(required=False, choices=Intake.Status.choices)


class ShapeInput(serializers.Serializer[Any]):
    encoding = serializers.CharField(max_length=12)
    separator = serializers.CharField(max_length=1, allow_blank=True, default="", trim_whitespace=False)


class TryInput(serializers.Serializer[Any]):
    mapping = serializers.DictField(child=serializers.CharField(max_length=100, allow_blank=True))


class ApplyInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class Intakes(ActionRecords):
    """A file is uploaded in the back office; what follows can be done here too."""

    model = Intake
    serializer_class = IntakeOutput
    filters = IntakeFilters
    related = ("dry_run", "application")
    reshape = post(intakes.reshape_intake, ShapeInput, path="reshape")
    try_lines = post(intakes.try_intake, TryInput, path="try_lines")
    apply = post(intakes.apply_intake, ApplyInput, path="apply")
    withdraw = post(intakes.withdraw_intake, CancelInput, path="withdraw")


addresses = Addresses()
addresses.register("intakes", Intakes, "work-intake")
addresses.register("jobs", Jobs, "work-job")
urlpatterns = addresses.urls
