"""The kinds of pages (Home, Desk, Record, Explorer; Queue and Inbox are in base.queues): ordinary views inside the
site, rendered on the server."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from base import registry
from base.buttons import reasons


class Page(TemplateView):
    """A page inside the frame. `permission` is asked of the actor; empty means whoever is signed in."""

    title: Any = ""
    permission = ""

    @property
    def actor(self) -> Any:
        return self.request.actor  # type: ignore[attr-defined]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.permission and not self.actor.may(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.request.current_app = admin.site.name
        frame = admin.site.each_context(self.request)
        return super().get_context_data(**{**frame, "title": self.title, "actor": self.actor, **kwargs})


class HomePage(Page):
    """What waits for this person, what is wrong, and a few figures."""

    template_name = "base/home.html"
    title = _("Home")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tiles = [self.tile(tile) for tile in registry.tiles if registry.may(tile, self.actor)]
        return super().get_context_data(
            tiles=sorted(tiles, key=lambda item: (not item["count"], item["tile"].order)),
            alarms=[alarm for source in registry.alarms for alarm in self.alarms(source)],
            figures=self.figures(),
            **kwargs,
        )

    def tile(self, tile: registry.Tile) -> dict[str, Any]:
        return {"tile": tile, "count": registry.ask(lambda: tile.count(self.actor)), "link": tile.link()}

    def alarms(self, source: registry.AlarmSource) -> list[registry.Alarm]:
        if not registry.may(source, self.actor):
            return []
        return registry.ask(lambda: list(source.look(self.actor))) or []

    def figures(self) -> list[registry.Chart | None]:
        shown = sorted(registry.figures, key=lambda figure: figure.order)
        return [registry.ask(lambda f=f: f.draw(self.actor)) for f in shown if registry.may(f, self.actor)][:4]  # type: ignore[misc]


class RecordPage(Page):
    """Everything about one record: header strip, actions, tabs (overview, what other apps know, timeline)."""

    template_name = "base/record.html"
    model_admin: Any = None
    record: Any = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        model_admin, record, tab = self.model_admin, self.record, self.request.GET.get("tab", "")
        label = record._meta.label_lower
        panels = [panel for panel in registry.panels if panel.model == label and registry.may(panel, self.actor)]
        buttons = model_admin.offered(self.request, record)
        shown: dict[str, Any] = {"opts": None, "record": record, "panels": panels, "tab": tab}
        if tab == "timeline":
            shown["events"], shown["missing"] = registry.timeline(self.actor, label, str(record.pk))
        elif panel := next((panel for panel in panels if panel.name == tab), None):
            shown["panel"] = panel
            shown["panel_context"] = registry.ask(lambda: panel.context(self.actor, str(record.pk)))
        else:
            shown["tab"] = ""
            shown["facts"] = model_admin.overview(record)
            shown["related"] = model_admin.related(self.request, record)
        return super().get_context_data(
            title=model_admin.opts.verbose_name_plural,
            list_link=model_admin.link("changelist") if model_admin.has_view_permission(self.request) else "",
            heading=model_admin.heading(record),
            strip=model_admin.strip(record),
            buttons=buttons,
            why_not=reasons(buttons),
            **shown,
            **kwargs,
        )


class DeskPage(Page):
    """Decide one thing. The template fills `strip`, `evidence`, `facts`, `decision` and `below`; `act` shows `buttons`
    of the context (base.buttons.offered) and why some are refused. An element with data-key="x" is pressed by the key
    x, and ? lists them."""

    template_name = "base/desk.html"


class ExplorerPage(Page):
    """Look at much at once: a legend, parts to choose from (`?part=`), the picture with its table, the export. The
    template fills `drawn`; a picture that is no table brings its table in `table`. The export holds every part."""

    template_name = "base/explorer.html"

    def legend(self) -> Sequence[tuple[Any, Any]]:
        """Each mark with what it means."""
        raise NotImplementedError

    def parts(self) -> Sequence[tuple[str, Any]]:
        """What can be looked at alone: its key and its name."""
        return ()

    @property
    def part(self) -> str:
        """The part asked for; nothing for all, and for one that does not exist."""
        asked = self.request.GET.get("part", "")
        return asked if any(key == asked for key, _name in self.parts()) else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(legend=self.legend(), parts=self.parts(), part=self.part, **kwargs)


def refused(request: HttpRequest, text: str, status: int = 403) -> HttpResponse:
    """A page that says why not."""
    frame = admin.site.each_context(request)
    context = {**frame, "title": text, "text": text}
    return HttpResponse(render_to_string("base/refused.html", context, request), status=status)
