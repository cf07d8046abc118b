"""What every request passes first: an id to find it by, and the fence around a demonstration.

And what every stored file leaves with."""

import ipaddress
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils.translation import gettext as _
from django_structlog.signals import bind_extra_request_failed_metadata, bind_extra_request_finished_metadata

# A stored file on its way to a browser: kept nowhere, run never, shown inside no other site.
FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store, private",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Next = Callable[[HttpRequest], HttpResponse]
HEADER = "X-Request-ID"


class RequestId:
    """Takes a caller's X-Request-ID when it is a UUID, else makes one; answers with it and logs by it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = valid_id(request.headers.get(HEADER, "")) or str(uuid4())
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.__dict__.pop("headers", None)  # Django keeps a parsed copy
        request.request_id = request_id  # type: ignore[attr-defined]
        response = self.get_response(request)
        response[HEADER] = request_id
        return response


def valid_id(text: str) -> str | None:
    if not re.fullmatch(r"[0-9a-fA-F-]{32,36}", text):
        return None
    try:
        return str(UUID(text))
    except ValueError:
        return None


class DemonstrationIsLocal:
    """A demonstration has passwords that everybody knows: it answers this machine only, whatever it was bound to, and
    nobody for whom something on this machine asks."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.LOOPBACK_ONLY and not all(is_loopback(name) for name in named_by(request)):
            text = _("This is a demonstration (DEMO=1): it can be used on the machine it runs on only.")
            return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
        return self.get_response(request)


def named_by(request: HttpRequest) -> list[str]:
    """Who asks, for whom a proxy says it asks, and under which name."""
    forwarded = [request.headers.get(name, "") for name in ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host")]
    said = [part.strip() for text in forwarded for part in text.split(",")]
    host, _port = split_domain_port(request.META.get("HTTP_HOST", "localhost"))
    return [request.META.get("REMOTE_ADDR", ""), host, *filter(None, [*said, request.headers.get("Forwarded", "")])]


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@receiver([bind_extra_request_finished_metadata, bind_extra_request_failed_metadata])
def who_and_where(request: HttpRequest, log_kwargs: dict[str, Any], **rest: Any) -> None:
    """The pattern of the address (the address itself may hold anything) and who asked."""
    log_kwargs.pop("request", None)
    match = getattr(request, "resolver_match", None)
    log_kwargs |= {"method": request.method, "route": match.route if match else None}
    if actor := getattr(request, "actor", None):
        structlog.contextvars.bind_contextvars(actor_id=actor.label)
