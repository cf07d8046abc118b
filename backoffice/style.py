"""The style page: each kind of page, every badge, a chart, what empty looks like, a dialog. For who builds pages, and
for who wants to know what a colour means."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from base import registry
from base.badges import STATES, Colour, badge
from base.buttons import AsksReason
from base.pages import Page

MEANS = {
    Colour.GREY: _("not started, closed"),
    Colour.BLUE: _("in work"),
    Colour.AMBER: _("waits for somebody, due soon"),
    Colour.RED: _("overdue, failed, alarm"),
    Colour.GREEN: _("passed, agreed, in force"),
    Colour.VIOLET: _("frozen, held"),
}
KINDS = [
    (_("Home"), _("What waits for me, what is wrong, a few figures."), "admin:index", ""),
    (_("Queue"), _("Choose or get the next piece of work."), "admin:work_task_changelist", "controls.view_home"),
    (
        _("Desk"),
        _("Decide one thing: evidence, facts, checks, one decision."),
        "admin:kyc_application_changelist",
        "kyc.view_application",
    ),
    (
        _("Record"),
        _("Everything about one thing: overview, what other parts know, timeline."),
        "admin:controls_legalentity_changelist",
        "",
    ),
    (
        _("Inbox"),
        _("Agree with another's proposal: old beside new."),
        "admin:controls_proposal_changelist",
        "controls.view_home",
    ),
    (_("Explorer"), _("Look at much: legend, filter, table, export."), "admin:permissions", "controls.view_staff"),
    (
        _("Intake"),
        _("Bring data in: match, try, apply, see what changed."),
        "admin:work_intake_changelist",
        "work.bring_in",
    ),
]


class StylePage(Page):
    """Shows and changes nothing; a kind of page is a link for who may open one."""

    template_name = "backoffice/style.html"
    title = _("Style")
    permission = "controls.view_home"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = [(name, why, where) for name, why, where, right in KINDS if not right or self.actor.may(right)]
        colours = [
            (MEANS[colour], colour.value, [badge(state, state.replace("_", " ")) for state in sorted(states.split())])
            for colour, states in STATES.items()
        ]
        days = [str(day) for day in (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"))]
        chart = registry.Chart(_("An invented figure: decisions of five days"), "41", "", days, [7, 9, 0, 12, 13])
        return super().get_context_data(kinds=kinds, colours=colours, figure=chart, **kwargs)


class AsksNothing(AsksReason):
    choice = forms.ChoiceField(label=_("A choice"), choices=[("a", _("One")), ("b", _("Another"))])


class _Sample:
    """Looks like a button of an action, and is none."""

    label = _("A dialog")


def dialog(request: HttpRequest) -> HttpResponse:
    """What a dialog looks like; nothing can be sent."""
    context = {
        "button": _Sample,
        "form": AsksNothing(),
        "consequence": _("Here stands what will happen. This one does nothing."),
        "refused": type("Refused", (), {"text": _("Here stands why it is refused: this is a sample.")}),
    }
    return HttpResponse(render_to_string("base/dialog.html", context, request))


def register() -> None:
    """Called once, when every app is ready."""
    registry.pages += [
        registry.PageEntry("style/", "style", StylePage.as_view()),
        registry.PageEntry("style/dialog/", "style_dialog", dialog),
    ]
