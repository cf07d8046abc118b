"""What was done, and what was refused: searched by person, action, record and time."""

import re
from datetime import timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from base import days, registry
from base.admin import ModelAdmin
from base.buttons import Button
from base.errors import Invalid
from base.export import in_zone
from base.exporting import Table
from base.filters import ChoiceFilter, DaysFilter, InputFilter
from base.pages import Page
from controls import sentences, timeline
from controls.actions import REGISTRY
from controls.actor import Actor
from controls.examinations import LOOK
from controls.models import Attempt, AuditEntry, Person

TRAIL_LIMIT = 5_000  # entries a file of the trail may hold; more is what export_audit is for


def _actions() -> list[tuple[str, Any]]:
    """As the trail says them, in the order of the words."""
    said = ((name, f"{capfirst(sentences.deed(name))} ({name})") for name in (*REGISTRY, LOOK))
    return [("", "–"), *sorted(said, key=itemgetter(1))]


def record_link(model: str, key: str) -> str | SafeString:
    """The kind of record, as a link to it where it has a page; the page itself says whether one may see it."""
    for found, registered in admin.site._registry.items():
        if found._meta.label_lower == model and key:
            link = registered.link("change", key)  # type: ignore[attr-defined]
            return format_html('<a class="text-link" href="{}">{}</a>', link, found._meta.verbose_name)
    return kind_of_record(model)


def kind_of_record(model: str) -> str:
    """In words; a model of a former release is told by the name it had."""
    try:
        return str(apps.get_model(model)._meta.verbose_name)
    except (LookupError, ValueError):
        return model


DAY = forms.DateInput(attrs={"type": "date"})
KNOWN = (MinValueValidator(days.FIRST), MaxValueValidator(days.LAST))


class SearchForm(forms.Form):
    person = forms.CharField(label=_("Person"), required=False)
    action = forms.ChoiceField(label=_("Action"), required=False, choices=_actions)
    record = forms.CharField(label=_("Record: id, reference or name"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=DAY, validators=KNOWN)
    until = forms.DateField(label=_("To"), required=False, widget=DAY, validators=KNOWN)

    def asked(self, actor: Actor) -> dict[str, Any]:
        """As the search takes it; days count in the reader's zone, both included."""
        typed = dict(self.cleaned_data) if self.is_valid() else {}
        since, until, record = (typed.pop(name, None) for name in ("since", "until", "record"))
        return {
            **typed,
            "records": records_called(record, actor) if record else None,
            "since": days.begin(since) if since else None,
            "until": days.begin(until + timedelta(days=1)) if until else None,
        }


def records_called(words: str, actor: Actor) -> list[str]:
    """Ids of the records that are meant: the id itself, and what the search finds for this reader under these words."""
    return [words, *(key for hit in registry.search(actor, words).hits for key in hit.records)]


class TrailPage(Page):
    """The audit search: sentences, newest first. What lies outside the reader's sight is a bare leaf hash."""

    template_name = "controls/trail.html"
    title = _("Audit trail")
    model_admin: Any = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, before = SearchForm(self.request.GET or None), self.request.GET.get("before", "")
        start = int(before) if re.fullmatch("[0-9]{1,18}", before) else None
        wrong = form.is_bound and not form.is_valid()
        found = timeline.Page() if wrong else timeline.search(self.actor, **form.asked(self.actor), before=start)
        kept = {name: value for name, value in self.request.GET.items() if name != "before" and value}
        return super().get_context_data(
            form=form,
            rows=[self.row(sentence) for sentence in found.sentences],
            older=urlencode({**kept, "before": found.next_before}) if found.next_before else "",
            asked=bool(kept),
            wrong=wrong,
            export=f"{self.model_admin.link('export')}?{urlencode(kept)}",
            **kwargs,
        )

    def row(self, sentence: timeline.Sentence) -> dict[str, Any]:
        about = "" if sentence.hidden else record_link(sentence.record_model, sentence.record_id)
        link = "" if sentence.hidden else self.model_admin.link("change", str(sentence.ref))
        return {"said": sentence, "what": sentences.deed(sentence.action), "about": about, "link": link}


def _revealed(values: dict[str, dict[str, Any]]) -> str:
    return "\n".join(f"{name}: {value['old']} → {value['new']}" for name, value in sorted(values.items()))


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):
    """One entry, found by the reference its content names it by."""

    facts = ("at", "who", "what", "action", "about", "id_of_record", "ref", "content")
    buttons = (
        Button(
            timeline.reveal,
            _("Reveal masked values"),
            _("You will see the values as they were written. That you read them, and why, is an entry in its turn."),
            icon="visibility",
            shows=_revealed,
        ),
    )

    def record(self, request: HttpRequest, object_id: str) -> Any:
        actor = request.actor  # type: ignore[attr-defined]
        try:
            found = AuditEntry.objects.visible_to(actor).filter(ref=object_id).first()
        except ValidationError:
            found = None
        if found is None or not timeline.visible([found], actor):
            raise Http404
        return found

    def key(self, record: Any) -> str:
        return str(record.ref)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        return TrailPage.as_view(model_admin=self)(request)

    def to_export(self, request: HttpRequest) -> Table:
        """What the reader may see of the trail is sorted out entry by entry: no worker makes a file of it."""
        actor = request.actor  # type: ignore[attr-defined]
        form = SearchForm(request.GET or None)
        if form.is_bound and not form.is_valid():
            raise Invalid(str(_("Put the filters right first.")))
        found = timeline.search(actor, **form.asked(actor), limit=TRAIL_LIMIT)
        head = ("sequence", "leaf", "time", "who", "action", "kind of record", "record", "reference")
        rows = [_row(sentence) for sentence in found.sentences]
        count = TRAIL_LIMIT + 1 if found.next_before else len(rows)
        return Table(count, head, lambda: rows, limit=TRAIL_LIMIT)

    @admin.display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        return sentences.names_of_actors({entry.actor})[entry.actor]

    @admin.display(description=_("what"))
    def what(self, entry: AuditEntry) -> str:
        return str(sentences.deed(entry.action))

    @admin.display(description=_("record"))
    def about(self, entry: AuditEntry) -> str | SafeString:
        return record_link(entry.record_model, entry.record_id)

    @admin.display(description=_("id of the record"))
    def id_of_record(self, entry: AuditEntry) -> str:
        return entry.record_id

    def heading(self, record: Any) -> str:
        return f"{self.who(record)}: {self.what(record)}"

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        reader: Actor = request.actor  # type: ignore[attr-defined]
        (event,) = sentences.events(timeline.sentences([record], reader), reader)
        rows: list[Any] = [(change.field, change.old or "–", change.new or "–") for change in event.changes]
        if event.reason:
            rows.append((_("reason"), "–", event.reason))
        empty = _("This entry tells of a reading: no value was changed.")
        return [{"title": _("Values"), "head": (_("value"), _("old"), _("new")), "rows": rows, "empty": empty}]


def _row(said: timeline.Sentence) -> tuple[Any, ...]:
    at, ref = said.at and in_zone(said.at), str(said.ref or "")
    return said.sequence, said.leaf, at, said.who, said.action, said.record_model, said.record_id, ref


class ByPerson(ChoiceFilter):
    """People are offered; an alarm leads to programs and jobs as well."""

    title = _("person")
    parameters = ("person",)

    def problem(self, value: str) -> str:
        return InputFilter.problem(self, value)

    def options(self) -> list[tuple[str, Any]]:
        people = Person.all_unrestricted.order_by("name").values_list("pk", "name")
        return [(f"person:{key}", name) for key, name in people]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(actor=typed[0])


class ByAction(ChoiceFilter):
    title = _("action")
    parameters = ("action",)

    def options(self) -> list[tuple[str, Any]]:
        return _actions()[1:]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(action=typed[0])


class ByRecord(InputFilter):
    title = _("id of the record")
    parameters = ("record",)

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(record_id=typed[0])


@admin.register(Attempt)
class AttemptAdmin(ModelAdmin):
    permission = "controls.view_audit"
    list_display = ("at", "who", "action", "about", "code")
    list_filter = (ByPerson, ByAction, ByRecord, DaysFilter)
    ordering = ("-id",)
    facts = ("at", "who", "action", "about", "record_id", "code")
    empty = _("Nothing was refused. Who tries what their role or the state of a record does not allow is told of here.")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        page = super().get_changelist_instance(request)
        page.result_list = _with_names(page.result_list)
        return page

    def plain_rows(self, rows: Any, names: Any) -> Any:
        return super().plain_rows(_with_names(rows), names)

    @admin.display(description=_("who"), ordering="actor")
    def who(self, attempt: Any) -> str:
        return str(attempt.who if hasattr(attempt, "who") else _with_names([attempt])[0].who)

    @admin.display(description=_("record"))
    def about(self, attempt: Attempt) -> str | SafeString:
        return record_link(attempt.record_model, attempt.record_id)

    def heading(self, record: Any) -> str:
        return f"{self.who(record)}: {record.action}, {record.code}"


def _with_names(attempts: Any) -> list[Any]:
    """Each with `.who`, looked up for all at once."""
    rows = list(attempts)
    known = sentences.names_of_actors({row.actor for row in rows})
    for row in rows:
        row.who = known[row.actor]
    return rows
