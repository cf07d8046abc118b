"""The base of every admin class: it shows what the actor may see, and changes nothing but through actions."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin as UnfoldModelAdmin

from base import badges, exporting
from base.buttons import Button, Offered, dialog, offered, reasons
from base.errors import Invalid
from base.export import in_zone
from base.pages import RecordPage
from base.queues import SORTED_BY, TabbedPage
from base.templatetags.backoffice import day, number, when


class ModelAdmin(UnfoldModelAdmin):  # type: ignore[misc]
    """Read-only. `permission` opens the list; a single record opens to whoever `visible_to` shows it to.

    `facts` are what the record page's overview shows, `buttons` the verbs on a record, `list_buttons` those that
    create one, `pages` further addresses (path, name, view) below the model's own, `empty` what an empty list says and
    what to do then. `list_page` is a queue or an inbox in place of the list.
    """

    permission = ""
    facts: Sequence[str] = ()
    buttons: Sequence[Button] = ()
    list_buttons: Sequence[Button] = ()
    pages: Sequence[tuple[str, str, Callable[..., HttpResponseBase]]] = ()
    export_fields: Sequence[str] = ()
    of_customers = False  # each row is about a customer: many of them leave only when another agrees
    empty: Any = ""
    record_page: type[RecordPage] = RecordPage
    list_page: type[TabbedPage] | None = None

    actions = None
    media = forms.Media()  # read-only pages need none of Django's form scripts
    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False
    change_list_template = "base/list.html"

    # --- who sees what --------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = self.model.objects.visible_to(request.actor)  # type: ignore[attr-defined]
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        actor = getattr(request, "actor", None)
        return actor is not None and (not self.permission or actor.may(self.permission))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the filters that are declared. Django would take any column of the model in an address, and by which
        rows are left a digest or a mark that no page shows can be guessed letter by letter."""
        return any(lookup in each.parameters for each in self.list_filter)

    # --- addresses ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The list, a record, its dialogs, the export. Nothing that adds, changes or deletes exists."""
        guard, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", guard(self.changelist_view), name=f"{name}_changelist"),
            path("export/", guard(self.export_view), name=f"{name}_export"),
            *(path(where, guard(view), name=called) for where, called, view in self.pages),
            path("do/<slug:verb>/", guard(self.dialog_view), name=f"{name}_do"),
            path("<str:object_id>/", guard(self.record_view), name=f"{name}_change"),
            path("<str:object_id>/do/<slug:verb>/", guard(self.dialog_view), name=f"{name}_do"),
        ]

    def link(self, what: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{what}", args=args)

    def key(self, record: Any) -> str:
        """What names a record in an address."""
        return str(record.pk)

    def record(self, request: HttpRequest, object_id: str) -> Any:
        """What one may not know of does not exist: one answer for both."""
        try:
            found = self.get_queryset(request).filter(pk=object_id).first()
        except (ValueError, ValidationError):
            found = None
        if found is None:
            raise Http404
        return found

    # --- pages ----------------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        if request.method != "GET":
            raise PermissionDenied
        if self.list_page:
            return self.list_page.as_view(model_admin=self)(request)
        buttons = [offered(b, None, self.link("do", b.path), by=request.actor) for b in self.list_buttons]  # type: ignore[attr-defined]
        shown = {
            "buttons": buttons,
            "why_not": reasons(buttons),
            "empty": self.empty,
            "export": f"{self.link('export')}?{request.GET.urlencode()}",
        }
        answer: HttpResponse = super().changelist_view(request, {**shown, **(extra_context or {})})
        return answer

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With what the page says of the filters in use, each with the address without it."""
        found = super().get_changelist_instance(request)
        asked = {name: value for name, value in request.GET.items() if name != PAGE_VAR}
        found.problems = [problem for spec in found.filter_specs for problem in spec.problems]
        found.chips = [
            {"title": chip.title, "said": chip.said, "link": "?" + urlencode(_without(asked, chip.name))}
            for spec in found.filter_specs
            for chip in spec.chips()
        ]
        found.hidden = {name: asked[name] for name in (SEARCH_VAR, SORTED_BY) if name in asked}
        return found

    def record_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        record = self.record(request, object_id)
        return self.record_page.as_view(model_admin=self, record=record)(request)

    def dialog_view(self, request: HttpRequest, verb: str, object_id: str | None = None) -> HttpResponse:
        record = None if object_id is None else self.record(request, object_id)
        asked = self.list_buttons if record is None else self.buttons
        button = next((button for button in asked if button.path == verb), None)
        if button is None:
            raise Http404
        if record is None and not self.has_view_permission(request):
            raise PermissionDenied
        return dialog(request, button, record, lambda: self.after(request, record))

    def after(self, request: HttpRequest, record: models.Model | None) -> str:
        """Where one is taken when it is done: the record while one still sees it, else the list."""
        if record is None or not self.get_queryset(request).filter(pk=record.pk).exists():
            return self.link("changelist")
        return self.link("change", self.key(record))

    def offered(self, request: HttpRequest, record: models.Model) -> list[Offered]:
        by = request.actor  # type: ignore[attr-defined]
        shown = [button for button in self.buttons if button.shown(record, by)]
        return [offered(button, record, self.link("do", self.key(record), button.path), by=by) for button in shown]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self.columns.get(name, name) for name in super().get_list_display(request)]

    @cached_property
    def columns(self) -> dict[str, Any]:
        """Made once: Django finds a sortable column by identity."""
        return {name: self.column(name) for name in self.list_display}

    def column(self, name: str) -> Any:
        """A plain field as lists show it: times in the reader's zone, states as badges, numbers to the right."""
        field = next((field for field in self.opts.fields if field.name == name), None)
        if isinstance(field, models.DateTimeField):
            return _column(field, lambda record: when(getattr(record, name)))
        if isinstance(field, models.DateField):
            return _column(field, lambda record: day(getattr(record, name)))
        if field is not None and name == "status":
            return _column(field, badges.state_badge)
        if isinstance(field, models.IntegerField) and not field.primary_key:
            return _column(field, lambda record: number(getattr(record, name)))
        return name

    # --- what pages show of a record ------------------------------------------------------------------------------

    def heading(self, record: Any) -> str:
        return str(record)

    def strip(self, record: Any) -> list[Any]:
        """What stands beside the name: the badge of its state, where it has one."""
        return [badges.state_badge(record)] if hasattr(record, "get_status_display") else []

    def overview(self, record: Any) -> list[tuple[Any, Any]]:
        return [(self.label(name), self.cell(record, name)) for name in self.facts]

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        """Small tables below the overview: {"title", "head", "rows", "empty"}."""
        return []

    def label(self, name: str) -> Any:
        try:
            return capfirst(str(self.opts.get_field(name).verbose_name))
        except FieldDoesNotExist:
            return capfirst(str(getattr(getattr(self, name), "short_description", name.replace("_", " "))))

    def cell(self, record: Any, name: str) -> Any:
        """A value as a page shows it."""
        value = self.value(record, name)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if hasattr(value, "hour"):
            return when(value)
        if hasattr(value, "year"):
            return day(value)
        if isinstance(value, list):
            return ", ".join(str(item) for item in value) or self.get_empty_value_display()
        return self.get_empty_value_display() if value in (None, "") else value

    def value(self, record: Any, name: str) -> Any:
        if hasattr(record, f"get_{name}_display"):
            return getattr(record, f"get_{name}_display")()
        if hasattr(type(self), name):
            return getattr(self, name)(record)
        return getattr(record, name)

    # --- export ---------------------------------------------------------------------------------------------------

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is filtered, searched and sorted. GET asks what for; a POST leaves an entry."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return exporting.view(request, self)

    def to_export(self, request: HttpRequest) -> exporting.Table:
        """What an export holds; raises what is wrong with what was asked for."""
        rows, names = self.rows_asked_for(request), self.exported_names()
        return exporting.Table(rows.count(), [self.label(name) for name in names], lambda: self.plain_rows(rows, names))

    @property
    def export_title(self) -> str:
        return str(self.opts.verbose_name_plural)

    def export_back(self) -> str:
        return self.link("changelist")

    def exported_names(self) -> Sequence[str]:
        return self.export_fields or [name for name in self.list_display if name != "__str__"]

    def rows_asked_for(self, request: HttpRequest) -> Any:
        if self.list_page:
            return self.list_page.exported(self, request)
        found = self.get_changelist_instance(request)
        if found.problems:
            raise Invalid(" ".join(found.problems))
        return found.get_queryset(request)

    def plain_rows(self, rows: Iterable[Any], names: Sequence[str]) -> Iterable[list[Any]]:
        for record in rows:
            yield [_plain(self.value(record, name)) for name in names]


def _without(asked: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in asked.items() if key != name}


def _column(field: "models.Field[Any, Any]", shown: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def column(record: Any) -> Any:
        return shown(record)

    column.__name__ = field.name
    column.short_description = field.verbose_name  # type: ignore[attr-defined]
    column.admin_order_field = field.name  # type: ignore[attr-defined]
    return column


def _plain(value: Any) -> Any:
    if isinstance(value, SafeString):
        return strip_tags(value)
    if isinstance(value, datetime):
        return in_zone(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else str(value)
