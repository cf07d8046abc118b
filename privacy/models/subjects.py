"""The persons data is kept about, and the certificates that it is gone."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet, Stateful


class Status(models.TextChoices):
    KEPT = "kept", _("kept as the law asks")
    RESTRICTED = "restricted", _("restricted until it may be erased")
    ERASING = "erasing", _("erased but for its files")
    ERASED = "erased", _("erased")


def apart_from(rows: Any, actor: Any, field: str = "") -> Any:
    """Without persons whom the reader is related to; `field` leads from a row to whom it is about."""
    if not actor.away:
        return rows
    about = Q(pk__in=[])
    for model, person in actor.away:
        about |= Q(**{f"{field}model": model, f"{field}person": person})
    return rows.exclude(about)


class SubjectQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor is None or not actor.may("privacy.view"):
            return self.none()
        return apart_from(self, actor)  # type: ignore[no-any-return]

    def due(self, today: date) -> Self:
        """The time the law asks for is over and nobody holds them. The longest due first."""
        from privacy.models.holds import Hold  # holds stand above subjects

        held = Exists(Hold.all_unrestricted.in_force().filter(subject=OuterRef("pk")))
        waiting = self.filter(status__in=(Status.KEPT, Status.RESTRICTED), retain_until__lt=today)
        return waiting.filter(~held).order_by("retain_until", "pk")

    def hidden(self) -> Self:
        """Seen only by those who must."""
        return self.filter(status=Status.RESTRICTED)


class Subject(Stateful, Record):
    """A person data is kept about, by the record that stands for them (`model`, `person`). The day until which it is
    kept is computed from the company's country and the end of the relationship, under a version of a policy."""

    Status = Status
    NEXT = {
        Status.KEPT: {Status.RESTRICTED, Status.ERASING},
        Status.RESTRICTED: {Status.ERASING},
        Status.ERASING: {Status.ERASED},
    }

    model = models.CharField(_("kind of person"), max_length=60)
    person = models.UUIDField(_("person"))
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.KEPT)
    country = models.CharField(_("country of the company"), max_length=3)
    ended_on = models.DateField(_("relationship ended"), null=True)
    retain_until = models.DateField(_("kept until"), null=True)
    policy = models.CharField(_("policy"), max_length=64)
    tracked_at = models.DateTimeField(_("known since"), default=clock.now)
    restricted_at = models.DateTimeField(_("restricted"), null=True)
    erased_at = models.DateTimeField(_("erased"), null=True)
    leftover = models.JSONField(default=list, help_text=_("names of files that are still to be removed"))

    audited = {
        "model": Mask.SHOWN,
        "person": Mask.SHOWN,
        "status": Mask.SHOWN,
        "country": Mask.SHOWN,
        "ended_on": Mask.SHOWN,
        "retain_until": Mask.SHOWN,
        "policy": Mask.SHOWN,
        "tracked_at": Mask.SHOWN,
        "restricted_at": Mask.SHOWN,
        "erased_at": Mask.SHOWN,
        "leftover": Mask.OPERATIONAL,
    }

    all_unrestricted = models.Manager.from_queryset(SubjectQuerySet)()
    objects = RestrictedManager(SubjectQuerySet)

    class Meta:
        verbose_name = _("data subject")
        verbose_name_plural = _("data subjects")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(fields=["retain_until", "id"], name="subjects_by_time"),
            models.Index(fields=["person"], name="subjects_restricted", condition=Q(status="restricted")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["model", "person"], name="a_person_is_one_subject"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="a_subject_has_a_known_state"),
            models.CheckConstraint(
                condition=~Q(status="restricted") | Q(restricted_at__isnull=False), name="a_restriction_has_its_day"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("kept", "restricted"), erased_at=None)
                | Q(status__in=("erasing", "erased"), erased_at__isnull=False),
                name="what_is_erased_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person)


class CertificateQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor is None or not actor.may("privacy.view"):
            return self.none()
        return apart_from(self, actor)  # type: ignore[no-any-return]


class Certificate(Record):
    """That a person was erased: when, under which rule, how much. Written before anything is emptied; no personal
    data. The database lets columns of evidence be emptied only where one stands, and none come about under a hold."""

    class Rule(models.TextChoices):
        DUE = "due", _("the time the law asks for is over")
        REPLAYED = "replayed", _("erased before; came back with a backup")

    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="certificate")
    model = models.CharField(_("kind of person"), max_length=60)
    person = models.UUIDField(_("person"), db_index=True)
    rule = models.CharField(_("rule"), max_length=10, choices=Rule)
    policy = models.CharField(_("policy"), max_length=64)
    retained_until = models.DateField(_("kept until"), null=True)
    at = models.DateTimeField(_("time"), default=clock.now)
    counts = models.JSONField(_("what was erased"))
    digest = models.CharField(_("digest"), max_length=64, help_text=_("SHA-256 over the names of rows and files"))

    audited = {
        "subject": Mask.SHOWN,
        "model": Mask.SHOWN,
        "person": Mask.SHOWN,
        "rule": Mask.SHOWN,
        "policy": Mask.SHOWN,
        "retained_until": Mask.SHOWN,
        "at": Mask.SHOWN,
        "counts": Mask.SHOWN,
        "digest": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(CertificateQuerySet)()
    objects = RestrictedManager(CertificateQuerySet)

    class Meta:
        verbose_name = _("certificate of erasure")
        verbose_name_plural = _("certificates of erasure")
        default_manager_name = "all_unrestricted"
        indexes = [models.Index(fields=["at", "id"], name="certificates_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(rule="replayed") | Q(rule="due", retained_until__isnull=False),
                name="an_erasure_names_the_day_that_was_over",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person)
