"""Programs that call the API, each with an owner who answers for it, and the answers they were given."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedJSONField
from base.ids import uuid7
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models.people import Person
from controls.roles import client_choices


class ApiClientQuerySet(RestrictedQuerySet):
    def usable(self) -> Self:
        alive = Q(expires_at=None) | Q(expires_at__gt=clock.now())
        return self.filter(alive, revoked_at=None, owner__is_active=True)

    def visible_to(self, actor: Any) -> Self:
        if actor.may("controls.view_staff"):
            return self
        if actor.kind == "job":
            return self.none()
        return self.filter(owner_id=actor.person_id) if actor.kind == "person" else self.filter(pk=actor.id)


class ApiClient(Record):
    """A program that may call the API: owned by a person, for a time, ended by anybody who may suspend."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="clients", verbose_name=_("owner"))
    role = models.CharField(_("role"), max_length=40, choices=client_choices)
    networks = models.JSONField(_("allowed networks"), default=list, help_text=_("CIDR; none means any"))
    expires_at = models.DateTimeField(_("expires"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    last_used_at = models.DateTimeField(_("last use"), null=True)
    made_at = models.DateTimeField(default=clock.now)

    audited = {
        "name": Mask.SHOWN,
        "owner": Mask.SHOWN,
        "role": Mask.SHOWN,
        "networks": Mask.SHOWN,
        "expires_at": Mask.SHOWN,
        "revoked_at": Mask.SHOWN,
        "last_used_at": Mask.OPERATIONAL,
        "made_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ApiClientQuerySet)()
    objects = RestrictedManager(ApiClientQuerySet)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        default_manager_name = "all_unrestricted"

    def __str__(self) -> str:
        return self.name

    def is_usable(self) -> bool:
        alive = self.expires_at is None or self.expires_at > clock.now()
        return alive and self.revoked_at is None and self.owner.is_active


class ClientKeyQuerySet(RestrictedQuerySet):
    def in_force(self) -> Self:
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()))

    def visible_to(self, actor: Any) -> Self:
        return self.filter(client__in=ApiClient.objects.visible_to(actor))


class ClientKey(Record):
    """A secret by which a client proves itself. It is shown once to the owner; only its digest is kept."""

    shown: str | None = None  # the key itself, on the object that issuing returns and nowhere else

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="keys", verbose_name=_("client"))
    start = models.CharField(_("starts with"), max_length=16, unique=True)
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of the key, which is 256 random bits"))
    made_at = models.DateTimeField(_("made"), default=clock.now)
    ends_at = models.DateTimeField(_("ends"), null=True)

    audited = {
        "client": Mask.SHOWN,
        "start": Mask.SHOWN,
        "digest": Mask.SECRET,
        "made_at": Mask.SHOWN,
        "ends_at": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(ClientKeyQuerySet)()
    objects = RestrictedManager(ClientKeyQuerySet)

    class Meta:
        verbose_name = _("key of a client")
        verbose_name_plural = _("keys of clients")
        default_manager_name = "all_unrestricted"

    def __str__(self) -> str:
        return self.start

    def is_in_force(self) -> bool:
        return self.ends_at is None or self.ends_at > clock.now()


class IdempotentAnswer(models.Model):
    """The answer a client got for an Idempotency-Key, written in the very transaction of its action."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.CharField(max_length=80, help_text=_("the actor's label"))
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of method, path and body"))
    answer = EncryptedJSONField(null=True)
    status = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="one_answer_a_key")]
        indexes = [models.Index(fields=["at"], name="answers_by_age")]


class RateWindow(models.Model):
    """How often somebody called within a minute. Written by controls.limits alone; worth nothing after a crash."""

    key = models.CharField(primary_key=True, max_length=100)
    minute = models.BigIntegerField()
    count = models.IntegerField()
