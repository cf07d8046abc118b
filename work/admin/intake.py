"""Intake: bring data in. Upload, match columns, try, apply, see what changed: one page, from top to bottom."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from base.admin import ModelAdmin
from base.buttons import Asks, Button
from base.errors import RuleError
from base.filters import ChoiceFilter, DaysFilter, StatusFilter
from base.pages import Page, RecordPage
from controls.models import LegalEntity
from work import files, reading, uploads
from work.actions import intake as actions
from work.intake import link
from work.models import Intake
from work.targets import TARGETS, allowed, guessed

SEPARATORS = {
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar"),
    ",": gettext_lazy("comma"),
}


class ByTarget(ChoiceFilter):
    title = gettext_lazy("what")
    parameters = ("what",)

    def options(self) -> list[tuple[str, Any]]:
        return [(target.name, target.title) for target in TARGETS.values()]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(target=typed[0])


class Uploaded(DaysFilter):
    title = gettext_lazy("uploaded")
    field = "uploaded_at"
    labels = (gettext_lazy("Uploaded from"), gettext_lazy("Uploaded to"))


class UploadForm(forms.Form):
    target = forms.ChoiceField(label=gettext_lazy("What it holds"))
    entity = forms.ModelChoiceField(label=gettext_lazy("Company"), queryset=LegalEntity.all_unrestricted.none())
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=80,
        help_text=gettext_lazy("Where it comes from. The columns you match are remembered under this name."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"), help_text=gettext_lazy("CSV, XLSX or JSON. The first line names the columns.")
    )

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [(one.name, one.title) for one in allowed(actor)]  # type: ignore[attr-defined]
        companies = LegalEntity.objects.visible_to(actor).order_by("name")
        self.fields["entity"].queryset = companies  # type: ignore[attr-defined]
        self.fields["entity"].initial = companies.first()


class NewIntake(Page):
    """The first step. A large file is sealed on its way in, so it is read only after this page has chosen how."""

    template_name = "work/intake_new.html"
    title = gettext_lazy("Bring a file in")
    permission = "work.bring_in"
    model_admin: Any = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", UploadForm(actor=self.actor))
        return super().get_context_data(list_link=self.model_admin.link("changelist"), **kwargs)

    @method_decorator(csrf_protect)
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES, actor=self.actor)
        if form.is_valid():
            try:
                intake = self.upload(form.cleaned_data)
            except RuleError as error:
                form.add_error(error.field if error.field in form.fields else None, error.text)
            else:
                return HttpResponseRedirect(self.model_admin.link("change", intake.pk))
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def upload(self, words: dict[str, Any]) -> Intake:
        file = words.pop("file")
        kept, shape, lines = uploads.keep(file, settings.INTAKE_MAX_MB * 1024 * 1024)
        try:
            made: Intake = actions.upload_intake(
                by=self.actor, name=str(file.name), file=kept, shape=shape, lines=lines, **words
            )
        except Exception:  # a file that no row names would stay for ever
            files.drop(kept.file)
            raise
        return made


class IntakePage(RecordPage):
    template_name = "work/intake.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        intake: Intake = self.record
        target = TARGETS.get(intake.target)
        mapping = kwargs.pop("mapping", None) or intake.mapping or (remembered(intake) if target else {})
        fields = [
            {
                "field": field,
                "chosen": mapping.get(field.name, ""),
                "error": kwargs.get("problems", {}).get(field.name, ""),
            }
            for field in (target.fields if target else ())
        ]
        sees = target is not None and self.actor.may(target.permission)  # who audits sees that, not what
        preview = [list(row) for row in intake.preview] if sees else []
        return super().get_context_data(
            **kwargs,
            target=target,
            fields=fields,
            preview=preview,
            refused=actions.try_intake.refusal(intake, by=self.actor),
            encodings=reading.ENCODINGS,
            separators=SEPARATORS.items(),
            errors=[(line, name, text) for line, name, text in intake.errors],
            result_link=link(intake),
        )


def remembered(intake: Intake) -> dict[str, str]:
    """What was chosen for this source last time, where the file has such a column; else what is called alike."""
    before = Intake.all_unrestricted.of_source(intake.target, intake.source).exclude(pk=intake.pk).first()
    known = {name: column for name, column in (before.mapping if before else {}).items() if column in intake.columns}
    return guessed(TARGETS[intake.target], intake.columns) | known


@admin.register(Intake)
class IntakeAdmin(ModelAdmin):
    permission = "work.bring_in"
    list_display = ("source", "what", "status", "uploaded_at", "uploaded_by", "rows", "wrong", "applied")
    list_select_related = ("uploaded_by", "dry_run", "application")
    list_filter = (StatusFilter, ByTarget, Uploaded)
    ordering = ("-uploaded_at", "-id")
    facts = (
        "what",
        "entity",
        "source",
        "file_name",
        "size",
        "made_of",
        "sha256",
        "uploaded_by",
        "uploaded_at",
        "applied_by",
        "applied_at",
    )
    empty = gettext_lazy("Nothing was brought in yet. Bring a file in, and try it before anything is changed.")
    change_list_template = "work/intakes.html"
    record_page = IntakePage
    buttons = (
        Button(
            actions.apply_intake,
            gettext_lazy("Apply"),
            lambda intake: (
                _("%(count)s lines are applied, in your name. It cannot be undone.") % {"count": intake.rows}
            ),
            kind="primary",
            icon="done_all",
            key="a",
            done=gettext_lazy("A worker applies it now; this page shows how far it is."),
        ),
        Button(
            actions.withdraw_intake,
            gettext_lazy("Withdraw"),
            gettext_lazy("The file is never applied."),
            form=Asks,
            icon="block",
        ),
    )

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("new/", guard(self.new_view), name="work_intake_new"),
            path("<str:object_id>/mapping/", guard(self.mapping_view), name="work_intake_mapping"),
            path("<str:object_id>/shape/", guard(self.shape_view), name="work_intake_shape"),
            path("<str:object_id>/progress/", guard(self.progress_view), name="work_intake_progress"),
            *super().get_urls(),
        ]

    @method_decorator(csrf_exempt)  # until the handler of the upload is chosen; `post` is protected
    def new_view(self, request: HttpRequest) -> HttpResponseBase:
        request.upload_handlers = [uploads.SealedUploads(settings.INTAKE_MAX_MB * 1024 * 1024)]
        return NewIntake.as_view(model_admin=self)(request)

    def mapping_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Which column is which field; with it the dry run begins."""
        intake = self._posted(request, object_id)
        names = [field.name for field in TARGETS[intake.target].fields] if intake.target in TARGETS else []
        mapping = {name: request.POST.get(f"field-{name}", "") for name in names}
        try:
            actions.try_intake(intake, by=request.actor, mapping=mapping)  # type: ignore[attr-defined]
        except RuleError as error:
            messages.error(request, error.text)
        return HttpResponseRedirect(self.link("change", intake.pk))

    def shape_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        intake = self._posted(request, object_id)
        words = {name: request.POST.get(name, "") for name in ("encoding", "separator")}
        try:
            actions.reshape_intake(intake, by=request.actor, **words)  # type: ignore[attr-defined]
        except RuleError as error:
            messages.error(request, error.text)
        return HttpResponseRedirect(self.link("change", intake.pk))

    def _posted(self, request: HttpRequest, object_id: str) -> Intake:
        intake: Intake = self.record(request, object_id)
        if request.method != "POST":
            raise PermissionDenied
        return intake

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """While a job of it runs, its progress; when it has ended, the page comes anew."""
        intake = self.record(request, object_id)
        job = intake.application or intake.dry_run
        if job is None or not job.is_live:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return render(request, "work/intake_progress.html", {"job": job, "intake": intake})

    @admin.display(description=gettext_lazy("what"), ordering="target")
    def what(self, record: Intake) -> str:
        target = TARGETS.get(record.target)
        return str(target.title) if target else record.target

    @admin.display(description=gettext_lazy("found to be"))
    def made_of(self, record: Intake) -> str:
        parts = [record.format.upper(), record.encoding, str(SEPARATORS.get(record.separator, ""))]
        return ", ".join(part for part in parts if part)

    def heading(self, record: Intake) -> str:
        return f"{self.what(record)}, {record.source}"
