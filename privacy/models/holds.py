"""Legal holds: what must not be erased although its time is over."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models import Person
from privacy.models.subjects import Subject, apart_from


class HoldQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Why somebody is held may tip off: those who place holds, and who answers for erasure."""
        if actor is None or not actor.may("privacy.view_holds"):
            return self.none()
        return apart_from(self, actor, "subject__")  # type: ignore[no-any-return]

    def in_force(self) -> Self:
        return self.filter(lifted_at=None)


class Hold(Record):
    """A reason to keep a person's data whatever the retention says: a proceeding, an order. It has an owner and a day
    on which somebody must look again; it does not end by itself. Another person lifts it."""

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="holds", verbose_name=_("person"))
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner"))
    words = EncryptedTextField(_("why"))
    review_on = models.DateField(_("to be reviewed on"))
    placed_at = models.DateTimeField(_("placed"), default=clock.now)
    lifted_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("lifted by")
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True)

    audited = {
        "subject": Mask.SHOWN,
        "owner": Mask.SHOWN,
        "words": Mask.MASKED,
        "review_on": Mask.SHOWN,
        "placed_at": Mask.SHOWN,
        "lifted_by": Mask.SHOWN,
        "lifted_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(HoldQuerySet)()
    objects = RestrictedManager(HoldQuerySet)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        default_manager_name = "all_unrestricted"
        indexes = [
            models.Index(fields=["review_on", "id"], name="holds_by_review"),
            models.Index(fields=["subject"], name="holds_in_force", condition=Q(lifted_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_by=F("owner"))),
                name="a_hold_is_lifted_by_another",
            ),
        ]

    def __str__(self) -> str:
        return str(self.subject)
