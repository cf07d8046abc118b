"""Who guessed too often, and until when nobody listens."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet


class LockOutQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        return self if actor.may("controls.view_staff") else self.none()

    def in_force(self) -> Self:
        return self.filter(locked_until__gt=clock.now())


class LockOut(Record):
    """Attempts to sign in as one person, from one address, or with one person's codes. Lifted by time alone.

    Found by a keyed digest; a name that is nobody's is not kept: people type their password there.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("passwords of a person")
        ADDRESS = "address", _("passwords from an address")
        CODES = "codes", _("second factor of a person")

    kind = models.CharField(_("what was guessed"), max_length=8, choices=Kind)
    index = models.CharField(max_length=100, unique=True)
    subject = EncryptedTextField()
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_at = models.DateTimeField(_("last attempt"), default=clock.now, db_index=True)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)

    audited = {
        "kind": Mask.SHOWN,
        "index": Mask.SECRET,
        "subject": Mask.MASKED,
        "attempts": Mask.OPERATIONAL,
        "last_at": Mask.OPERATIONAL,
        "locked_until": Mask.OPERATIONAL,
    }

    all_unrestricted = models.Manager.from_queryset(LockOutQuerySet)()
    objects = RestrictedManager(LockOutQuerySet)

    class Meta:
        verbose_name = _("lock-out")
        verbose_name_plural = _("lock-outs")
        default_manager_name = "all_unrestricted"
        ordering = ["-last_at"]

    def is_in_force(self) -> bool:
        return self.locked_until is not None and self.locked_until > clock.now()
