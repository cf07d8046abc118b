"""Refusals as a program reads them: RFC 9457 problem details with a stable `code`.

One place renders every refusal of the API, whoever raised it: a rule, a serializer, the framework or Django. What
is our own mistake is not rendered here: it crashes, is logged, and `server_error` tells nothing of it. The id of
the request is in a header, not in the body: a record that must not be known answers byte for byte like none.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from base.errors import NotFound, RuleError

CONTENT_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="api"'
BUSY = {"55P03", "57014", "40P01", "40001"}  # PostgreSQL: a lock or a statement took too long, or a deadlock stayed

# Every code, and what it means: told at /api/v1/problems. Each app adds those of its rules in its api.py.
CODES = {
    "malformed": gettext_lazy("The request could not be read: not JSON, or not as its content type says."),
    "not_signed_in": gettext_lazy("No key and no session came with the request."),
    "key_refused": gettext_lazy("The key is unknown, expired, revoked, or used from a network it is not for."),
    "csrf_failed": gettext_lazy("A signed-in browser must send its CSRF token."),
    "not_permitted": gettext_lazy("You may see this, but not do this with it."),
    "not_found": gettext_lazy("There is no such thing, or you may not know of it."),
    "method_not_allowed": gettext_lazy("The address exists, but not with this method."),
    "wrong_state": gettext_lazy("The record is not in a state in which this can be done."),
    "still_running": gettext_lazy("The first request with this Idempotency-Key has not ended yet; ask again."),
    "too_large": gettext_lazy("The body is larger than is taken."),
    "unsupported_media_type": gettext_lazy("The body is of a kind that is not taken here."),
    "invalid": gettext_lazy("One or more inputs are missing or wrong; `errors` names them."),
    "key_reused": gettext_lazy("This Idempotency-Key was used with another request."),
    "rate_limited": gettext_lazy("Too many requests; Retry-After says when to come back."),
    "crashed": gettext_lazy("Our mistake. It is logged under the id in X-Request-ID."),
    "busy": gettext_lazy("The database did not get to it in time; nothing was changed, ask again."),
}


@dataclass(frozen=True)
class Problem:
    """One refusal. `errors` holds {"field", "code", "detail"} for each input at fault."""

    status: int
    code: str
    detail: str
    errors: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "type": f"/api/v1/problems#{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return said | ({"errors": self.errors} if self.errors else {})


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """What DRF asks for each exception; None lets it crash."""
    problem = problem_of(error)
    if problem is None:
        return None
    return Response(problem.body(), problem.status, headers=problem.headers, content_type=CONTENT_TYPE)


def rendered(problem: Problem) -> HttpResponse:
    """For places outside of DRF: middleware, addresses that lead nowhere."""
    return JsonResponse(problem.body(), status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE)


def problem_of(error: Exception) -> Problem | None:
    if isinstance(error, RuleError):
        return _of_rule(error)
    if isinstance(error, Http404 | exceptions.NotFound):
        return _of_rule(NotFound(_("There is no such record.")))
    if isinstance(error, exceptions.ValidationError):
        return _of_inputs(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, DjangoPermissionDenied):
        return _of_framework(exceptions.PermissionDenied())
    if isinstance(error, RequestDataTooBig):
        return Problem(413, "too_large", _("The request is larger than is taken."))
    if isinstance(error, SuspiciousOperation | BadRequest):
        return Problem(400, "malformed", _("The request could not be read."))
    if isinstance(error, OperationalError) and _is_busy(error):
        return Problem(503, "busy", _("This could not be done in time. Ask again."), headers={"Retry-After": "1"})
    return None


def _of_rule(error: RuleError) -> Problem:
    named = [{"field": error.field, "code": error.code, "detail": error.text}] if error.field else []
    wait: int | None = getattr(error, "retry_after", None)
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return Problem(error.status, error.code, error.text, named, headers)


def _of_inputs(error: exceptions.ValidationError) -> Problem:
    errors = _flat(error.get_full_details())
    return Problem(422, "invalid", _("Some of what was sent is missing or wrong."), errors)


def _flat(details: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested details as a list, each input named by its path: "people.0.name"."""
    if isinstance(details, dict) and set(details) == {"message", "code"} and isinstance(details["code"], str):
        return [{"field": path, "code": details["code"], "detail": str(details["message"])}]
    named = details.items() if isinstance(details, dict) else _numbered(details)
    return [error for name, inner in named for error in _flat(inner, _below(path, str(name)))]


def _numbered(details: list[Any]) -> list[tuple[str, Any]]:
    """A list of messages belongs to its input; a list of nested details belongs to the items."""
    return [("" if set(inner) == {"message", "code"} else str(at), inner) for at, inner in enumerate(details) if inner]


def _below(path: str, name: str) -> str:
    return path if name in {"", "non_field_errors"} else f"{path}.{name}" if path else name


FRAMEWORK: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "malformed",
    exceptions.AuthenticationFailed: "key_refused",
    exceptions.NotAuthenticated: "not_signed_in",
    exceptions.PermissionDenied: "not_permitted",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "rate_limited",
}


def _of_framework(error: exceptions.APIException) -> Problem:
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(-(-wait // 1)))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    known = (code for kind, code in FRAMEWORK.items() if isinstance(error, kind))
    code = getattr(error, "problem_code", None) or next(known, str(error.default_code))
    return Problem(error.status_code, code, str(error.detail), headers=headers)


def _is_busy(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") in BUSY or "locked" in str(error)


# --- addresses outside of any view --------------------------------------------------------------------------------


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: an address of the API that leads nowhere answers like the API."""
    if request.path_info.startswith("/api/"):
        return rendered(_of_rule(NotFound(_("There is no such record."))))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return rendered(problem_of(exception) or Problem(400, "malformed", _("The request could not be read.")))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: says nothing about what went wrong but the id under which it is logged."""
    found = getattr(request, "request_id", "")
    if request.path_info.startswith("/api/"):
        headers = {"X-Request-ID": found} if found else {}
        return rendered(Problem(500, "crashed", _("Something went wrong on our side. It is logged."), headers=headers))
    return HttpResponseServerError(render_to_string("500.html", {"request_id": found}))
