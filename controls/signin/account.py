"""The pages of somebody who is in: fresh confirmation, one's own factors, password and sessions."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from base.errors import ConfirmationNeeded, RuleError
from controls.models.factors import Authenticator, Passkey, RecoverySheet
from controls.models.sessions import Session
from controls.policies import policy
from controls.session_limits import SESSIONS
from controls.signin import actions, codes, passkeys, steps
from controls.signin.forms import ChangePasswordForm, CodeForm, RecoveryForm
from controls.signin.pictures import picture_of
from controls.signin.views import Page, answer, asks, body, refuse, show_codes, typed

ENDED_SHOWN = 20


def inside(page: Page) -> Page:
    """A page for somebody who is in (the middleware lets nobody else come here), given the own session."""

    @never_cache
    @sensitive_post_parameters()
    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        session: Session | None = getattr(request, "sign_in", None)
        if session is None:
            return HttpResponseRedirect(settings.LOGIN_URL)
        return page(request, session, *args, **kwargs)

    return guarded


def act(request: HttpRequest, back: str, done: str, call: Callable[[], Any]) -> HttpResponse:
    """Runs one action and goes back to the page with its result or its refusal."""
    try:
        call()
    except ConfirmationNeeded:
        return steps.confirm_first(back)
    except RuleError as error:
        messages.error(request, error.text)
        return HttpResponseRedirect(back)
    messages.success(request, done)
    return HttpResponseRedirect(back)


@asks
@inside
def confirm(request: HttpRequest, session: Session, recovery: bool = False) -> HttpResponse:
    """A factor again, for what is sensitive; then back to where the person came from."""
    after = steps.safe(request.GET.get("next", "")) or reverse("admin:index")
    form = (RecoveryForm if recovery else CodeForm)(request.POST or None)
    context = {
        "recovery": recovery,
        "after": after,
        "passkeys": Passkey.all_unrestricted.of(session.person).in_use().exists(),
    }
    if request.method == "GET" or not form.is_valid():
        return answer(request, "controls/confirm.html", form, **context)
    try:
        check = codes.check_recovery if recovery else codes.check_authenticator
        check(session.person, form.cleaned_data["code"])
    except RuleError as error:
        return answer(request, "controls/confirm.html", form, status=refuse(form, error), **context)
    steps.confirmed(request, session)
    return HttpResponseRedirect(after)


@require_POST
@inside
def confirm_passkey_options(request: HttpRequest, session: Session) -> HttpResponse:
    return JsonResponse(passkeys.begin_authentication(request, session.person))


@require_POST
@inside
def confirm_passkey_answer(request: HttpRequest, session: Session) -> HttpResponse:
    after = steps.safe(request.GET.get("next", "")) or reverse("admin:index")
    try:
        passkeys.authenticated(request, session.person, body(request))
    except RuleError as error:
        return JsonResponse({"error": error.text}, status=error.status)
    steps.confirmed(request, session)
    return JsonResponse({"next": after})


@require_GET
@inside
def account(request: HttpRequest, session: Session) -> HttpResponse:
    person = session.person
    sheet = RecoverySheet.all_unrestricted.of(person).in_use().first()
    return answer(
        request,
        "controls/account.html",
        person=person,
        authenticator=Authenticator.all_unrestricted.of(person).in_use().first(),
        passkeys=Passkey.all_unrestricted.of(person).in_use().order_by("created_at"),
        sheet=sheet,
        codes_left=sheet.unused().count() if sheet else 0,
        confirmed=request.actor.confirmed(),  # type: ignore[attr-defined]
    )


def freshly(request: HttpRequest) -> HttpResponse | None:
    """Pages that end in a sensitive action ask for the factor before the work, not after it."""
    return None if request.actor.confirmed() else steps.confirm_first(request.path)  # type: ignore[attr-defined]


@asks
@inside
def authenticator(request: HttpRequest, session: Session) -> HttpResponse:
    if elsewhere := freshly(request):
        return elsewhere
    person = session.person
    key, form = steps.new_secret(request, person), CodeForm(request.POST or None)
    context = {**picture_of(person, key), "replaces": True}
    if request.method == "GET" or not form.is_valid():
        return answer(request, "controls/enrol.html", form, **context)
    try:
        actions.replace_authenticator(person, by=request.actor, key=key, code=typed(form))  # type: ignore[attr-defined]
    except RuleError as error:
        return answer(request, "controls/enrol.html", form, status=refuse(form, error), **context)
    steps.secret_used(request)
    messages.success(request, _("The new app is set up; codes of the old one are refused from now on."))
    return redirect("account:home")


@asks
@inside
def recovery_codes(request: HttpRequest, session: Session) -> HttpResponse:
    if elsewhere := freshly(request):
        return elsewhere
    shown = show_codes(request, session.person, request.actor, replaces=True)  # type: ignore[attr-defined]
    if shown is not None:
        return shown
    messages.success(request, _("The new codes hold; the old ones are refused from now on."))
    return redirect("account:home")


@asks
@inside
def password(request: HttpRequest, session: Session) -> HttpResponse:
    if elsewhere := freshly(request):
        return elsewhere
    form = ChangePasswordForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return answer(request, "controls/change_password.html", form)
    words = {"current": form.cleaned_data["current"], "password": form.cleaned_data["password"]}
    try:
        changed = actions.change_password(session.person, by=request.actor, keep=session.pk, **words)  # type: ignore[attr-defined]
    except RuleError as error:
        return answer(request, "controls/change_password.html", form, status=refuse(form, error))
    update_session_auth_hash(request, changed)
    messages.success(request, _("Your password is changed, and your other sessions are ended."))
    return redirect("account:home")


@require_POST
@inside
def passkey_options(request: HttpRequest, session: Session) -> HttpResponse:
    if not request.actor.confirmed():  # type: ignore[attr-defined]
        return JsonResponse({"next": steps.confirm_first(reverse("account:home"))["Location"]}, status=403)
    return JsonResponse(passkeys.begin_registration(request, session.person))


@require_POST
@inside
def passkey_answer(request: HttpRequest, session: Session) -> HttpResponse:
    try:
        data = body(request)
        proven = passkeys.registered(request, session.person, data)
        name = str(data.get("name") or steps.browser_of(request))
        actions.add_passkey(session.person, by=request.actor, proven=proven, name=name)  # type: ignore[attr-defined]
    except RuleError as error:
        return JsonResponse({"error": error.text}, status=error.status)
    messages.success(request, _("The passkey is added."))
    return JsonResponse({"next": reverse("account:home")})


@require_POST
@inside
def remove_passkey(request: HttpRequest, session: Session, key: UUID) -> HttpResponse:
    return _remove(request, Passkey, key)


@require_POST
@inside
def remove_authenticator(request: HttpRequest, session: Session, key: UUID) -> HttpResponse:
    return _remove(request, Authenticator, key)


def _remove(request: HttpRequest, model: type[Passkey] | type[Authenticator], key: UUID) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    factor = model.objects.visible_to(actor).filter(pk=key).first()
    if factor is None:
        raise Http404
    done = _("%(name)s is removed.") % {"name": factor.name}
    return act(request, reverse("account:home"), done, lambda: actions.remove_factor(factor, by=actor))


# --- sessions ----------------------------------------------------------------------------------------------------


@require_GET
@inside
def sessions(request: HttpRequest, session: Session) -> HttpResponse:
    own, limits = Session.all_unrestricted.of(session.person), policy(SESSIONS).value
    return answer(
        request,
        "controls/sessions.html",
        current=session,
        running=own.in_force(limits),
        past=own.exclude(pk__in=own.in_force(limits).values("pk"))[:ENDED_SHOWN],
    )


@require_POST
@inside
def end_session(request: HttpRequest, session: Session, key: UUID) -> HttpResponse:
    """One of one's own. Others' are ended in the admin, by who may."""
    ended = Session.all_unrestricted.of(session.person).filter(pk=key).first()
    if ended is None:
        raise Http404
    actor = request.actor  # type: ignore[attr-defined]
    done = _("The session is ended.")
    return act(request, reverse("account:sessions"), done, lambda: actions.end_session(ended, by=actor))


@require_POST
@inside
def end_others(request: HttpRequest, session: Session) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    return act(
        request,
        reverse("account:sessions"),
        _("Your other sessions are ended."),
        lambda: actions.end_other_sessions(session.person, by=actor, keep=session.pk),
    )


@require_POST
@inside
def sign_out(request: HttpRequest, session: Session) -> HttpResponse:
    actions.sign_out(session, by=request.actor)  # type: ignore[attr-defined]
    logout(request)
    return HttpResponseRedirect(settings.LOGIN_URL)
