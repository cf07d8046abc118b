"""Filters of lists and queues with plain inputs: a text, a choice, a range of days in the reader's zone.

What is typed stands in the address. A value that cannot be understood is left out, and `problems` says so by the name
of the filter; an export refuses it, because a file would hold more than was asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.days import begin, day_of

SELECTED = mark_safe(" selected")


@dataclass(frozen=True)
class Chip:
    """A filter in use, as a page shows it: what it looks at and what it asks for."""

    name: str
    title: str
    said: str


class InputFilter(admin.ListFilter):
    """One or two inputs; `narrow` gets what was typed into them."""

    template = "base/filter.html"
    parameters: tuple[str, ...] = ()
    kind = "text"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.model = model
        self.problems: list[str] = []
        for name in self.parameters:
            value = params.pop(name, "")
            value = (value[-1] if isinstance(value, list) else value).strip()
            if problem := self.problem(value) if value else "":
                self.problems.append(problem % {"filter": capfirst(str(self.title)), "value": value[:40]})
            elif value:
                self.used_parameters[name] = value

    def problem(self, value: str) -> str:
        """Why this is no value of the filter, or nothing."""
        if value.isprintable():  # a null character is one that PostgreSQL does not know
            return ""
        return _("%(filter)s: this holds a character that cannot be looked for, and was left out.")

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameters)

    def inputs(self) -> Iterable[dict[str, Any]]:
        return [{"name": n, "value": self.used_parameters.get(n, ""), "label": self.title} for n in self.parameters]

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {"kind": self.kind, "inputs": self.inputs()}

    def shown(self) -> list[Any]:
        """`choices`, for a template that has no change list."""
        return list(self.choices(None))

    def chips(self) -> list[Chip]:
        used = [item for item in self.inputs() if item["value"]]
        return [Chip(item["name"], capfirst(str(item["label"])), self.said(item["value"])) for item in used]

    def said(self, value: str) -> str:
        return value

    def options(self) -> Iterable[tuple[str, Any]]:
        return ()

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.used_parameters:
            return queryset
        return self.narrow(queryset, *(str(self.used_parameters.get(name, "")) for name in self.parameters))

    def narrow(self, rows: Any, *typed: str) -> Any:
        raise NotImplementedError


class ChoiceFilter(InputFilter):
    """One of `options()`."""

    kind = "choice"

    @cached_property
    def known(self) -> dict[str, Any]:
        return {str(key): word for key, word in self.options()}

    def problem(self, value: str) -> str:
        return "" if value in self.known else _("%(filter)s: “%(value)s” is none of the choices, and was left out.")

    def inputs(self) -> Iterable[dict[str, Any]]:
        """With the options written out: a list of all countries is a third of a page's time as a loop of a template."""
        for item in super().inputs():
            options = ((key, SELECTED if key == item["value"] else "", word) for key, word in self.known.items())
            yield {**item, "options": format_html_join("", '<option value="{}"{}>{}</option>', options)}

    def said(self, value: str) -> str:
        return str(self.known.get(value, value))


class DaysFilter(InputFilter):
    """From a day to a day, both included, in the zone of the reader."""

    title = gettext_lazy("time")
    field = "at"
    kind = "date"
    parameters = ("from", "to")
    labels: tuple[Any, Any] = (gettext_lazy("From"), gettext_lazy("To"))

    def problem(self, value: str) -> str:
        return "" if day_of(value) else _("%(filter)s: “%(value)s” is no day like 2026-11-23, and was left out.")

    def inputs(self) -> Iterable[dict[str, Any]]:
        return [{**item, "label": label} for item, label in zip(super().inputs(), self.labels, strict=True)]

    def narrow(self, rows: Any, *typed: str) -> Any:
        first, last = (day_of(text) for text in typed)
        if first:
            rows = rows.filter(**{f"{self.field}__gte": begin(first)})
        if last:
            rows = rows.filter(**{f"{self.field}__lt": begin(last + timedelta(days=1))})
        return rows


class StateFilter(ChoiceFilter):
    """Each state with its word and the condition its rows fulfil."""

    title = gettext_lazy("state")
    parameters = ("state",)

    def states(self) -> dict[str, tuple[Any, Q]]:
        raise NotImplementedError

    def options(self) -> list[tuple[str, Any]]:
        return [(key, word) for key, (word, _condition) in self.states().items()]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(self.states()[typed[0]][1])


class EqualsFilter(ChoiceFilter):
    """A column that holds one of the choices its model declares."""

    field = ""

    def options(self) -> Iterable[tuple[str, Any]]:
        return list(self.model._meta.get_field(self.field).flatchoices)

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(**{self.field: typed[0]})


class StatusFilter(EqualsFilter):
    """The state of a record that declares its states."""

    title = gettext_lazy("state")
    parameters = ("state",)
    field = "status"
