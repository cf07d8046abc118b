"""Files that tests bring in: invented customers of a former system."""

import codecs
from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from controls.actor import Actor
from controls.models import LegalEntity
from work import jobs, uploads
from work.actions import intake as actions
from work.models import Intake

HEAD = ("Customer", "First", "Last", "Born", "Lives", "Nation", "Passport", "Address")
FIELDS = (
    "reference",
    "given_names",
    "family_name",
    "birth_date",
    "residence",
    "nationality",
    "document_number",
    "address",
)
MAPPING = dict(zip(FIELDS, HEAD, strict=True))
ANA = ("OLD-1", "Ana", "Example", "1990-01-31", "LT", "LTU", "X1234567", "Sample street 1")
JONAS = ("OLD-2", "Jonas", "Sample", "1985-12-01", "DE", "LT", "", "")


def table(*rows: Sequence[str], separator: str = ";") -> bytes:
    return "".join(separator.join(row) + "\r\n" for row in (HEAD, *rows)).encode()


GOOD = table(ANA, JONAS)
MARK = codecs.BOM_UTF8


def words(content: bytes, name: str = "customers.csv") -> dict[str, Any]:
    kept, shape, lines = uploads.keep(SimpleUploadedFile(name, content), 10_000_000)
    return {
        "target": "kyc.customers",
        "source": "Old core",
        "name": name,
        "file": kept,
        "shape": shape,
        "lines": lines,
    }


def uploaded(by: Actor, entity: LegalEntity, content: bytes = GOOD) -> Intake:
    made: Intake = actions.upload_intake(by=by, entity=entity, **words(content))
    return made


def tried(by: Actor, entity: LegalEntity, content: bytes = GOOD) -> Intake:
    intake = uploaded(by, entity, content)
    actions.try_intake(intake, by=by, mapping=MAPPING)
    jobs.work_off()
    return fresh(intake)


def applied(by: Actor, agreed_by: Actor, entity: LegalEntity, content: bytes = GOOD) -> Intake:
    intake = tried(by, entity, content)
    actions.apply_intake(intake, by=agreed_by, reason="Reconciled with the old system.")
    jobs.work_off()
    return fresh(intake)


def fresh(intake: Intake) -> Intake:
    return Intake.all_unrestricted.get(pk=intake.pk)
