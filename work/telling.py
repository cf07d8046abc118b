"""What tasks and notifications show on shared pages, in which words, and how they are told by mail."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base import registry
from controls import leaving, triggers
from outbox import mails
from work import todo
from work.actions import notices
from work.actions import todo as actions
from work.models import Notice, Task

DEEDS: dict[str, Any] = {
    "work.raise_task": _("raised a task"),
    "work.take_task": _("took the task"),
    "work.hand_over": _("handed the task over"),
    "work.finish_task": _("did the task"),
    "work.withdraw_task": _("withdrew the task"),
    "work.escalate_task": _("sent the task up, since its time was over"),
    "work.choose_notices": _("chose how to be told"),
    "work.mail_notices": _("told by mail how many notifications wait"),
}

HELD = leaving.Holding(
    _("Tasks"),
    "work.hand_over",
    lambda person: Task.all_unrestricted.open().filter(owner=person),
    actions.let_go,
    ("owner", "role"),
)


def register() -> None:
    """Called once, when the app is ready."""
    for kind in (todo.ASKED, todo.PROPOSAL):
        todo.register(kind)
    registry.sentences.update(DEEDS)
    registry.tiles += [
        registry.Tile(
            _("Tasks"),
            "work.do_task",
            lambda actor: Task.objects.visible_to(actor).for_me(actor).count(),
            lambda: f"{reverse('admin:work_task_changelist')}?tab=me",
            icon="task_alt",
            empty=_("No task waits for you."),
            order=40,
        ),
        registry.Tile(
            _("Notifications"),
            "controls.view_home",
            lambda actor: Notice.objects.visible_to(actor).unread().count(),
            lambda: reverse("admin:work_notice_changelist"),
            icon="notifications",
            empty=_("You have read everything."),
            order=45,
        ),
    ]
    mails.register(
        mails.Template(
            notices.MAIL,
            _("Back office: {count} waiting"),
            _("Notifications that wait for you: {count}. Sign in to see them."),
            "admin:work_notice_changelist",
        )
    )
    leaving.HOLDINGS.append(HELD)
    triggers.fixed("work.Task", "key", "kind", "record_model", "record_id", "raised_by", "raised_at")
    triggers.fixed("work.Notice", "person_id", "key", "what", "record_model", "record_id", "task_id", "at")
