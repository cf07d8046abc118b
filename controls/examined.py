"""What an examiner asks for: closed unless declared, read-only, noted before it leaves, and marked."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from base.problems import Problem, rendered
from controls import examinations
from controls.examinations import ADDRESSES
from controls.middleware import out, to_sign_in
from controls.models import Examination

OWN = {"signin", "account"}  # one's own way in and out
PLAIN = {"admin:index", "admin:jsi18n"}  # no record stands there
READING = {"GET", "HEAD"}

Answer = Callable[[HttpRequest], HttpResponse]


class Examined:
    """Stands right behind sign-in, so that nothing an examiner is answered passes beside it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        actor = getattr(request, "actor", None)
        if actor is None or not actor.examines:
            return response
        grant = examinations.of(actor)
        if grant is None or not _noted(request, response):
            return _gone(request)
        return _marked(response, examinations.mark(grant))

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        actor = getattr(request, "actor", None)
        if actor is None or not actor.examines:
            return None
        grant = examinations.of(actor)
        if grant is None:
            return _gone(request)
        if _open(request, grant):
            return None
        if request.path_info.startswith("/api/"):
            return rendered(Problem(403, "not_permitted", _("Your role does not allow this.")))
        raise PermissionDenied


def _open(request: HttpRequest, grant: Examination) -> bool:
    found = request.resolver_match
    assert found is not None, "a view is about to answer"
    if OWN & set(found.namespaces):
        return True
    if request.method not in READING:
        return False
    address = ADDRESSES.get(found.view_name)
    return found.view_name in PLAIN or (address is not None and address.records in ("", *grant.records))


def _noted(request: HttpRequest, response: HttpResponse) -> bool:
    """True where there was nothing to note, or where it was: what was seen is what was answered with 200."""
    found = request.resolver_match
    address = ADDRESSES.get(found.view_name) if found else None
    if found is None or address is None or response.status_code != 200:
        return True
    about = address.model(pk=found.kwargs[address.key] if address.key else None)
    actor: Any = request.actor  # type: ignore[attr-defined]
    asked = unquote_plus(request.META.get("QUERY_STRING", ""))  # in plain words: an erasure looks for names in it
    return examinations.note_look(actor, about, found.view_name, asked)


def _gone(request: HttpRequest) -> HttpResponse:
    """It ended while the request was under way: what was about to leave does not."""
    out(request)
    request.actor = None  # type: ignore[attr-defined]
    return to_sign_in(request)


def _marked(response: HttpResponse, text: str) -> HttpResponse:
    """The mark across a page, and across a part of one that is asked for alone."""
    if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
        return response
    mark = render_to_string("controls/examination_mark.html", {"text": text, "times": range(24)}).encode()
    body = response.content
    at = body.rfind(b"</body>")
    at = at if at >= 0 else len(body)
    response.content = body[:at] + mark + body[at:]
    response.headers.pop("Content-Length", None)
    return response
