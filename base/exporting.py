"""How a list is exported: what for is asked in a dialog; few rows leave at once, many as a job, many customers when
another person agrees."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock, registry
from base.buttons import CONFIRM
from base.errors import ConfirmationNeeded, Invalid, RuleError
from base.export import FORMATS, About
from base.pages import refused

AT_ONCE = 10_000  # rows that leave with the answer
CUSTOMERS_ALONE = 1_000  # customers that leave without a second person


@dataclass(frozen=True)
class Table:
    """The rows asked for. `limit`: more than so many are refused, where no worker can make the file."""

    count: int
    head: Sequence[object]
    rows: Callable[[], Iterable[Sequence[object]]]
    limit: int = 0


class ExportForm(forms.Form):
    purpose = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=300,
        error_messages={"required": gettext_lazy("Say what it is for.")},
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Stands in the file and in the audit trail, with your name, the filter and the number of rows."
        ),
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=[(key, one.title) for key, one in FORMATS.items()], initial="csv"
    )


def view(request: HttpRequest, page: Any) -> HttpResponse:
    try:
        table = page.to_export(request)
        if table.limit and table.count > table.limit:
            return too_many(request, table.limit)
    except RuleError as error:
        return refused(request, f"{error.text} {_('Nothing was exported.')}", error.status)
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _dialog(request, page, table, form, 422 if form.is_bound else 200)
    purpose, kind = form.cleaned_data["purpose"].strip(), form.cleaned_data["format"]
    second = page.of_customers and table.count > CUSTOMERS_ALONE
    if second or (table.count > AT_ONCE and not table.limit):
        return _passed_on(request, page, table, purpose, kind, second=second)
    return _handed_out(request, page, table, purpose, kind)


def _handed_out(request: HttpRequest, page: Any, table: Table, purpose: str, kind: str) -> HttpResponse:
    actor, made, asked = request.actor, FORMATS[kind], request.GET.urlencode()  # type: ignore[attr-defined]
    about = About(page.export_title, actor.name, clock.now(), purpose, asked, table.count)
    body = b"".join(made.pieces(about, table.head, table.rows()))
    left = registry.Exported(sha256(body).hexdigest(), asked, table.count, purpose, kind)
    registry.note_export(actor, page.model, left)
    answer = HttpResponse(body, content_type=made.content_type)
    name = about.file_name(kind)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}; filename=\"{name}\""
    return answer


def _passed_on(request: HttpRequest, page: Any, table: Table, purpose: str, kind: str, *, second: bool) -> HttpResponse:
    large = registry.LargeExport(page.model._meta.label_lower, request.GET.urlencode(), kind, purpose, table.count)
    try:
        passed = registry.pass_on_export(request.actor, large, agreed_by_another=second)  # type: ignore[attr-defined]
    except ConfirmationNeeded:
        return HttpResponseRedirect(f"{CONFIRM}?{urlencode({'next': request.get_full_path()})}")
    except RuleError as error:
        return refused(request, f"{error.text} {_('Nothing was exported.')}", error.status)
    messages.info(request, passed.text)
    return HttpResponseRedirect(passed.link)


def _dialog(request: HttpRequest, page: Any, table: Table, form: ExportForm, status: int) -> HttpResponse:
    context = {
        "form": form,
        "title": _("Export"),
        "count": table.count,
        "second": page.of_customers and table.count > CUSTOMERS_ALONE,
        "as_job": table.count > AT_ONCE,
        "back": page.export_back(),
    }
    template = "base/export_dialog.html" if "HX-Request" in request.headers else "base/export_page.html"
    frame = {} if "HX-Request" in request.headers else admin.site.each_context(request)
    return HttpResponse(render_to_string(template, {**frame, **context}, request), status=status)


def too_many(request: HttpRequest, limit: int) -> HttpResponse:
    """Refused, rather than cut off in silence."""
    text = _("More than %(limit)s rows are too many for a file. Narrow the filters, then export again.")
    return refused(request, text % {"limit": limit}, Invalid.status)
