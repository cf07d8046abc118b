"""What workers found out."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedJSONField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from kyc.models.applications import Application

LEASE = timedelta(minutes=3)
ATTEMPTS = 3


class CheckQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Nothing for an API client: codes and findings would tip the applicant off."""
        if actor is None or actor.kind == "client":
            return self.none()
        return self.filter(application__in=Application.all_unrestricted.visible_to(actor).values("pk"))

    def current(self) -> Self:
        return self.filter(replaced_at=None)

    def waiting(self) -> Self:
        return self.current().filter(outcome=Check.Outcome.WAITING)

    def free(self) -> Self:
        """Nobody works on them: never leased, or the lease has lapsed."""
        return self.waiting().filter(Q(lease_until=None) | Q(lease_until__lte=clock.now()))


class Check(Record):
    """One question about an application, answered by a program: what it was given, which model in which version, the
    scores and thresholds, and why. Exactly one of each kind is current. While it waits it is the worker's queue entry:
    leased with a token, given up after three attempts, when a person looks."""

    class Kind(models.TextChoices):
        QUALITY = "quality", _("picture quality")
        MRZ = "mrz", _("machine-readable zone")
        EXPIRY = "expiry", _("expiry")
        AGREEMENT = "agreement", _("agreement with what was typed and printed")
        FACE = "face", _("portrait and selfie")

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        PASSED = "passed", _("passed")
        REVIEW = "review", _("look closely")
        FAILED = "failed", _("failed")
        INCONCLUSIVE = "inconclusive", _("inconclusive")
        ERROR = "error", _("could not be run")

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="checks")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, default=Outcome.WAITING)
    input_hash = models.CharField(_("hash of the input"), max_length=64)
    models_used = models.JSONField(_("models"), default=list)
    scores = models.JSONField(_("scores"), default=dict)
    thresholds = models.JSONField(_("thresholds"), default=dict)
    reasons = models.JSONField(_("reasons"), default=list)
    details = EncryptedJSONField(_("details"), null=True)
    policies = models.JSONField(_("policies it was judged by"), default=dict, help_text=_("name: digest"))
    made_at = models.DateTimeField(default=clock.now)
    computed_at = models.DateTimeField(_("computed"), null=True)
    replaced_at = models.DateTimeField(_("replaced"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    audited = {
        "application": Mask.SHOWN,
        "kind": Mask.SHOWN,
        "outcome": Mask.SHOWN,
        "input_hash": Mask.SHOWN,
        "models_used": Mask.SHOWN,
        "scores": Mask.SHOWN,
        "thresholds": Mask.SHOWN,
        "reasons": Mask.SHOWN,
        "details": Mask.MASKED,
        "policies": Mask.SHOWN,
        "made_at": Mask.SHOWN,
        "computed_at": Mask.SHOWN,
        "replaced_at": Mask.SHOWN,
        "attempts": Mask.OPERATIONAL,
        "lease_token": Mask.OPERATIONAL,
        "lease_until": Mask.OPERATIONAL,
    }

    all_unrestricted = models.Manager.from_queryset(CheckQuerySet)()
    objects = RestrictedManager(CheckQuerySet)

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        default_manager_name = "all_unrestricted"
        ordering = ["made_at"]
        indexes = [
            models.Index(fields=["outcome", "lease_until"], condition=Q(replaced_at=None), name="checks_that_wait")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind"], condition=Q(replaced_at=None), name="one_current_check_of_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(outcome="waiting", computed_at=None)
                | (~Q(outcome="waiting") & Q(computed_at__isnull=False)),
                name="a_check_has_its_outcome_when_it_was_computed",
            ),
            models.CheckConstraint(
                condition=Q(lease_token=None, lease_until=None)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="a_lease_has_a_token_and_an_end",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
