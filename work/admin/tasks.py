"""Tasks: what must be done, by when, for whom, about what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from base import badges, clock
from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import Asks, AsksReason, Button
from base.filters import ChoiceFilter, DaysFilter, StatusFilter
from base.queues import Column, QueuePage, Tab
from controls.models import Person
from controls.roles import ROLES
from controls.sentences import names_of_actors
from work import todo
from work.actions import todo as actions
from work.linking import with_subjects
from work.models import Task


def doing() -> list[tuple[str, Any]]:
    """Roles of people who do tasks."""
    return [(key, role.name) for key, role in ROLES.items() if "work.do_task" in role.permissions]


class ByKind(ChoiceFilter):
    title = _("kind")
    parameters = ("kind",)

    def options(self) -> list[tuple[str, Any]]:
        return [(kind.name, kind.title) for kind in todo.KINDS.values()]

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(kind=typed[0])


class Raised(DaysFilter):
    title = _("raised")
    field = "raised_at"
    labels = (_("Raised from"), _("Raised to"))


NOTHING_WAITS = _("No task waits for you. What others ask of you or of your role comes here.")
NOTHING_LATE = _("Nothing you may see is late.")
NONE_RAISED = _("You raised none. Raise a task asks a colleague or a role to do something by a day.")
NONE_ENDED = _("No task has ended yet.")


class Queue(QueuePage):
    template_name = "work/tasks.html"
    title = _("Tasks")
    permission = "controls.view_home"
    filters = (ByKind, StatusFilter, Raised)

    def tabs(self) -> list[Tab]:
        seen = Task.objects.visible_to(self.actor).select_related("owner").most_urgent_first()
        mine = seen.filter(raised_by=self.actor.label)
        ended = seen.exclude(status=Task.Status.OPEN).order_by("-ended_at", "-pk")
        return [
            Tab("me", _("For me"), seen.for_me(self.actor), empty=NOTHING_WAITS),
            Tab("late", _("Late"), seen.overdue(), empty=NOTHING_LATE),
            Tab("open", _("All open"), seen.open(), empty=NOTHING_WAITS),
            Tab("raised", _("I raised"), mine, empty=NONE_RAISED),
            Tab("ended", _("Ended"), ended, empty=NONE_ENDED),
        ]

    def columns(self) -> list[Column]:
        return [
            Column("due", _("Due"), ("due_at",)),
            Column("what", _("What"), ("kind",)),
            Column("about", _("About")),
            Column("for", _("For")),
            Column("state", _("State"), ("status",)),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["page"]
        page.object_list = with_subjects(page.object_list, self.actor)
        for row in page.object_list:
            row.title, row.meant = todo.title(row.kind), meant_for(row)
        context["buttons"] = self.model_admin.offered_on_list(self.request)
        return context


def meant_for(task: Task) -> str:
    """For whom, while nobody is at it."""
    if task.role:
        return str(ROLES[task.role].name)
    return str(_("whoever may decide it")) if task.right else ""


class AsksTask(Asks):
    """A person or a role, and the day by whose end it is to be done, in the zone of who asks."""

    words = forms.CharField(label=_("What is to be done"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    role = forms.ChoiceField(label=_("Role"), required=False)
    owner = forms.ModelChoiceField(label=_("Or a person"), queryset=Person.all_unrestricted.none(), required=False)
    day = forms.DateField(label=_("By the end of"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", "–"), *doing()]  # type: ignore[attr-defined]
        self.fields["owner"].queryset = colleagues(self.actor)  # type: ignore[attr-defined]
        self.fields["day"].initial = clock.today() + timedelta(days=1)


def colleagues(actor: Any) -> Any:
    """Who works here with a role that does tasks: colleagues are known by name."""
    roles = [key for key, _name in doing()]
    people = Person.all_unrestricted.filter(
        is_active=True, grants__role__in=roles, grants__ended_at=None, grants__suspended_at=None
    )
    return people.exclude(pk=actor.person_id).distinct().order_by("name")


@dataclass(frozen=True)
class RaiseTask(Button):
    def run(self, record: Any, *, by: Any, words: Mapping[str, Any]) -> Any:
        zone = Person.all_unrestricted.get(pk=by.person_id).zone
        at = datetime.combine(words["day"] + timedelta(days=1), time(), ZoneInfo(zone))
        return self.verb(
            by=by,
            kind=todo.ASKED.name,
            words=words["words"],
            role=words["role"],
            owner=words["owner"],
            due_at=at,
            due_source=f"{words['day']}, {zone}",
        )


class AsksColleague(AsksReason):
    to = forms.ModelChoiceField(label=_("To"), queryset=Person.all_unrestricted.none())
    field_order = ("to", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = colleagues(self.actor)  # type: ignore[attr-defined]


class AsksOutcome(Asks):
    outcome = forms.CharField(label=_("What came of it"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(Task)
class TaskAdmin(ModelAdmin):
    permission = "controls.view_home"
    list_display = ("what", "status", "due_at", "owner", "raised_at", "ended_at")
    list_select_related = ("owner",)
    ordering = ("due_at", "id")
    list_page = Queue
    facts = ("words", "about", "due_at", "due_source", "owner", "meant", "goes_up", "raised", "raised_at", "outcome")
    list_buttons = (
        RaiseTask(
            actions.raise_task,
            _("Raise a task"),
            _("Whoever it is for finds it in their tasks and is told. After its day it goes up to compliance."),
            form=AsksTask,
            kind="primary",
            icon="add_task",
            done=_("Raised."),
        ),
    )
    buttons = (
        Button(
            actions.take_task,
            _("Take"),
            _("It is yours until you do it or hand it over."),
            form=Asks,
            kind="primary",
            key="t",
            done=_("It is yours."),
        ),
        Button(
            actions.finish_task,
            _("Done"),
            _("The task ends; what you write stays with it."),
            form=AsksOutcome,
            key="d",
            done=_("Done."),
        ),
        Button(
            actions.hand_over,
            _("Hand over"),
            _("Your colleague is told, and it is theirs."),
            form=AsksColleague,
            done=_("Handed over."),
        ),
        Button(
            actions.withdraw_task,
            _("Withdraw"),
            _("The task ends without having been done."),
            done=_("Withdrawn."),
            shown=lambda task, by: task.raised_by == by.label,
        ),
    )

    def heading(self, record: Task) -> str:
        return todo.title(record.kind)

    def strip(self, record: Task) -> list[Any]:
        late = [labelled(Colour.RED, _("late"))] if record.is_overdue else []
        return [badges.state_badge(record), *late]

    def record(self, request: HttpRequest, object_id: str) -> Any:
        found = super().record(request, object_id)
        return with_subjects([found], request.actor)[0]  # type: ignore[attr-defined]

    def offered_on_list(self, request: HttpRequest) -> Any:
        from base.buttons import offered

        return [offered(one, None, self.link("do", one.path), by=request.actor) for one in self.list_buttons]  # type: ignore[attr-defined]

    @admin.display(description=_("task"), ordering="kind")
    def what(self, task: Task) -> str:
        return todo.title(task.kind)

    @admin.display(description=_("about"))
    def about(self, task: Any) -> Any:
        if not task.record_model:
            return "–"
        if task.subject is None:
            return _("a record that you may not see")
        return format_html('<a class="text-link" href="{}">{}</a>', task.subject_link, task.subject)

    @admin.display(description=_("for"))
    def meant(self, task: Task) -> str:
        return meant_for(task)

    @admin.display(description=_("goes up to"))
    def goes_up(self, task: Task) -> str:
        return str(ROLES[task.escalate_to].name)

    @admin.display(description=_("raised by"))
    def raised(self, task: Task) -> str:
        return names_of_actors({task.raised_by})[task.raised_by]
