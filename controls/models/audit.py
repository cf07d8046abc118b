"""Evidence. Rows of a stream are never updated nor deleted (triggers hold it); an insert trigger queues each row,
and one sealer numbers queued rows without gaps into Merkle batches that are chained by hash.

An entry's `content` is the very text that is hashed. It holds salted commitments to values, never the values:
those lie beside, encrypted, in a table that can be shredded without breaking the chain.
"""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.fields import EncryptedJSONField
from base.models import RestrictedManager, RestrictedQuerySet
from controls import apart


class AuditEntryQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        """Whole entries: everything to who audits, one's own deeds to everybody else."""
        if actor.may("controls.view_audit"):
            return self
        return self.filter(actor=actor.label)

    def about(self, record: models.Model) -> Self:
        return self.filter(record_model=record._meta.label_lower, record_id=str(record.pk))


class AuditEntry(models.Model):
    """One action, or one sensitive read."""

    id = models.BigAutoField(primary_key=True)
    ref = models.UUIDField(unique=True, help_text=_("names the entry in its content and its values"))
    at = models.DateTimeField(_("time"))
    actor = models.CharField(_("actor"), max_length=80)
    person_id = models.UUIDField(null=True)
    action = models.CharField(_("action"), max_length=80)
    record_model = models.CharField(_("kind of record"), max_length=80)
    record_id = models.CharField(_("record"), max_length=40)
    content = models.TextField()

    all_unrestricted = models.Manager.from_queryset(AuditEntryQuerySet)()
    objects = RestrictedManager(AuditEntryQuerySet)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        default_manager_name = "all_unrestricted"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["record_model", "record_id", "-id"], name="audit_by_record"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["-at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor}"


class AuditValue(models.Model):
    """What an entry commits to: {name: {"salt", "old", "new", "mask"}}. May be shredded (deleted), never changed."""

    ref = models.UUIDField(primary_key=True)
    values = EncryptedJSONField()

    class Meta:
        verbose_name = _("audited values")
        verbose_name_plural = _("audited values")


class PendingSeal(models.Model):
    """A row of a stream that no batch holds yet; written by the stream's insert trigger."""

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=20)
    row_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["stream", "id"], name="pending_by_stream")]


class SealBatch(models.Model):
    """Numbered rows of a stream under one Merkle root (RFC 6962 prefixes), chained to the batch before."""

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=20)
    number = models.BigIntegerField()
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    sealed_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    root = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("sealed batch")
        verbose_name_plural = _("sealed batches")
        constraints = [
            models.UniqueConstraint(fields=["stream", "number"], name="batch_numbers_are_unique"),
        ]


class SealedRow(models.Model):
    """Which row has which number in its stream, and the leaf it became: by it a changed row is told by name, and
    not only its batch. Two indexes and no number of its own: indexes are most of what sealing costs, and numbers are
    compared sooner than names of streams."""

    pk = models.CompositePrimaryKey("sequence", "stream")
    stream = models.CharField(max_length=20)
    sequence = models.BigIntegerField()
    row_id = models.BigIntegerField()
    leaf = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["row_id", "stream"], name="row_sealed_once"),
        ]


class Checkpoint(models.Model):
    """A signed statement of how far a stream went; delivered to a witness outside the operators' reach."""

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=20)
    number = models.BigIntegerField(help_text=_("of the last batch"))
    sequence = models.BigIntegerField(help_text=_("of the last row"))
    at = models.DateTimeField()
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=200)
    key = models.CharField(max_length=64, help_text=_("the public key, hexadecimal"))
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "number"], name="one_checkpoint_a_batch")]


class Delivery(models.Model):
    """A witness took a checkpoint."""

    id = models.BigAutoField(primary_key=True)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="deliveries")
    witness = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("delivery of a checkpoint")
        verbose_name_plural = _("deliveries of checkpoints")
        constraints = [models.UniqueConstraint(fields=["checkpoint", "witness"], name="told_once_a_witness")]


class AttemptQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if not actor.may("controls.view_audit"):
            return self.none()
        return apart.without(self, actor.away, exact=str)  # type: ignore[no-any-return]


class Attempt(models.Model):
    """A refused attempt: logged apart from the chain, since nothing was changed."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("time"))
    actor = models.CharField(_("actor"), max_length=80)
    action = models.CharField(_("action"), max_length=80)
    record_model = models.CharField(_("kind of record"), max_length=80)
    record_id = models.CharField(_("record"), max_length=40)
    code = models.CharField(_("why refused"), max_length=40)

    objects = models.Manager.from_queryset(AttemptQuerySet)()

    class Meta:
        verbose_name = _("refused attempt")
        verbose_name_plural = _("refused attempts")
        indexes = [models.Index(fields=["-at"], name="attempt_by_time")]
