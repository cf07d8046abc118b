"""The two ceremonies of a passkey, as django-otp-webauthn runs them; what it would save is handed to an action."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.helpers import WebAuthnHelper
from webauthn import base64url_to_bytes, verify_registration_response
from webauthn.helpers import parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException

from base.errors import Invalid
from controls.models.factors import Passkey
from controls.models.people import Person

STATE = "controls_passkey"


class Ceremonies(WebAuthnHelper):  # type: ignore[misc]
    """Asks for a passkey that is unlocked by its owner when the device can do that."""

    def registered(self, person: Person, state: dict[str, Any], data: dict[str, Any]) -> Passkey:
        """The new passkey, proven and not saved."""
        credential = parse_registration_credential_json(data)
        response = verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(state["challenge"]),
            expected_rp_id=self.get_relying_party_domain(),
            expected_origin=self.get_allowed_origins(),
            require_user_verification=state["require_user_verification"],
        )
        made: Passkey = self.create_credential(person, response, credential, data)
        return made


def begin_registration(request: HttpRequest, person: Person) -> dict[str, Any]:
    options, state = Ceremonies(request).register_begin(person)
    request.session[STATE] = {"for": "registration", **state}
    return dict(options)


def registered(request: HttpRequest, person: Person, data: dict[str, Any]) -> Passkey:
    state = _state(request, "registration")
    try:
        return Ceremonies(request).registered(person, state, data)
    except (WebAuthnException, OTPWebAuthnApiError) as error:
        raise Invalid(_("The passkey could not be verified."), field="passkey") from error


def begin_authentication(request: HttpRequest, person: Person) -> dict[str, Any]:
    options, state = Ceremonies(request).authenticate_begin(person, require_user_verification=False)
    request.session[STATE] = {"for": "authentication", **state}
    return dict(options)


def authenticated(request: HttpRequest, person: Person, data: dict[str, Any]) -> Passkey:
    """The passkey that answered the challenge; each challenge is good for one answer."""
    state = _state(request, "authentication")
    try:
        with transaction.atomic():
            found: Passkey = Ceremonies(request).authenticate_complete(person, state, data)
    except (WebAuthnException, OTPWebAuthnApiError) as error:
        raise Invalid(_("The passkey could not be verified."), field="passkey") from error
    return found


def _state(request: HttpRequest, ceremony: str) -> dict[str, Any]:
    state = request.session.pop(STATE, None)
    if state is None or state.pop("for") != ceremony:
        raise Invalid(_("Begin again: this took too long."), field="passkey")
    return dict(state)
