"""What people decided."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models import Person
from kyc.models.applications import Application


class DecisionQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Nothing for an API client: codes and findings would tip the applicant off."""
        if actor is None or actor.kind == "client":
            return self.none()
        return self.filter(application__in=Application.all_unrestricted.visible_to(actor).values("pk"))


class Decision(Record):
    """Who decided what, when, why, and on sight of what. Written once: never changed, never deleted (triggers)."""

    class Kind(models.TextChoices):
        APPROVE = "approve", _("approved")
        APPROVE_SECOND = "approve_second", _("approved as second person")
        SEND_BACK = "send_back", _("sent back by the second person")
        REJECT = "reject", _("rejected")
        ASK = "ask", _("asked for another picture")

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField(_("round"))
    kind = models.CharField(_("decision"), max_length=16, choices=Kind)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    maker = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("first person")
    )
    at = models.DateTimeField(_("time"), default=clock.now)
    reason_code = models.CharField(_("reason"), max_length=40)
    words = EncryptedTextField(_("words"), null=True)  # null: erased
    wanted = models.JSONField(_("pictures asked for"), default=list, help_text=_("kind and side"))
    seen = models.CharField(_("digest of what was seen"), max_length=64)
    policies = models.JSONField(_("policies it was taken under"), default=dict, help_text=_("name: digest"))

    audited = {
        "application": Mask.SHOWN,
        "round": Mask.SHOWN,
        "kind": Mask.SHOWN,
        "by": Mask.SHOWN,
        "maker": Mask.SHOWN,
        "at": Mask.SHOWN,
        "reason_code": Mask.SHOWN,
        "words": Mask.MASKED,
        "wanted": Mask.SHOWN,
        "seen": Mask.SHOWN,
        "policies": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(DecisionQuerySet)()
    objects = RestrictedManager(DecisionQuerySet)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        default_manager_name = "all_unrestricted"
        ordering = ["at"]
        indexes = [models.Index(fields=["at"], name="decisions_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["application", "round", "kind"], name="a_decision_is_taken_once_a_round"),
            models.CheckConstraint(
                condition=(Q(kind__in=("approve_second", "send_back"), maker__isnull=False) & ~Q(by=F("maker")))
                | (~Q(kind__in=("approve_second", "send_back")) & Q(maker=None)),
                name="the_second_decision_is_another_persons",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
