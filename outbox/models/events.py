"""What happened, in words for machines: ids and states, never a person's data."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.ids import uuid7
from outbox.models.receivers import Receiver


class Event(models.Model):
    """Written in the transaction of the change it tells of, and never changed. The number orders what one transaction
    wrote; outside it is known by `ref`. `only` names the one receiver it is for, where it is not for all that hear of
    its kind."""

    ref = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(_("event"), max_length=60)
    at = models.DateTimeField(_("at"), default=clock.now)
    about = models.UUIDField(null=True, help_text=_("the person it is about, if it is about one"))
    payload: "models.JSONField[Any, Any]" = models.JSONField(null=True)  # null: whom it was about is erased
    only = models.ForeignKey(Receiver, null=True, on_delete=models.PROTECT, related_name="+")
    fanned_at = models.DateTimeField(null=True, help_text=_("put in the lines of its receivers"))

    objects = models.Manager["Event"]()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["id"], condition=Q(fanned_at=None), name="events_not_in_line_yet"),
            models.Index(fields=["about"], condition=Q(about__isnull=False), name="events_about_persons"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"
