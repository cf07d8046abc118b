"""Applications in every state, brought there by the actions themselves."""

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from itertools import count
from typing import Any

from controls.actor import Actor
from controls.models import ApiClient, LegalEntity, Person
from kyc import actions, files, specimen
from kyc.actions.checks import FACES, READING
from kyc.countries import code_of
from kyc.models import Application, Check, Document
from kyc.results import Result

CHECKS = Actor.job("kyc.checks")
EXPIRY = Actor.job("kyc.expiry")
DETAILS: dict[str, Any] = {
    "given_names": "Ana Maria",
    "family_name": "Example",
    "birth_date": date(1990, 8, 12),
    "residence": "LT",
    "nationality": "LT",
    "address": "Made-up street 1, Vilnius",
}
HIGH = {"residence": "VE"}
_numbers = count(1)  # threads take them too


def client_actor(role: str = "applicant_intake") -> Actor:
    number = next(_numbers)
    owner = Person(username=f"owner{number}", name=f"Owner {number}")
    owner.set_unusable_password()
    owner.save(force_insert=True)
    client = ApiClient.all_unrestricted.create(name=f"intake {number}", owner=owner, role=role)
    return Actor("client", str(client.pk), client.name, owner.pk, frozenset({role}))


def opened(entity: LegalEntity, by: Actor | None = None, **details: Any) -> Application:
    number = next(_numbers)
    words = {"reference": f"X-{number}", "document_number": f"L{number:08}"} | DETAILS | details
    application: Application = actions.open_application(by=by or client_actor(), entity=entity, **words)
    return application


def intake_of(application: Application) -> Actor:
    """The client that opened it."""
    client = ApiClient.all_unrestricted.get(pk=application.opened_by.removeprefix("client:"))
    return Actor("client", str(client.pk), client.name, client.owner_id, frozenset({client.role}))


def kept(data: bytes) -> dict[str, Any]:
    """What intake hands on: an original and one page, both in the storage."""
    original, page = files.keep(data), files.keep(data + b" rebuilt", "jpg")
    return {
        "name": "picture.jpg",
        "original": original,
        "original_type": "image/jpeg",
        "verdict": {"clean": True},
        "pages": [files.KeptPage(page.file, page.sha256, page.size, "image/jpeg", 1000, 700)],
    }


def add(application: Application, kind: str, data: bytes = b"", side: str = "front") -> Document:
    document: Document = actions.add_document(
        application, by=intake_of(application), kind=kind, side=side, **kept(data or kind.encode())
    )
    return document


def collected(entity: LegalEntity, **details: Any) -> Application:
    application = opened(entity, **details)
    add(application, "passport")
    add(application, "selfie")
    return application


def submitted(entity: LegalEntity, **details: Any) -> Application:
    application = collected(entity, **details)
    result: Application = actions.submit(application, by=intake_of(application))
    return result


def record(
    application: Application,
    kinds: tuple[str, ...],
    outcomes: Mapping[str, str] | None = None,
    page: dict[str, Any] | None = None,
) -> Application:
    """What a worker records: every check passed, unless `outcomes` says another; `page` is what it read."""
    taken = actions.lease(application, kinds)
    assert taken
    results = {kind: Result((outcomes or {}).get(kind, Check.Outcome.PASSED)) for kind in taken.kinds}
    identity = application.documents.current().of_identity()
    readings = {identity.order_by("side")[0].pk: {"pages": [page]}} if page else {}
    done: Application = actions.record_results(
        application, by=CHECKS, token=taken.token, results=results, readings=readings
    )
    return done


def page(*, digit: bool = True, confidence: float = 0.93, source: str = "mrz", **fields: str) -> dict[str, Any]:
    """What reading one page found: `digit` is whether the check digit of the number holds."""
    return {
        "picture": "",
        "fields": {
            name: {"value": value, "confidence": confidence, "source": source, "box": [0, 0, 1, 1]}
            for name, value in fields.items()
        },
        "mrz": {"text": None, "check_digits": {"document_number": digit} if source == "mrz" else {}},
        "thresholds": {"certain": 0.9},
    }


def checked(
    entity: LegalEntity, outcomes: dict[str, str] | None = None, reads: dict[str, Any] | None = None, **details: Any
) -> Application:
    application = submitted(entity, **details)
    record(application, READING, outcomes, reads)
    return record(application, FACES, outcomes)


def claimed(entity: LegalEntity, by: Actor, **details: Any) -> Application:
    application: Application = actions.claim(checked(entity, **details), by=by)
    return application


def awaiting_second(entity: LegalEntity, first: Actor, **details: Any) -> Application:
    application = claimed(entity, first, **HIGH | details)
    approve(application, first)
    return fresh(application)


def approve(application: Application, by: Actor) -> None:
    actions.approve(
        application, by=by, code="checked_by_eye", reason="Looked at both pictures.", seen=seen(application)
    )


def second_round(application: Application, by: Actor) -> Application:
    """The selfie was asked for and handed in again."""
    wanted = [{"kind": "selfie", "side": "front"}]
    actions.ask(application, by=by, code="unreadable", reason="Blurred.", wanted=wanted, seen=seen(application))
    add(application, "selfie", b"sharper")
    actions.submit(fresh(application), by=intake_of(application))
    return record(fresh(application), FACES)


def seen(application: Application) -> str:
    """What somebody who looks at it now has before their eyes."""
    return fresh(application).seen_digest()


def fresh(application: Application) -> Application:
    return Application.all_unrestricted.get(pk=application.pk)


def handed_in(entity: LegalEntity, **typed: Any) -> Application:
    """A real picture of an invented passport, and a real selfie of its holder."""
    holder = specimen.person("Orbiter")
    details: dict[str, Any] = {
        "given_names": holder.given_names,
        "family_name": holder.surname,
        "birth_date": holder.born,
        "nationality": code_of(holder.nationality),
        "document_number": holder.number,
    }
    application = opened(entity, **details | typed)
    by, selfie = intake_of(application), BytesIO()
    specimen.selfie(holder).save(selfie, "PNG")
    passport = specimen.photograph(specimen.passport(holder), 3, **specimen.SEVERITIES["good"])
    for kind, name, data in (("passport", "p.jpg", passport), ("selfie", "s.png", selfie.getvalue())):
        actions.upload(application, by=by, kind=kind, side="front", file=actions.Upload.of(name, data))
    result: Application = actions.submit(application, by=by)
    return result
