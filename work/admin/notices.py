"""My notifications: what I was told of and may still see."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from base.admin import ModelAdmin
from base.filters import DaysFilter
from base.queues import Column, QueuePage, Tab
from work import todo
from work.actions import notices
from work.linking import with_subjects
from work.models import Notice

WORDS = {
    "handed": _("handed to you"),
    "late": _("late, and gone up to you"),
}


class Told(DaysFilter):
    title = _("told")
    field = "at"
    labels = (_("Told from"), _("Told to"))


class Board(QueuePage):
    template_name = "work/notices.html"
    title = _("Notifications")
    filters = (Told,)

    def tabs(self) -> list[Tab]:
        rows = Notice.objects.visible_to(self.actor).select_related("task").order_by("-at", "-pk")
        return [
            Tab("unread", _("Unread"), rows.unread(), empty=_("You have read everything.")),
            Tab("all", _("All"), rows, empty=_("You were told of nothing yet.")),
        ]

    def columns(self) -> list[Column]:
        return [Column("at", _("Told"), ("-at",)), Column("what", _("What")), Column("about", _("About"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["page"]
        page.object_list = with_subjects(page.object_list, self.actor)
        for row in page.object_list:
            row.said = said(row)
        return context


def said(notice: Notice) -> str:
    if notice.task is None:
        return notice.what
    kind = todo.KINDS.get(notice.task.kind)
    more = WORDS.get(notice.what)
    return f"{kind.told if kind else notice.task.kind}{f' ({more})' if more else ''}"


@admin.register(Notice)
class NoticeAdmin(ModelAdmin):
    list_display = ("at", "what", "read_at")
    ordering = ("-at", "-id")
    list_page = Board

    def get_urls(self) -> list[Any]:
        from django.urls import path

        guard = self.admin_site.admin_view
        return [
            path("read/", guard(self.read_all), name="work_notice_read_do"),
            path("<str:object_id>/open/", guard(self.open_view), name="work_notice_open_do"),
            *super().get_urls(),
        ]

    def read_all(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST":
            raise PermissionDenied
        notices.mark_read(request.actor)  # type: ignore[attr-defined]
        return HttpResponseRedirect(self.link("changelist"))

    def open_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Reads it and leads to its task. A POST, since it changes what is unread."""
        notice = self.record(request, object_id)
        if request.method != "POST":
            raise PermissionDenied
        notices.mark_read(request.actor, [notice])  # type: ignore[attr-defined]
        to = self.admin_site._registry[type(notice.task)].link("change", notice.task_id) if notice.task else ""
        return HttpResponseRedirect(to or self.link("changelist"))
