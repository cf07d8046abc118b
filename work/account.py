"""How I am told: a page of one's own account."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.errors import RuleError
from controls.models import Session
from controls.signin.account import inside
from work.actions import notices
from work.models import NoticeChoice

HOUR = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ChoiceForm(forms.Form):
    cadence = forms.ChoiceField(
        label=gettext_lazy("Mail"),
        choices=NoticeChoice.Cadence.choices,
        help_text=gettext_lazy("A mail holds how many notifications wait, and a link; nothing else."),
    )
    quiet_from = forms.TimeField(label=gettext_lazy("No mail from"), required=False, widget=HOUR)
    quiet_to = forms.TimeField(label=gettext_lazy("until"), required=False, widget=HOUR)


@inside
def choose(request: HttpRequest, session: Session) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    now = NoticeChoice.objects.visible_to(actor).first() or NoticeChoice()
    began = {"cadence": now.cadence, "quiet_from": now.quiet_from, "quiet_to": now.quiet_to}
    form = ChoiceForm(request.POST if request.method == "POST" else None, initial=began)
    if request.method == "POST" and form.is_valid():
        try:
            notices.choose_notices(by=actor, **form.cleaned_data)
        except RuleError as error:
            form.add_error(error.field if error.field in form.fields else None, error.text)
        else:
            messages.success(request, _("Kept."))
            return HttpResponseRedirect(reverse("notices:choose"))
    status = 422 if form.errors else 200
    return render(request, "work/choose.html", {"form": form, "zone": session.person.zone}, status=status)


urls = ([path("", choose, name="choose")], "notices")
