"""Nobody without a verified second factor gets past here. Closed unless listed."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import logout
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from base import clock
from base.errors import ConfirmationNeeded
from base.problems import CHALLENGE, Problem, rendered
from controls import examinations, policies
from controls.actor import Actor
from controls.models.keeping import Restoration
from controls.models.sessions import Session
from controls.session_limits import SESSIONS

SESSION = "controls_session"
CONFIRM_URL = "/sign-in/confirm/"
SEEN_EVERY = timedelta(minutes=1)

# What answers without a session, each for a reason of its own: the steps of sign-in themselves, files that are the
# same for everybody, and the probes of operations (metrics ask for their own token).
OPEN = re.compile(r"/(sign-in/(?!confirm/)|static/|healthz$|readyz$|metrics$)")

Answer = Callable[[HttpRequest], HttpResponse]


class SignedInOnly:
    """Sets `request.actor` from a session in force, and refuses everything else that is not open."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = _session_of(request)
        actor = None if session is None else _actor(request, session)
        if actor is not None and examinations.is_over(actor):
            out(request)
            session = actor = None
        request.actor = actor  # type: ignore[attr-defined]
        request.sign_in = session  # type: ignore[attr-defined]
        if (
            session is None
            and request.path_info.startswith(settings.LOGIN_URL)
            and Restoration.objects.closed().exists()
        ):
            return render(request, "closed.html", status=503)
        if session is None and not OPEN.match(request.path_info) and not _brings_key(request):
            return to_sign_in(request)
        response = self.get_response(request)
        if session is not None:
            response.setdefault("Cache-Control", "no-store, private")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page may let ConfirmationNeeded through: the person gives the factor again and comes back to it."""
        if not isinstance(error, ConfirmationNeeded) or request.path_info.startswith("/api/"):
            return None
        where = f"{CONFIRM_URL}?{urlencode({'next': _page_of(request)})}"
        if "HX-Request" in request.headers:
            return HttpResponse(status=401, headers={"HX-Redirect": where})
        return HttpResponseRedirect(where)


def _page_of(request: HttpRequest) -> str:
    """The page the person sees: this one, or the one whose form or fragment was sent from it."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return request.get_full_path()
    shown = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/admin/")
    return urlunsplit(("", "", shown.path, shown.query, "")) or "/admin/"


def _session_of(request: HttpRequest) -> Session | None:
    """The session in force; one that is not is cleared away with its cookie. Out of a backup come sessions too: none
    counts while what was restored is closed."""
    key = request.session.get(SESSION)
    if key is None:
        return None
    found = policies.beside(Session.all_unrestricted.select_related("person"), SESSIONS).filter(pk=key)
    session: Session | None = found.exclude(Exists(Restoration.objects.closed())).first()
    if (
        session is None
        or not session.is_in_force(policies.value_beside(session, SESSIONS))
        or request.user != session.person
    ):
        out(request)
        return None
    _seen(request, session)
    return session


def out(request: HttpRequest) -> None:
    """The cookie and what hangs on it are cleared away; the sign-in page says that it ended."""
    logout(request)
    request.sign_in_ended = True  # type: ignore[attr-defined]


def _seen(request: HttpRequest, session: Session) -> None:
    """Polling by the page itself (X-Background) does not keep a session alive."""
    now = clock.now()
    if now - session.seen_at >= SEEN_EVERY and "X-Background" not in request.headers:
        Session.all_unrestricted.filter(pk=session.pk).update(seen_at=now)


def _actor(request: HttpRequest, session: Session) -> Actor:
    request_id: str = getattr(request, "request_id", "") or str(uuid4())
    return Actor.of(session.person, confirmed_at=session.confirmed_at, request_id=request_id)


def _brings_key(request: HttpRequest) -> bool:
    """An API client shows its key; the API's own authentication decides about it."""
    return request.path_info.startswith("/api/") and request.headers.get("Authorization", "").startswith("Bearer ")


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To sign-in, and from there back to the page; who was signed in is told that it ended."""
    where = settings.LOGIN_URL
    if request.path_info.startswith("/api/"):
        text = _("Sign in, or send the key of an API client as Authorization: Bearer.")
        return rendered(Problem(401, "not_signed_in", text, headers={"WWW-Authenticate": CHALLENGE}))
    ended = {"ended": "1"} if getattr(request, "sign_in_ended", False) else {}
    link = f"{where}?{urlencode({'next': _page_of(request), **ended})}"
    if "HX-Request" in request.headers:
        return HttpResponse(status=401, headers={"HX-Redirect": link})
    return HttpResponseRedirect(link)
