"""What each check looks at, as a hash: a check whose input did not change keeps its result."""

from typing import Any

from base import clock
from kyc.models import Application, Check, Document, Picture
from kyc.models.applications import digest_of, words_digest


def inputs(application: Application) -> dict[str, str]:
    pictures = Picture.all_unrestricted.current().filter(document__application=application)
    of_identity, of_face = [], []
    for kind, side, page, digest in pictures.values_list("document__kind", "document__side", "page", "sha256"):
        if kind != Document.Kind.SELFIE:
            of_identity.append([kind, side, page, digest])
        if side == Document.Side.FRONT and page == 1:
            of_face.append([kind, side, page, digest])
    words = words_digest(application.customer)
    today = clock.today(application.customer.entity.zone)
    given: dict[str, list[Any]] = {
        Check.Kind.QUALITY: of_identity,
        Check.Kind.MRZ: of_identity,
        Check.Kind.EXPIRY: [*of_identity, today.isoformat()],  # valid last month is not valid today
        Check.Kind.AGREEMENT: [*of_identity, words],
        Check.Kind.FACE: of_face,
    }
    return {kind: _digest(kind, parts) for kind, parts in given.items()}


def _digest(kind: str, parts: list[Any]) -> str:
    return digest_of([kind, sorted(parts, key=str)])
