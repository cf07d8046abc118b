"""A verb as a button: shown always, disabled with the reason when it would be refused, asked in a dialog, run by POST.

The dialog holds no rule: it collects words, calls the one action, and shows its refusal where it belongs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from base.errors import ConfirmationNeeded, RuleError

CONFIRM = "/sign-in/confirm/"


class Asks(forms.Form):
    """What a dialog asks. Forms of more than a reason derive from it and know the record and who asks."""

    def __init__(self, *args: Any, record: Any = None, actor: Any = None, **kwargs: Any) -> None:
        self.record, self.actor = record, actor
        super().__init__(*args, **kwargs)
        for asked in self.fields.values():
            if isinstance(asked.widget, forms.Textarea):
                # A browser cuts what is pasted at this length and says nothing; the form refuses it and keeps it all.
                asked.widget.attrs.pop("maxlength", None)


class AsksReason(Asks):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        error_messages={"required": _("Say why.")},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the audit trail; others will read it."),
    )


@dataclass(frozen=True)
class Button:
    """`verb` is a registered action; `fixed` are arguments nobody is asked for; `consequence` says what will happen,
    as a text or as a function of the record; `done` what has happened, as a text or as a function of the record and of
    what came of it, since the page that shows it may be about another record."""

    verb: Any
    label: Any
    consequence: Any = ""
    form: type[Asks] = AsksReason
    kind: str = ""
    icon: str = ""
    key: str = ""
    name: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    done: Any = ""
    shows: Callable[[Any], str] | None = None  # a secret of the result, shown once
    shown: Callable[[Any, Any], bool] = lambda record, by: True

    @property
    def path(self) -> str:
        return self.name or str(self.verb.action.body.__name__)

    def refusal(self, record: Any, *, by: Any) -> RuleError | None:
        found: RuleError | None = self.verb.refusal(record, by=by)
        return found

    def run(self, record: Any, *, by: Any, words: Mapping[str, Any]) -> Any:
        subject = [] if record is None else [record]
        return self.verb(*subject, by=by, **self.fixed, **words)

    def told(self, record: Any, result: Any) -> Any:
        return (self.done(record, result) if callable(self.done) else self.done) or _("Done.")

    def says(self, record: Any) -> Any:
        return self.consequence(record) if callable(self.consequence) else self.consequence


@dataclass(frozen=True)
class Offered:
    """A button as a page shows it to one actor."""

    button: Button
    link: str
    refused: RuleError | None

    @property
    def why_not(self) -> str:
        """Empty while it can be pressed: a missing confirmation is asked for on the way."""
        return "" if self.refused is None or isinstance(self.refused, ConfirmationNeeded) else self.refused.text


def offered(button: Button, record: Any, link: str, *, by: Any) -> Offered:
    return Offered(button, link, button.refusal(record, by=by))


def reasons(buttons: list[Offered]) -> dict[str, list[Any]]:
    """Why the disabled ones are disabled: each reason once, with the labels it holds for."""
    found: dict[str, list[Any]] = {}
    for item in buttons:
        if item.why_not:
            found.setdefault(item.why_not, []).append(item.button.label)
    return found


def dialog(request: HttpRequest, button: Button, record: models.Model | None, back: Callable[[], str]) -> HttpResponse:
    """GET shows the dialog (as a part of the page, or as a page); POST runs the action, once."""
    actor = request.actor  # type: ignore[attr-defined]
    refused = button.refusal(record, by=actor)
    if isinstance(refused, ConfirmationNeeded):
        return _to(request, f"{CONFIRM}?{urlencode({'next': request.path})}")
    form = button.form(request.POST if request.method == "POST" else None, record=record, actor=actor)
    status = 200 if refused is None else refused.status
    if request.method == "POST":
        if not form.is_valid():
            status = 422 if refused is None else status
        else:
            try:
                result = button.run(record, by=actor, words=form.cleaned_data)
            except ConfirmationNeeded:
                return _to(request, f"{CONFIRM}?{urlencode({'next': request.path})}")
            except RuleError as error:
                form.add_error(error.field if error.field in form.fields else None, error.text)
                status, refused = error.status, None
            else:
                if button.shows:
                    return _shown(request, button, record, form, None, 200, secret=button.shows(result))
                messages.success(request, button.told(record, result))
                return _to(request, back())
    return _shown(request, button, record, form, refused, status)


def _shown(
    request: HttpRequest,
    button: Button,
    record: Any,
    form: Asks,
    refused: RuleError | None,
    status: int,
    secret: str = "",
) -> HttpResponse:
    context = {
        "button": button,
        "form": form,
        "refused": refused,
        "consequence": button.says(record),
        "secret": secret,
    }
    if "HX-Request" in request.headers:
        return HttpResponse(render_to_string("base/dialog.html", context, request), status=status)
    frame = admin.site.each_context(request)
    page = render_to_string("base/dialog_page.html", {**frame, **context, "title": button.label}, request)
    return HttpResponse(page, status=status)


def _to(request: HttpRequest, link: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": link})
    return HttpResponseRedirect(link)
