"""The one site at /admin/: who is signed in with a verified second factor gets in, nobody else.

Only admin classes of ours are let in: what libraries register of their own would write past the actions.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from base import registry
from base.admin import ModelAdmin
from base.pages import HomePage
from controls.middleware import to_sign_in

NOT_OURS = {"login", "logout", "password_change", "password_change_done", "autocomplete", "view_on_site", "app_list"}


class BackofficeSite(UnfoldAdminSite):  # type: ignore[misc]
    site_header = site_title = _("Back office")
    index_title = _("Home")
    empty_value_display = "–"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        if admin_class is not None and issubclass(admin_class, ModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return getattr(request, "actor", None) is not None

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return inner(request, *args, **kwargs) if self.has_permission(request) else to_sign_in(request)

        inner = super().admin_view(view, cacheable)
        return guarded

    def get_urls(self) -> list[URLPattern]:
        ours = [url for url in super().get_urls() if getattr(url, "name", None) not in NOT_OURS]
        pages = [path(page.path, self.admin_view(page.view), name=page.name) for page in registry.pages]
        return [*pages, *ours]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HomePage.as_view()(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The sidebar is drawn from backoffice.navigation."""
        return []

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What the command palette shows: only what the registered sources find for this reader."""
        found = registry.search(request.actor, request.GET.get("s", "").replace("\x00", "").strip())  # type: ignore[attr-defined]
        return TemplateResponse(request, "base/search_results.html", {"hits": found})
