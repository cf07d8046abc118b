"""Filters of lists with plain inputs: a text, a choice, a range of days in the reader's zone."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from base.days import begin


class InputFilter(admin.ListFilter):
    """One or two inputs; `narrow` gets what was typed into them."""

    template = "base/filter.html"
    parameters: tuple[str, ...] = ()
    kind = "text"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameters:
            value = params.pop(name, "")
            value = (value[-1] if isinstance(value, list) else value).strip()
            if value and "\x00" not in value:  # PostgreSQL knows no such character
                self.used_parameters[name] = value

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameters)

    def inputs(self) -> Iterable[dict[str, Any]]:
        return [{"name": n, "value": self.used_parameters.get(n, ""), "label": self.title} for n in self.parameters]

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {"kind": self.kind, "inputs": self.inputs(), "options": self.options()}

    def options(self) -> Iterable[tuple[str, Any]]:
        return ()

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.used_parameters:
            return queryset
        return self.narrow(queryset, *(str(self.used_parameters.get(name, "")) for name in self.parameters))

    def narrow(self, rows: Any, *typed: str) -> Any:
        raise NotImplementedError


class ChoiceFilter(InputFilter):
    """One of `options()`; anything else finds nothing."""

    kind = "choice"

    def inputs(self) -> Iterable[dict[str, Any]]:
        for item in super().inputs():
            options = [(str(key), word, str(key) == item["value"]) for key, word in self.options()]
            yield {**item, "options": options}


class DaysFilter(InputFilter):
    """From a day to a day, both included, in the zone of the reader."""

    title = _("time")
    field = "at"
    kind = "date"
    parameters = ("from", "to")

    def inputs(self) -> Iterable[dict[str, Any]]:
        labels = (_("From"), _("To"))
        return [{**item, "label": label} for item, label in zip(super().inputs(), labels, strict=True)]

    def narrow(self, rows: Any, *typed: str) -> Any:
        first, last = (_day(text) for text in typed)
        if first:
            rows = rows.filter(**{f"{self.field}__gte": begin(first)})
        if last:
            rows = rows.filter(**{f"{self.field}__lt": begin(last + timedelta(days=1))})
        return rows


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
