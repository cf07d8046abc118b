"""Typed codes: of the authenticator app, or of the recovery sheet."""

import math
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base import clock
from base.errors import Invalid
from controls.models.factors import Authenticator, RecoverySheet
from controls.models.people import Person
from controls.signin import lockouts


def check_authenticator(person: Person, code: str) -> None:
    """Raises Invalid for a wrong, old or used code, and while nobody listens after wrong ones."""
    _check(person, code.replace(" ", ""), Authenticator)


def check_recovery(person: Person, code: str) -> None:
    """The same for a recovery code, which is used up by it."""
    _check(person, code, RecoverySheet)


def _check(person: Person, code: str, model: type[Authenticator] | type[RecoverySheet]) -> None:
    lockouts.count(lockouts.Kind.CODES, str(person.pk), person.username)
    with transaction.atomic():
        devices = list(model.all_unrestricted.of(person).in_use().select_for_update())
        wait = _longest_wait(devices)
        right = not wait and any(device.verify_token(code) for device in devices)
    if wait:
        text = ngettext("Wait a second, then try again.", "Wait %(count)d seconds, then try again.", wait)
        raise Invalid(text % {"count": wait}, field="code", code="throttled")
    if not right:
        raise Invalid(_("This code does not fit, or was used already. Wait for the next one."), field="code")
    lockouts.succeeded(lockouts.Kind.CODES, str(person.pk))


def _longest_wait(devices: Iterable[Authenticator | RecoverySheet]) -> int:
    """In whole seconds."""
    times = [at for device in devices if (at := device.heard_again_at())]
    return math.ceil((max(times) - clock.now()).total_seconds()) if times else 0
