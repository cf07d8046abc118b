"""The pages on the way in. Each checks the shape, calls what decides, and goes on to the step that is missing."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from base.errors import Invalid, RuleError
from controls.addresses import address_of
from controls.models.factors import Passkey, RecoverySheet
from controls.models.people import Person
from controls.signin import actions, codes, lockouts, passkeys, steps
from controls.signin.forms import CodeForm, NewPasswordForm, PasswordForm, RecoveryForm
from controls.signin.pictures import picture_of
from controls.signin.steps import Pending

Page = Callable[..., HttpResponse]
asks = require_http_methods(["GET", "POST"])


def step(page: Page) -> Page:
    """A page for somebody who gave the password; anybody else begins at the beginning."""

    @never_cache
    @sensitive_post_parameters()
    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = steps.pending(request)
        if found is None:
            return HttpResponseRedirect(settings.LOGIN_URL)
        return page(request, *found, *args, **kwargs)

    return guarded


def answer(request: HttpRequest, template: str, form: forms.Form | None = None, **context: Any) -> HttpResponse:
    """A page; one that shows a refusal says so in its status too."""
    status = context.pop("status", 422 if form is not None and form.errors else 200)
    return render(request, template, {"form": form, **context}, status=status)


def refuse(form: forms.Form, error: RuleError) -> int:
    """Puts a refusal where the person looks, and gives its status."""
    form.add_error(error.field if error.field in form.fields else None, error.text)
    return error.status


@asks
@never_cache
@sensitive_post_parameters()
def password(request: HttpRequest) -> HttpResponse:
    """The first step. Who is unknown, suspended or wrong hears the same, and waits as long."""
    after = steps.safe(request.GET.get("next", ""))
    if request.actor is not None:  # type: ignore[attr-defined]
        return HttpResponseRedirect(after or reverse("admin:index"))
    form = PasswordForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return answer(request, "controls/password.html", form)
    try:
        person = _by_password(request, form.cleaned_data["name"], form.cleaned_data["password"])
    except RuleError as error:
        return answer(request, "controls/password.html", form, status=refuse(form, error))
    steps.begin(request, person, after)
    found = steps.pending(request)
    assert found is not None, "it has just begun"
    return steps.onward(request, *found)


def _by_password(request: HttpRequest, name: str, word: str) -> Person:
    """Attempts are counted before the password is looked at; an unknown name costs the same hashing."""
    name, address = Person.normalize_username(name.strip()), address_of(request)
    known = Person.all_unrestricted.filter(username=name).exists()
    lockouts.count(lockouts.Kind.ADDRESS, address, address)
    lockouts.count(lockouts.Kind.PERSON, name.casefold(), name if known else _("(a name that is nobody's)"))
    person = authenticate(request, username=name, password=word)
    if not isinstance(person, Person):
        raise Invalid(_("Name and password do not fit."))
    lockouts.succeeded(lockouts.Kind.ADDRESS, address)
    lockouts.succeeded(lockouts.Kind.PERSON, name.casefold())
    return person


@asks
@step
def factor(request: HttpRequest, state: Pending, person: Person, recovery: bool = False) -> HttpResponse:
    """The second step for who is enrolled: a code of the app, or one of the recovery sheet."""
    if not steps.is_next("signin:factor", state, person):
        return steps.onward(request, state, person)
    form = (RecoveryForm if recovery else CodeForm)(request.POST or None)
    context = {"recovery": recovery, "passkeys": Passkey.all_unrestricted.of(person).in_use().exists()}
    if request.method == "GET" or not form.is_valid():
        return answer(request, "controls/factor.html", form, **context)
    try:
        check = codes.check_recovery if recovery else codes.check_authenticator
        check(person, form.cleaned_data["code"])
    except RuleError as error:
        return answer(request, "controls/factor.html", form, status=refuse(form, error), **context)
    return steps.onward(request, steps.factor_given(request, state), person)


@require_POST
@step
def passkey_options(request: HttpRequest, state: Pending, person: Person) -> HttpResponse:
    return JsonResponse(passkeys.begin_authentication(request, person))


@require_POST
@step
def passkey_answer(request: HttpRequest, state: Pending, person: Person) -> HttpResponse:
    try:
        passkeys.authenticated(request, person, body(request))
    except RuleError as error:
        return JsonResponse({"error": error.text}, status=error.status)
    return JsonResponse({"next": steps.onward(request, steps.factor_given(request, state), person)["Location"]})


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON that a passkey's script sends."""
    try:
        data = json.loads(request.body)
    except ValueError as error:
        raise Invalid(_("This could not be read."), field="passkey") from error
    if not isinstance(data, dict):
        raise Invalid(_("This could not be read."), field="passkey")
    return data


@asks
@step
def new_password(request: HttpRequest, state: Pending, person: Person) -> HttpResponse:
    if not steps.is_next("signin:new-password", state, person):
        return steps.onward(request, state, person)
    form = NewPasswordForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return answer(request, "controls/new_password.html", form)
    try:
        changed = actions.replace_temporary_password(
            person, by=state.actor(person), password=form.cleaned_data["password"]
        )
    except RuleError as error:
        return answer(request, "controls/new_password.html", form, status=refuse(form, error))
    return steps.onward(request, steps.password_changed(request, state, changed), changed)


@asks
@step
def enrol(request: HttpRequest, state: Pending, person: Person) -> HttpResponse:
    """The authenticator app is set up: a picture to scan, and a code to show that it worked."""
    if not steps.is_next("signin:enrol", state, person):
        return steps.onward(request, state, person)
    key, form = steps.new_secret(request, person), CodeForm(request.POST or None)
    context = picture_of(person, key)
    if request.method == "GET" or not form.is_valid():
        return answer(request, "controls/enrol.html", form, **context)
    try:
        actions.enrol_authenticator(person, by=state.actor(person), key=key, code=typed(form))
    except RuleError as error:
        return answer(request, "controls/enrol.html", form, status=refuse(form, error), **context)
    steps.secret_used(request)
    return steps.onward(request, steps.factor_given(request, state), person)


def typed(form: forms.Form) -> str:
    """Apps show codes in two groups, and people type them so."""
    code: str = form.cleaned_data["code"]
    return code.replace(" ", "")


@asks
@step
def recovery_codes(request: HttpRequest, state: Pending, person: Person) -> HttpResponse:
    """Codes are made and shown by one POST, and never again; a second POST shows that one of them is kept."""
    if not steps.is_next("signin:codes", state, person):
        return steps.onward(request, state, person)
    shown = show_codes(request, person, state.actor(person))
    return steps.onward(request, state, person) if shown is None else shown


def show_codes(request: HttpRequest, person: Person, by: Any, **context: Any) -> HttpResponse | None:
    """The two halves of keeping recovery codes; None when a code was typed back rightly."""
    if request.method == "GET":
        return answer(request, "controls/codes.html", **context)
    if "code" not in request.POST:
        made = actions.new_recovery_codes(person, by=by)
        return answer(request, "controls/codes.html", RecoveryForm(), codes=made, **context)
    form = RecoveryForm(request.POST)
    sheet = RecoverySheet.all_unrestricted.of(person).filter(confirmed=False, removed_at=None).first()
    if sheet is None:
        return HttpResponseRedirect(request.path)
    if not form.is_valid():
        return answer(request, "controls/codes.html", form, waiting=True, **context)
    try:
        actions.confirm_recovery_codes(sheet, by=by, code=form.cleaned_data["code"])
    except RuleError as error:
        status = refuse(form, error)
        return answer(request, "controls/codes.html", form, waiting=True, status=status, **context)
    return None


@require_GET
@never_cache
def start_again(request: HttpRequest) -> HttpResponse:
    """Leaves the way in half-way."""
    if request.actor is None:  # type: ignore[attr-defined]
        request.session.flush()
    return HttpResponseRedirect(settings.LOGIN_URL)
