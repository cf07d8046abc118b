"""The desk: pictures, what was read beside what was typed, every check with its reasons, and the decision."""

from typing import Any

from django.utils.translation import gettext as _

from base import registry
from base.buttons import reasons
from base.pages import DeskPage
from kyc import countries, findings, reports, risk
from kyc.models import Application, Check, Picture

EVENTS = 8
CLAIMING = {"claim", "extend_claim", "release_claim"}  # pressed at once, without a dialog
FREEING = {"free_claim"}
KEYS = 9  # pictures with a key of their own; the others are one step from it


class Desk(DeskPage):
    template_name = "kyc/desk.html"
    permission = "kyc.view_document"
    model_admin: Any = None
    record: Any = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        application: Application = self.record
        shown = reports.desk(application, self.actor)
        offered = self.model_admin.offered(self.request, application)
        deciding = [one for one in offered if one.button.path not in CLAIMING | FREEING]
        events, missing = registry.timeline(self.actor, application._meta.label_lower, str(application.pk))
        return super().get_context_data(
            title=shown.customer.name,
            desk=shown,
            application=application,
            country=countries.name(shown.customer.residence),
            standing=reports.standings([application]).get(application.pk),
            held=application.is_held_by(self.actor),
            claimed=application.is_claimed(),
            claiming=[one for one in offered if one.button.path in CLAIMING],
            freeing=[one for one in offered if one.button.path in FREEING],
            deciding=deciding,
            why_not=reasons(deciding),
            frames=[_frame(picture, number, shown) for number, picture in enumerate(shown.pictures, start=1)],
            checks=[_check(check) for check in sorted(shown.checks, key=_gravity)],
            risk_reasons=[risk.sentence(reason) for reason in application.risk_reasons],
            events=events[:EVENTS],
            missing=missing,
            **kwargs,
        )


def _frame(picture: Picture, number: int, shown: reports.Desk) -> dict[str, Any]:
    """A picture with the boxes of what was read on it; a box is left, top, right, bottom in its own pixels."""
    boxes = [
        {"name": field.name, "title": field.title, "x": x, "y": y, "width": right - x, "height": bottom - y}
        for field in shown.fields
        if field.box and field.picture == str(picture.pk)
        for x, y, right, bottom in [field.box]
    ]
    key = str(number) if number <= KEYS else ""
    return {"picture": picture, "number": number, "key": key, "boxes": boxes, "title": _title(picture)}


def _title(picture: Picture) -> str:
    """The document; its pages are told apart where it has several."""
    if len(picture.document.pictures.all()) == 1:
        return str(picture.document)
    return _("%(document)s, page %(page)d") % {"document": picture.document, "page": picture.page}


ICONS = {
    Check.Outcome.PASSED: "check",
    Check.Outcome.FAILED: "close",
    Check.Outcome.REVIEW: "priority_high",
    Check.Outcome.WAITING: "hourglass_empty",
}


def _gravity(check: Check) -> int:
    """What failed comes first and what passed last; within that, the order in which checks are named."""
    last = {Check.Outcome.FAILED: 0, Check.Outcome.PASSED: 2}
    return last.get(Check.Outcome(check.outcome), 1)


def _check(check: Check) -> dict[str, Any]:
    figures = {**check.scores, **{f"{_('threshold')} {name}": value for name, value in check.thresholds.items()}}
    return {
        "check": check,
        "icon": ICONS.get(Check.Outcome(check.outcome), "question_mark"),
        "reasons": [findings.words(reason) for reason in check.reasons],
        "figures": [(name.replace("_", " "), _figure(value)) for name, value in figures.items()],
        "open": check.outcome != Check.Outcome.PASSED,
    }


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_figure(item)}" for name, item in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(_figure(item) for item in value) or "–"
    if isinstance(value, bool):
        return str(_("holds")) if value else str(_("does not hold"))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
