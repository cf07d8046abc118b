"""What somebody holds beside their own roles, for a time: another's role while that person is away, an emergency right,
and what they keep away from. `standing_of` reads all of it, and the roles, in one query."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models.examinations import Examination
from controls.models.people import Person, RoleGrant, two_others
from controls.models.relations import Relation
from controls.roles import EXAMINER, ROLES, choices, emergency_choices, permissions_of


class OfPeople(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Everybody's to who sees the staff, one's own to everybody else."""
        if actor.may("controls.view_staff"):
            return self
        return self.filter(person_id=actor.person_id) if actor.kind == "person" else self.none()


class StandInQuerySet(OfPeople):
    def in_force(self) -> Self:
        """On the days given, while the absent person holds the role and both work here."""
        today = clock.today()
        held = RoleGrant.all_unrestricted.in_force().filter(
            person=models.OuterRef("absent"), role=models.OuterRef("role")
        )
        return self.filter(
            models.Exists(held), first_day__lte=today, last_day__gte=today, ended_at=None, absent__is_active=True
        )

    def running(self) -> Self:
        """Begun or not, and not over."""
        return self.filter(ended_at=None, last_day__gte=clock.today())

    def visible_to(self, actor: Any) -> Self:
        if actor.may("controls.view_staff"):
            return self
        mine = Q(person_id=actor.person_id) | Q(absent_id=actor.person_id)
        return self.filter(mine) if actor.kind == "person" else self.none()


class StandIn(Record):
    """A person holds a role of another's on given days (UTC), and acts for them. Proposed by one, agreed by another;
    ends by itself. Neither what the absent person made nor what the deputy made is checked by the deputy."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="stand_ins", verbose_name=_("deputy"))
    absent = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("for"))
    role = models.CharField(_("role"), max_length=40, choices=choices)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    agreed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("agreed by"))
    ended_at = models.DateTimeField(_("ended early"), null=True)

    audited = {
        "person": Mask.SHOWN,
        "absent": Mask.SHOWN,
        "role": Mask.SHOWN,
        "first_day": Mask.SHOWN,
        "last_day": Mask.SHOWN,
        "granted_by": Mask.SHOWN,
        "agreed_by": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(StandInQuerySet)()
    objects = RestrictedManager(StandInQuerySet)

    class Meta:
        verbose_name = _("deputy")
        verbose_name_plural = _("deputies")
        default_manager_name = "all_unrestricted"
        constraints = [
            models.CheckConstraint(
                condition=two_others("granted_by", "agreed_by", "person"), name="a_deputy_is_given_by_two_others"
            ),
            models.CheckConstraint(condition=~Q(person=F("absent")), name="a_deputy_is_another_person"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="a_deputy_has_days_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {_('for')} {self.absent}: {self.get_role_display()}"


class EmergencyQuerySet(OfPeople):
    def in_force(self) -> Self:
        now = clock.now()
        return self.filter(began_at__lte=now, ends_at__gt=now, ended_at=None)

    def unreviewed(self) -> Self:
        return self.filter(reviewed_at=None)


class EmergencyRight(Record):
    """The glass was broken: a person took a declared right for some hours, by themselves, and says why. Others are told
    at once, and until another person has reviewed what was done with it."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="emergencies", verbose_name=_("person"))
    role = models.CharField(_("right"), max_length=40, choices=emergency_choices)
    reason = EncryptedTextField()
    began_at = models.DateTimeField(_("began"), default=clock.now)
    ends_at = models.DateTimeField(_("ends"))
    ended_at = models.DateTimeField(_("ended early"), null=True)
    reviewed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("reviewed by")
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True)
    justified = models.BooleanField(_("was justified"), null=True)

    audited = {
        "person": Mask.SHOWN,
        "role": Mask.SHOWN,
        "reason": Mask.MASKED,
        "began_at": Mask.SHOWN,
        "ends_at": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
        "reviewed_by": Mask.SHOWN,
        "reviewed_at": Mask.SHOWN,
        "justified": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(EmergencyQuerySet)()
    objects = RestrictedManager(EmergencyQuerySet)

    class Meta:
        verbose_name = _("emergency right")
        verbose_name_plural = _("emergency rights")
        default_manager_name = "all_unrestricted"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("began_at")), name="an_emergency_right_ends"),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None, justified=None)
                | (
                    Q(reviewed_by__isnull=False, reviewed_at__isnull=False, justified__isnull=False)
                    & ~Q(reviewed_by=F("person"))
                ),
                name="an_emergency_right_is_reviewed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"

    def is_in_force(self) -> bool:
        return self.ended_at is None and self.began_at <= clock.now() < self.ends_at


@dataclass(frozen=True)
class Standing:
    """What a person holds at this moment. `borrowed`: a role, and whose it is (the absent person) or by which emergency
    right it is held. `away`: whom they keep away from, by kind and key."""

    roles: frozenset[str] = frozenset()
    borrowed: frozenset[tuple[str, UUID]] = frozenset()
    away: frozenset[tuple[str, UUID]] = frozenset()

    @property
    def permissions(self) -> frozenset[str]:
        """Who examines holds that and nothing else: a role that got there beside it counts for nothing."""
        held = self.roles | {role for role, _of in self.borrowed}
        return permissions_of(frozenset({EXAMINER}) if EXAMINER in held else held)


def standing_of(people: Iterable[UUID | None]) -> dict[UUID, Standing]:
    """One query. Nothing for who is suspended or has left."""
    who = {"person__in": [key for key in people if key is not None], "person__is_active": True}
    rows = [
        RoleGrant.all_unrestricted.in_force().filter(**who).annotate(of=F("person_id")),
        StandIn.all_unrestricted.in_force().filter(**who).annotate(of=F("absent_id")),
        EmergencyRight.all_unrestricted.in_force().filter(**who).annotate(of=F("id")),
        Examination.all_unrestricted.in_force()
        .filter(**who)
        .annotate(role=Value(EXAMINER, models.CharField()), of=F("id")),
    ]
    held_rows = [each.order_by().values_list("person_id", "role", "of") for each in rows]
    related = Relation.all_unrestricted.in_force().filter(**who, subject__isnull=False).order_by()
    first, *others = *held_rows, related.values_list("person_id", "model", "subject")
    found: dict[UUID, _Held] = {}
    for person, role, of in first.union(*others, all=True):
        held = found.setdefault(person, _Held())
        if "." in role:  # the label of a model
            held.away.add((role, of))
        else:
            held.roles.add(role) if of == person else held.borrowed.add((role, of))
    return {person: held.frozen() for person, held in found.items()}


@dataclass
class _Held:
    roles: set[str] = field(default_factory=set)
    borrowed: set[tuple[str, UUID]] = field(default_factory=set)
    away: set[tuple[str, UUID]] = field(default_factory=set)

    def frozen(self) -> Standing:
        return Standing(frozenset(self.roles), frozenset(self.borrowed), frozenset(self.away))


def holders_of(permission: str, name: str) -> Q:
    """Rows whose `name` is somebody who may do this at this moment, by whatever."""
    roles = [key for key in ROLES if permission in permissions_of(frozenset({key}))]
    found = Q(pk__in=[])
    for model in (RoleGrant, StandIn, EmergencyRight):
        rows = model.all_unrestricted.in_force().filter(role__in=roles, person__is_active=True)
        found |= Q(**{f"{name}__in": rows.values("person")})
    return found
