"""What the customer handed in."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import clock
from base.fields import EncryptedJSONField, EncryptedTextField
from base.models import Mask, Record, RestrictedManager, RestrictedQuerySet
from controls.models.examinations import scope_of
from kyc.models.applications import Application


class DocumentQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor is not None and actor.examines and not scope_of(actor, "kyc.document"):
            return self.none()
        return self.filter(application__in=Application.all_unrestricted.visible_to(actor).values("pk"))

    def current(self) -> Self:
        return self.filter(replaced_at=None)

    def of_identity(self) -> Self:
        return self.exclude(kind=Document.Kind.SELFIE)


class Document(Record):
    """One upload: a side of a document, or a selfie. The original lies encrypted and is never served; people see its
    Pictures. A better one replaces it, it is not overwritten."""

    class Kind(models.TextChoices):
        PASSPORT = "passport", _("passport")
        IDENTITY_CARD = "identity_card", _("identity card")
        RESIDENCE_PERMIT = "residence_permit", _("residence permit")
        DRIVING_LICENCE = "driving_licence", _("driving licence")
        SELFIE = "selfie", _("selfie")

    class Side(models.TextChoices):
        FRONT = "front", _("front")
        BACK = "back", _("back")

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    side = models.CharField(_("side"), max_length=5, choices=Side, default=Side.FRONT)
    uploaded_at = models.DateTimeField(_("uploaded"), default=clock.now)
    uploaded_by = models.CharField(_("uploaded by"), max_length=80)
    replaced_at = models.DateTimeField(_("replaced"), null=True)
    original_name = EncryptedTextField(_("name of the file"))
    original_file: "models.CharField[Any, Any]" = models.CharField(  # noqa: DJ001 - null: erased
        max_length=120, unique=True, null=True
    )
    original_sha256 = models.CharField(max_length=64)
    original_size = models.PositiveIntegerField(_("size in bytes"))
    original_type = models.CharField(_("type found"), max_length=40)
    verdict = models.JSONField(_("what intake found"), default=dict)
    reading = EncryptedJSONField(_("what was read"), null=True)
    number_index = models.CharField(
        max_length=90, blank=True, db_index=True, help_text=_("blind index of the document number, if surely read")
    )

    audited = {
        "application": Mask.SHOWN,
        "kind": Mask.SHOWN,
        "side": Mask.SHOWN,
        "uploaded_at": Mask.SHOWN,
        "uploaded_by": Mask.SHOWN,
        "replaced_at": Mask.SHOWN,
        "original_name": Mask.MASKED,
        "original_file": Mask.SHOWN,
        "original_sha256": Mask.SHOWN,
        "original_size": Mask.SHOWN,
        "original_type": Mask.SHOWN,
        "verdict": Mask.SHOWN,
        "reading": Mask.MASKED,
        "number_index": Mask.SECRET,
    }

    all_unrestricted = models.Manager.from_queryset(DocumentQuerySet)()
    objects = RestrictedManager(DocumentQuerySet)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        default_manager_name = "all_unrestricted"
        ordering = ["uploaded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "side"],
                condition=Q(replaced_at=None),
                name="one_current_document_of_a_kind_and_side",
            ),
            models.CheckConstraint(
                condition=Q(side="front") | ~Q(kind__in=("passport", "selfie")), name="only_cards_have_a_back"
            ),
        ]

    def __str__(self) -> str:
        if self.kind in (self.Kind.PASSPORT, self.Kind.SELFIE):
            return str(self.get_kind_display())
        return f"{self.get_kind_display()}, {self.get_side_display()}"

    def sure_number(self) -> str:
        """The document number that was surely read; empty if there is none."""
        from kyc import judging  # stands above the models

        return judging.sure_number((self.reading or {}).get("pages", []))


class PictureQuerySet(RestrictedQuerySet):
    def visible_to(self, actor: Any) -> Self:
        if actor is not None and actor.examines and not scope_of(actor, "kyc.document"):
            return self.none()
        seen = Application.all_unrestricted.visible_to(actor).values("pk")
        return self.filter(document__application__in=seen)

    def current(self) -> Self:
        return self.filter(document__replaced_at=None)


class Picture(Record):
    """A page of a document, rebuilt from pixels: the only thing of an upload that reaches a browser."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="pictures")
    page = models.PositiveSmallIntegerField(_("page"), default=1)
    file: "models.CharField[Any, Any]" = models.CharField(  # noqa: DJ001 - null: erased
        max_length=120, unique=True, null=True
    )
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    audited = {
        "document": Mask.SHOWN,
        "page": Mask.SHOWN,
        "file": Mask.SHOWN,
        "sha256": Mask.SHOWN,
        "content_type": Mask.SHOWN,
        "width": Mask.SHOWN,
        "height": Mask.SHOWN,
    }

    all_unrestricted = models.Manager.from_queryset(PictureQuerySet)()
    objects = RestrictedManager(PictureQuerySet)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        default_manager_name = "all_unrestricted"
        ordering = ["document", "page"]
        constraints = [
            models.UniqueConstraint(fields=["document", "page"], name="a_page_has_one_picture"),
            models.CheckConstraint(
                condition=Q(content_type__in=("image/jpeg", "image/png")), name="pictures_are_jpeg_or_png"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} {self.page}"
