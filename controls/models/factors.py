"""Second factors: an authenticator app, passkeys, and a sheet of recovery codes.

Each is a device of django-otp with its own table, because the library's keep their secrets in clear. A factor is
never deleted: it is removed, and stays as the answer to "with what did she sign in then?".
"""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP
from django_otp_webauthn.models import AbstractWebAuthnCredential, as_credential_descriptors

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models.people import Person

LONGEST_WAIT = timedelta(minutes=15)
STEPS_BESIDE = 1  # codes of the step before and after are taken too: clocks differ
CODE = re.compile(r"[0-9]{6}")


class FactorQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """One's own; that a factor exists is known to who manages staff. Its secret is nobody's to see."""
        if actor.may("controls.view_staff"):
            return self
        return self.filter(user_id=actor.person_id) if actor.kind == "person" else self.none()

    def of(self, person: Person) -> Self:
        return self.filter(user=person)

    def in_use(self) -> Self:
        return self.filter(confirmed=True, removed_at=None)


class Factor(Record, TimestampMixin, Device):  # type: ignore[misc]
    """Something a person has."""

    user = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    audited = {
        "user": Mask.SHOWN,
        "name": Mask.SHOWN,
        "confirmed": Mask.SHOWN,
        "created_at": Mask.SHOWN,
        "last_used_at": Mask.OPERATIONAL,
        "removed_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(FactorQuerySet)()
    objects = RestrictedManager(FactorQuerySet)

    class Meta:
        abstract = True
        default_manager_name = "all_unrestricted"

    def __str__(self) -> str:
        return str(self.name)

    def remove(self) -> None:
        self.removed_at = clock.now()
        self.save(update_fields=["removed_at"])


def factors_of(person: Person) -> list[Factor]:
    """What the person can sign in with after the password, recovery codes aside."""
    kinds: tuple[type[Factor], ...] = (Authenticator, Passkey)
    return [factor for kind in kinds for factor in kind.all_unrestricted.of(person).in_use()]


class Throttled(ThrottlingMixin):  # type: ignore[misc]
    """After a wrong code the next is heard after 1, 2, 4 ... seconds, at most a quarter of an hour: guessing is
    hopeless, and nobody can be shut out for days by somebody who guesses."""

    audited_here = {"throttling_failure_timestamp": Mask.OPERATIONAL, "throttling_failure_count": Mask.OPERATIONAL}

    class Meta:
        abstract = True

    def get_throttle_factor(self) -> int:
        return 1

    def heard_again_at(self) -> datetime | None:
        """When the next code is listened to; None when at once."""
        if not self.throttling_failure_count or self.throttling_failure_timestamp is None:
            return None
        doublings = min(self.throttling_failure_count - 1, 20)
        at: datetime = self.throttling_failure_timestamp + min(timedelta(seconds=2**doublings), LONGEST_WAIT)
        return at if at > clock.now() else None

    def verify_is_allowed(self) -> tuple[bool, dict[str, Any] | None]:
        until = self.heard_again_at()
        return (until is None, None if until is None else {"locked_until": until})

    def noted(self, right: bool) -> bool:
        """Writes what the answer means for the next attempt, and hands it on."""
        if right:
            self.throttle_reset(commit=False)
            self.last_used_at = clock.now()
        else:
            self.throttling_failure_timestamp = clock.now()
            self.throttling_failure_count += 1
        self.save()
        return right


class Authenticator(Throttled, Factor):
    """An authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds, as every app knows it)."""

    key = EncryptedTextField()
    last_step = models.BigIntegerField(default=-1, help_text=_("no code of this step or an earlier one is taken"))

    audited = {
        **Factor.audited,
        **Throttled.audited_here,
        "key": Mask.SECRET,
        "last_step": Mask.OPERATIONAL,
    }

    class Meta(Factor.Meta):
        verbose_name = _("authenticator")
        verbose_name_plural = _("authenticators")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(removed_at=None), name="one_authenticator_a_person_at_a_time"
            )
        ]

    def verify_token(self, token: str) -> bool:
        """Call it on a locked row: that is what refuses the same code sent twice at once."""
        if self.heard_again_at():
            return False
        step = matching_step(self.key, token, after=self.last_step)
        self.last_step = self.last_step if step is None else step
        return self.noted(step is not None)

    def code(self) -> str:
        """The code of this moment (demonstration only: `manage.py otp`)."""
        return f"{_totp(self.key).token():06d}"


class RecoverySheet(Throttled, Factor):
    """Ten codes for the day the phone is lost; shown once, kept as digests, each good for one sign-in."""

    audited = {**Factor.audited, **Throttled.audited_here}

    class Meta(Factor.Meta):
        verbose_name = _("recovery codes")
        verbose_name_plural = _("recovery codes")

    def holds(self, code: str) -> bool:
        return self.unused().filter(digest=digest_of(self, code)).exists()

    def unused(self) -> models.QuerySet["RecoveryCode"]:
        return self.codes.filter(used_at=None)

    def verify_token(self, token: str) -> bool:
        if self.heard_again_at():
            return False
        used = self.unused().filter(digest=digest_of(self, token)).update(used_at=clock.now())
        return self.noted(used == 1)


class RecoveryCode(models.Model):
    """One code of a sheet. 80 random bits, so a plain digest tells nobody the code."""

    sheet = models.ForeignKey(RecoverySheet, on_delete=models.PROTECT, related_name="codes")
    digest = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")


class Passkey(Factor, AbstractWebAuthnCredential):  # type: ignore[misc]
    """A passkey or security key. Its private part never leaves the device; ours is the public one."""

    audited = {
        **Factor.audited,
        "credential_type": Mask.SHOWN,
        "credential_id": Mask.SECRET,
        "credential_id_sha256": Mask.SECRET,
        "public_key": Mask.SECRET,
        "transports": Mask.SHOWN,
        "sign_count": Mask.OPERATIONAL,
        "backup_eligible": Mask.SHOWN,
        "backup_state": Mask.OPERATIONAL,
        "aaguid": Mask.SHOWN,
        "discoverable": Mask.SHOWN,
    }

    class Meta(Factor.Meta):
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")

    @classmethod
    def get_by_credential_id(cls, credential_id: bytes) -> "Passkey":
        """What django-otp-webauthn asks; a passkey that was removed is none."""
        digest = cls.get_credential_id_sha256(credential_id)
        found: Passkey = cls.all_unrestricted.in_use().get(credential_id_sha256=digest)
        return found

    @classmethod
    def get_credential_descriptors_for_user(cls, user: Person) -> Any:
        return as_credential_descriptors(cls.all_unrestricted.of(user).in_use().order_by("-last_used_at"))


def matching_step(key: str, code: str, *, after: int = -1) -> int | None:
    """The time step whose code this is, if it lies after `after` and beside now."""
    if not CODE.fullmatch(code):
        return None
    totp = _totp(key)
    return int(totp.t()) if totp.verify(int(code), tolerance=STEPS_BESIDE, min_t=after + 1) else None


def digest_of(sheet: RecoverySheet, code: str) -> str:
    """People type codes in groups, in capitals, with spaces; all of these are the same code."""
    plain = re.sub(r"[^a-z0-9]", "", code.lower())
    return hashlib.sha256(f"recovery:{sheet.pk}:{plain}".encode()).hexdigest()


def _totp(key: str) -> TOTP:
    totp = TOTP(bytes.fromhex(key))
    totp.time = clock.now().timestamp()
    return totp
