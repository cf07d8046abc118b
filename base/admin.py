"""The base of every admin class: it shows what the actor may see, and changes nothing but through actions."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin


class ModelAdmin(UnfoldModelAdmin):  # type: ignore[misc]
    """Read-only. `permission` opens the list; a single record opens to whoever `visible_to` shows it to."""

    permission = ""
    actions = None
    list_filter_submit = False

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
