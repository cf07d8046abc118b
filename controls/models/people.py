"""People, the companies of the group, and who holds which role since when."""

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.ids import uuid7
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.roles import choices, permissions_of

FOUNDERS = ("administrator", "compliance_officer")


def two_others(one: str, another: str, holder: str) -> Q:
    """Two people are named, and the holder is neither."""
    return (
        Q(**{f"{one}__isnull": False, f"{another}__isnull": False})
        & ~Q(**{one: F(another)})
        & ~Q(**{one: F(holder)})
        & ~Q(**{another: F(holder)})
    )


class LegalEntityQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """The companies of the group are known to everybody who works for it."""
        return self


class LegalEntity(Record):
    """A company of the group; customers, applications, licences and ledgers belong to one."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166-1 alpha-2"))
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")

    audited = {"name": Mask.SHOWN, "country": Mask.SHOWN, "zone": Mask.SHOWN}

    all_unrestricted = models.Manager.from_queryset(LegalEntityQuerySet)()
    objects = RestrictedManager(LegalEntityQuerySet)

    class Meta:
        default_manager_name = "all_unrestricted"
        verbose_name = _("legal entity")
        verbose_name_plural = _("legal entities")

    def __str__(self) -> str:
        return self.name


class PersonQuerySet(RestrictedQuerySet):
    def without_role(self) -> Self:
        return self.exclude(grants__in=RoleGrant.all_unrestricted.filter(ended_at=None))

    def visible_to(self, actor: Any) -> Self:
        if actor.may("controls.view_staff"):
            return self
        return self.filter(pk=actor.person_id) if actor.kind == "person" else self.none()


class PeopleManager(BaseUserManager["Person"]):
    """Unrestricted: sign-in looks people up before anybody is known."""


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who works here. Nobody is a superuser; rights come from role grants alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(_("sign-in name"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail"), blank=True)
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    is_active = models.BooleanField(_("active"), default=True)
    password_is_temporary = models.BooleanField(default=False, help_text=_("another is asked for at sign-in"))
    password_issued_by = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="+", help_text=_("last")
    )
    created_by = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    restored_at = models.DateTimeField(null=True, editable=False, help_text=_("last time after a suspension"))
    restored_by = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    restore_agreed_by = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    reopened_at = models.DateTimeField(
        null=True, editable=False, help_text=_("on the server, when nobody could restore")
    )
    left_at = models.DateTimeField(_("left"), null=True, editable=False, help_text=_("everything they held ended"))
    factors_reset_at = models.DateTimeField(null=True, editable=False, help_text=_("second factors are set up anew"))
    is_staff = models.BooleanField(default=True, editable=False)
    joined_at = models.DateTimeField(default=clock.now, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    audited = {
        "username": Mask.SHOWN,
        "name": Mask.SHOWN,
        "email": Mask.MASKED,
        "zone": Mask.SHOWN,
        "is_active": Mask.SHOWN,
        "password_is_temporary": Mask.SHOWN,
        "password_issued_by": Mask.SHOWN,
        "created_by": Mask.SHOWN,
        "reopened_at": Mask.SHOWN,
        "left_at": Mask.SHOWN,
        "restored_at": Mask.SHOWN,
        "restored_by": Mask.SHOWN,
        "restore_agreed_by": Mask.SHOWN,
        "factors_reset_at": Mask.SHOWN,
        "password": Mask.SECRET,
        "is_staff": Mask.SHOWN,
        "is_superuser": Mask.SHOWN,
        "joined_at": Mask.SHOWN,
        "last_login": Mask.OPERATIONAL,
    }

    all_unrestricted = PeopleManager()
    objects = RestrictedManager(PersonQuerySet)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        default_manager_name = "all_unrestricted"
        constraints = [
            models.CheckConstraint(condition=Q(is_superuser=False), name="person_is_never_superuser"),
            models.CheckConstraint(
                condition=Q(restored_at=None, restored_by=None, restore_agreed_by=None)
                | (Q(restored_at__isnull=False) & two_others("restored_by", "restore_agreed_by", "id")),
                name="a_person_is_restored_by_two_others",
            ),
            models.CheckConstraint(condition=Q(left_at=None) | Q(is_active=False), name="who_has_left_is_not_active"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split()[0]

    def roles(self) -> frozenset[str]:
        """The roles in force now."""
        return frozenset(RoleGrant.all_unrestricted.in_force().filter(person=self).values_list("role", flat=True))

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and perm in permissions_of(self.roles())

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active


class RoleGrantQuerySet(RestrictedQuerySet):
    def in_force(self) -> Self:
        return self.filter(ended_at=None, suspended_at=None)

    def visible_to(self, actor: Any) -> Self:
        if actor.may("controls.view_staff"):
            return self
        return self.filter(person_id=actor.person_id) if actor.kind == "person" else self.none()


class RoleGrant(Record):
    """A person holds a role. Proposed by one, agreed by another; suspended or ended by one. The first two of an
    installation, its founders, were agreed by nobody. Restored, a suspended role is a new grant, so that the same
    holds for it; nothing of a grant is ever changed but that it is suspended or ends."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=40, choices=choices)
    granted_at = models.DateTimeField(default=clock.now)
    granted_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    agreed_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("agreed by")
    )
    founder = models.PositiveSmallIntegerField(
        null=True, unique=True, editable=False, help_text=_("1 or 2: given at the first start")
    )
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    audited = {
        "person": Mask.SHOWN,
        "role": Mask.SHOWN,
        "granted_at": Mask.SHOWN,
        "granted_by": Mask.SHOWN,
        "agreed_by": Mask.SHOWN,
        "founder": Mask.SHOWN,
        "suspended_at": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(RoleGrantQuerySet)()
    objects = RestrictedManager(RoleGrantQuerySet)

    class Meta:
        verbose_name = _("role grant")
        verbose_name_plural = _("role grants")
        default_manager_name = "all_unrestricted"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role"], condition=Q(ended_at=None), name="role_is_held_once_by_a_person"
            ),
            models.CheckConstraint(
                condition=(Q(founder=None) & two_others("granted_by", "agreed_by", "person"))
                | Q(founder=1, role=FOUNDERS[0], granted_by=None, agreed_by=None)
                | Q(founder=2, role=FOUNDERS[1], granted_by=None, agreed_by=None),
                name="a_role_is_given_by_two_others",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"


class ReportSightQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor.may("controls.grant_report_sight"):
            return self
        return self.filter(person_id=actor.person_id) if actor.kind == "person" else self.none()


class ReportSight(Record):
    """A person may see suspicious-activity reports. Granted by the MLRO, apart from every role."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="report_sights")
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    audited = {
        "person": Mask.SHOWN,
        "granted_by": Mask.SHOWN,
        "granted_at": Mask.SHOWN,
        "ended_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ReportSightQuerySet)()
    objects = RestrictedManager(ReportSightQuerySet)

    class Meta:
        default_manager_name = "all_unrestricted"
        verbose_name = _("sight of reports")
        verbose_name_plural = _("sight of reports")
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(ended_at=None), name="report_sight_once_a_person"),
        ]

    def __str__(self) -> str:
        return str(self.person)
