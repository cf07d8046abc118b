"""Who is signed in, from where, since when."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models.people import Person

if TYPE_CHECKING:
    from controls.session_limits import Limits


class SessionQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor.may("controls.suspend"):
            return self
        return self.filter(person_id=actor.person_id) if actor.kind == "person" else self.none()

    def of(self, person: Person) -> Self:
        return self.filter(person=person)

    def end(self, ending: str) -> int:
        """Part of an action: whatever of these still runs is over at its next request."""
        return self.filter(ended_at=None).update(ended_at=clock.now(), ending=ending)

    def in_force(self, limits: "Limits") -> Self:
        now = clock.now()
        return self.filter(ended_at=None, started_at__gt=now - limits.absolute, seen_at__gt=now - limits.idle)

    def with_state(self, limits: "Limits") -> Self:
        """Each with `.runs`: whether it is in force."""
        return self.annotate(runs=Q(pk__in=Session.all_unrestricted.in_force(limits).values("pk")))


class Session(Record):
    """A person is signed in with both factors. Ends by signing out, by being ended, or by time; Django's session
    holds this id and is worth nothing once this row has ended."""

    class Ending(models.TextChoices):
        SIGNED_OUT = "signed_out", _("signed out")
        REVOKED = "revoked", _("ended by hand")
        PASSWORD = "password", _("password changed")
        SUSPENDED = "suspended", _("person suspended")
        FACTORS = "factors", _("second factors reset")
        LEFT = "left", _("person left")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sessions", verbose_name=_("person"))
    started_at = models.DateTimeField(_("started"), default=clock.now)
    seen_at = models.DateTimeField(_("last seen"), default=clock.now)
    confirmed_at = models.DateTimeField(_("second factor last given"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ending = models.CharField(_("how it ended"), max_length=12, choices=Ending, blank=True)
    address = EncryptedTextField()
    browser = models.CharField(_("browser"), max_length=60, blank=True)

    audited = {
        "person": Mask.SHOWN,
        "started_at": Mask.SHOWN,
        "seen_at": Mask.OPERATIONAL,
        "confirmed_at": Mask.OPERATIONAL,
        "ended_at": Mask.SHOWN,
        "ending": Mask.SHOWN,
        "address": Mask.MASKED,
        "browser": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(SessionQuerySet)()
    objects = RestrictedManager(SessionQuerySet)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        default_manager_name = "all_unrestricted"
        ordering = ["-seen_at"]
        indexes = [models.Index(fields=["person", "ended_at", "-seen_at"], name="sessions_of_a_person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")),
                name="a_session_ends_in_a_known_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.started_at:%Y-%m-%d %H:%M}"

    def is_in_force(self, limits: "Limits") -> bool:
        now = clock.now()
        return self.ended_at is None and now - self.started_at < limits.absolute and now - self.seen_at < limits.idle

    def over(self) -> str:
        """How one that runs no more came to its end."""
        return str(_("timed out") if self.ended_at is None else self.get_ending_display())
