"""Who may do what, as matrices: which role may run which action, and which role holds which hand of what takes two."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import exporting, registry
from base.badges import Colour, labelled
from base.pages import ExplorerPage, Page
from controls import alone, reports, sentences
from controls.actions import REGISTRY
from controls.models import RoleGrant
from controls.roles import ROLES
from controls.toxic import TOXIC

LINES = 10_000  # a matrix has hundreds
PEOPLE = [key for key, role in ROLES.items() if role.kind == "person"]


def register() -> None:
    """Called once, when the app is ready."""
    for page in (PermissionsPage, AlonePage):
        registry.pages += [
            registry.PageEntry(f"{page.name}/", page.name, page.as_view()),
            registry.PageEntry(f"{page.name}/export/", f"{page.name}_export", page.as_view(as_file=True)),
        ]


class MatrixPage(Page):
    """A matrix with its file: the same rows, left by a POST, since that they left is an entry."""

    permission = "controls.view_staff"
    name = ""
    as_file = False
    model = RoleGrant
    of_customers = False

    def head(self) -> Sequence[Any]:
        raise NotImplementedError

    def lines(self) -> Iterable[Sequence[Any]]:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return exporting.view(request, self) if self.as_file else super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.as_file:
            raise PermissionDenied
        return exporting.view(request, self)

    def to_export(self, request: HttpRequest) -> exporting.Table:
        rows = list(self.lines())
        return exporting.Table(len(rows), self.head(), lambda: rows, limit=LINES)

    @property
    def export_title(self) -> str:
        return str(self.title)

    def export_back(self) -> str:
        return reverse(f"admin:{self.name}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roles = [ROLES[key].name for key in PEOPLE]
        return super().get_context_data(roles=roles, export=reverse(f"admin:{self.name}_export"), **kwargs)


class PermissionsPage(MatrixPage, ExplorerPage):
    """Which role may run which action: drawn from the table and the registry that decide it."""

    template_name = "controls/permissions.html"
    title = gettext_lazy("Roles and actions")
    name = "permissions"

    def head(self) -> Sequence[Any]:
        return [_("Action"), _("Takes two"), _("Fresh second factor"), *(ROLES[key].name for key in PEOPLE)]

    def lines(self) -> Iterable[Sequence[Any]]:
        for row in self.rows():
            found, marks = row["action"], ["x" if cell else "" for cell in row["cells"]]
            two = bool(found.quorum or found.maker)
            yield [row["name"], "x" if two else "", "x" if found.sensitive else "", *marks]

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "deed": sentences.deed(name), "action": REGISTRY[name], "cells": cells}
            for name in sorted(REGISTRY)
            if any(cells := [REGISTRY[name].permission in ROLES[key].permissions for key in PEOPLE])
        ]

    def legend(self) -> Sequence[tuple[Any, Any]]:
        return [
            ("●", _("the role may start the action")),
            (labelled(Colour.AMBER, "2"), _("others must agree")),
            (labelled(Colour.BLUE, _("fresh")), _("a second factor is asked for within 15 minutes")),
        ]

    def parts(self) -> Sequence[tuple[str, Any]]:
        labels = sorted({row["name"].partition(".")[0] for row in self.rows()})
        return [(label, apps.get_app_config(label).verbose_name) for label in labels]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = [row for row in self.rows() if self.part in ("", row["name"].partition(".")[0])]
        return super().get_context_data(rows=rows, **kwargs)


class AlonePage(MatrixPage):
    """What one person could do alone: what somebody could at this moment, then which role holds which hand."""

    template_name = "controls/alone.html"
    title = gettext_lazy("What one person can do alone")
    name = "alone"

    def head(self) -> Sequence[Any]:
        return [_("What takes two"), _("Held apart by"), *(ROLES[key].name for key in PEOPLE)]

    def lines(self) -> Iterable[Sequence[Any]]:
        """Who could, first; then the matrix."""
        for row in self.found():
            yield [f"{row['who']}: {row['what']}", row["why"], *("" for _key in PEOPLE)]
        for row in self.rows():
            yield [row["name"], row["apart"], *row["cells"]]

    def found(self) -> list[dict[str, Any]]:
        return [_told(each) for each in reports.alone_now()]

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "name": deed.name,
                "deed": sentences.deed(deed.name),
                "apart": _apart(deed),
                "cells": [_half(deed, key) for key in PEOPLE],
            }
            for deed in alone.deeds(REGISTRY)
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sensitive = {name: alone.ON_PURPOSE.get(name) for name, found in REGISTRY.items() if found.sensitive}
        return super().get_context_data(
            found=self.found(),
            rows=self.rows(),
            on_purpose=sorted((name, str(sentences.deed(name)), why) for name, why in sensitive.items() if why),
            toxic=[(ROLES[row.role].name, _others(row), row.reason) for row in TOXIC],
            **kwargs,
        )


def _told(found: alone.Finding) -> dict[str, Any]:
    who = " = ".join(found.names)
    if found.clash:
        return {"who": who, "what": found.clash.names, "why": found.clash.reason}
    why = _("they may come in by several accounts") if len(found.names) > 1 else _("by a program that is theirs")
    return {"who": who, "what": found.deed, "why": why}


def _apart(deed: alone.Deed) -> Any:
    return _("the action, by person") if deed.apart else _("roles that do not go together")


def _half(deed: alone.Deed, role: str) -> str:
    first, second = alone.halves(deed, role)
    return {(True, True): "1+2", (True, False): "1", (False, True): "2"}.get((first, second), "")


def _others(row: Any) -> str:
    others = [str(ROLES[other].name) for other in row.others if other != row.role]
    return _("any other") if len(others) == len(PEOPLE) - 1 else ", ".join(others)
