"""Pictures come in: rebuilt from pixels, stored sealed, known by what they show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid
from controls.actions import action
from controls.actor import Actor
from kyc import files, wanted
from kyc.files import Kept, KeptPage
from kyc.models import Application, Document, Picture
from kyc.vision import intake


@dataclass(frozen=True)
class Upload:
    """A file as it came, and what intake made of it. Made outside of any transaction: it takes its time."""

    name: str
    data: bytes
    found: intake.Intake

    @classmethod
    def of(cls, name: str, data: bytes) -> "Upload":
        """Raises Invalid(field="file") for what is not accepted."""
        return cls(name, data, intake.rebuild(data, name))


def upload(application: Application, *, by: Actor, kind: str, side: str, file: Upload) -> Document:
    """Stores the files and then their document; files whose document was refused are taken back."""
    original = files.keep(file.data)
    pages: list[KeptPage] = []
    words = {"kind": kind, "side": side, "name": file.name, "original": original, "pages": pages}
    verdict = {"verdict": file.found.verdict, "reasons": list(file.found.reasons)}
    try:
        pages.extend(_kept(page) for page in file.found.pages)
        document: Document = add_document(application, by=by, original_type=file.found.kind, verdict=verdict, **words)
    except BaseException:
        files.drop(original, *pages)
        raise
    if document.original_file != original.file:  # the same bytes were there already
        files.drop(original, *pages)
    return document


def _kept(page: intake.Page) -> KeptPage:
    kept = files.keep(page.data, "jpg")
    return KeptPage(kept.file, kept.sha256, kept.size, page.media_type, page.width, page.height)


def collecting(application: Application, by: Actor) -> str | None:
    if application.status == Application.Status.COLLECTING:
        return None
    return _("The documents were handed in; nothing can be added now.")


@action("kyc.upload", when=collecting)
def add_document(
    application: Application,
    *,
    by: Actor,
    kind: str,
    side: str,
    name: str,
    original: Kept,
    original_type: str,
    verdict: dict[str, Any],
    pages: Sequence[KeptPage],
) -> Document:
    """One upload, whose files lie in the storage already. The same bytes again are the same document; others
    replace what was there. An application stands on one identity document at a time."""
    check_slot(kind, side)
    current = application.documents.current()
    same: Document | None = current.filter(kind=kind, side=side, original_sha256=original.sha256).first()
    if same:
        return same
    now = clock.now()
    replaced = current.filter(kind=kind, side=side)
    if kind != Document.Kind.SELFIE:
        replaced = replaced | current.of_identity().exclude(kind=kind)
    replaced.update(replaced_at=now)
    document = Document.all_unrestricted.create(
        application=application,
        kind=kind,
        side=side,
        uploaded_at=now,
        uploaded_by=by.label,
        original_name=name[:200],
        original_file=original.file,
        original_sha256=original.sha256,
        original_size=original.size,
        original_type=original_type,
        verdict=verdict,
    )
    Picture.all_unrestricted.bulk_create(
        Picture(
            document=document,
            page=number,
            file=page.file,
            sha256=page.sha256,
            content_type=page.content_type,
            width=page.width,
            height=page.height,
        )
        for number, page in enumerate(pages, start=1)
    )
    return document


upload.action = add_document.action  # type: ignore[attr-defined]  # an edge asks the wrapper what it would be refused


def check_slot(kind: str, side: str) -> None:
    if kind not in wanted.SIDES:
        raise Invalid(_("Choose one of: %(kinds)s.") % {"kinds": ", ".join(wanted.SIDES)}, field="kind")
    if side not in wanted.SIDES[kind]:
        raise Invalid(_("Choose one of: %(sides)s.") % {"sides": ", ".join(wanted.SIDES[kind])}, field="side")
