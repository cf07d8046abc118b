"""What keeps an installation over time: backups taken, the restoration it came from, keys exchanged."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock


class Backup(models.Model):
    """An archive was written whole. Where it lies is not said: whoever reads the database need not know."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("state of"), help_text=_("the moment whose state the archive holds"))
    done_at = models.DateTimeField(_("written"), default=clock.now)
    size = models.BigIntegerField(_("bytes"))
    files = models.BigIntegerField(_("files"))
    missing = models.BigIntegerField(_("files that were not there"))
    sha256 = models.CharField(max_length=64, help_text=_("of the archive"))
    recipient = models.CharField(max_length=64, help_text=_("the public key it is sealed for, hexadecimal"))

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"], name="backups_by_time")]


class RestorationQuerySet(models.QuerySet["Restoration"]):
    def closed(self) -> Self:
        return self.filter(opened_at=None)


class Restoration(models.Model):
    """This database came out of an archive. While it is not opened, nobody signs in."""

    id = models.BigAutoField(primary_key=True)
    state_of = models.DateTimeField(_("state of"))
    restored_at = models.DateTimeField(_("restored"))
    archive = models.CharField(max_length=64, help_text=_("SHA-256 of the archive"))
    opened_at = models.DateTimeField(_("opened"), null=True)

    objects = models.Manager.from_queryset(RestorationQuerySet)()

    class Meta:
        verbose_name = _("restoration")
        verbose_name_plural = _("restorations")
        ordering = ["-restored_at"]


class KeyRotation(models.Model):
    """Data are brought from former keys to another. While it is under way, and only then, evidence may be encrypted
    anew, once, for that key. `header` is how whatever is encrypted for the key begins."""

    id = models.BigAutoField(primary_key=True)
    header = models.BinaryField()
    key_id = models.CharField(_("key"), max_length=20)
    began_at = models.DateTimeField(_("began"), default=clock.now)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("rotation of keys")
        verbose_name_plural = _("rotations of keys")
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(finished_at=None), name="one_rotation_of_keys_at_a_time"
            ),
        ]


class KeyHandover(models.Model):
    """One key for checkpoints takes over from another: both signed it, so whoever trusts one may trust the other."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("handed over"))
    former = models.CharField(max_length=64, help_text=_("public key, hexadecimal"))
    key = models.CharField(max_length=64, unique=True, help_text=_("public key, hexadecimal"))
    by_former = models.CharField(max_length=128, help_text=_("signature, hexadecimal"))
    by_key = models.CharField(max_length=128, help_text=_("signature, hexadecimal"))

    class Meta:
        verbose_name = _("hand-over of the key for checkpoints")
        verbose_name_plural = _("hand-overs of the key for checkpoints")
        ordering = ["id"]
