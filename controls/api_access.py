"""Who calls the API: a program by its key, or a signed-in person by the session."""

from typing import Any

import structlog
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from rest_framework import authentication, permissions
from rest_framework.exceptions import AuthenticationFailed, ParseError, PermissionDenied, Throttled
from rest_framework.request import Request

from base.problems import CHALLENGE
from controls import clients, limits
from controls.actor import Actor
from controls.addresses import address_of
from controls.models import ApiClient

LONGEST_KEY = 200
log = structlog.get_logger(__name__)


class KeyRefused(AuthenticationFailed):
    default_detail = "This key is not accepted."


class CsrfFailed(PermissionDenied):
    problem_code = "csrf_failed"


class ByKey(authentication.BaseAuthentication):
    """`Authorization: Bearer KEY`. The client is not its owner: no right of the owner reaches it."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiClient] | None:
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        address = address_of(request._request)
        client = clients.client_of(key.strip(), address) if len(key) <= LONGEST_KEY and key.isascii() else None
        if client is None:
            if seconds := limits.wait_after_refusal(request):
                raise Throttled(seconds)
            raise KeyRefused(_("This key is not accepted."))
        clients.used(client)
        actor = _actor(client)
        request._request.actor = actor  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(actor=actor.label)
        return AnonymousUser(), client

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class BySession(authentication.SessionAuthentication):
    """A person whose second factor was verified: the middleware has set `request.actor`. Writes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        if getattr(request._request, "actor", None) is None:
            return None
        try:
            self.enforce_csrf(request)
        except PermissionDenied as error:
            raise CsrfFailed(error.detail) from error
        except LookupError as error:  # a form in an encoding that is none
            raise ParseError from error
        return request._request.user, None


class Somebody(permissions.BasePermission):
    """Whoever it is, it is somebody. What they may see and do is asked of each record."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return getattr(request._request, "actor", None) is not None


def _actor(client: ApiClient) -> Actor:
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]
    roles = frozenset({client.role})
    return Actor("client", str(client.pk), client.name, client.owner_id, roles, request_id=request_id)
