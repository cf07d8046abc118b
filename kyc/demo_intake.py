"""A file of invented customers of a former system, uploaded and tried by one person: another may apply it. Its third
line is wrong on purpose, so that the dry run has something to say."""

from django.core.files.uploadedfile import SimpleUploadedFile

from base import clock
from controls.actor import Actor
from controls.models import LegalEntity, Person
from work import uploads
from work.actions import intake as actions
from work.models import Intake

NAME = "former-customers-demonstration.csv"
SOURCE = "Former system (demonstration)"
MAPPING = {
    "reference": "Customer",
    "given_names": "First",
    "family_name": "Last",
    "birth_date": "Born",
    "residence": "Lives",
    "nationality": "Nation",
    "document_number": "Passport",
    "address": "Address",
}
SURNAMES = ("Example", "Sample", "Pavyzdys", "Esempio", "Ejemplo", "Muster", "Exemple", "Przyklad")
COUNTRIES = ("LT", "DE", "IT", "ES", "FR", "PL", "EE", "LV")
ROWS = 40


def fill() -> None:
    if Intake.all_unrestricted.filter(source=SOURCE).exists():
        return
    by = Actor.of(Person.all_unrestricted.get(username="simon"), confirmed_at=clock.now())
    entity = LegalEntity.all_unrestricted.order_by("pk")[0]
    kept, shape, lines = uploads.keep(SimpleUploadedFile(NAME, _table()), 1_000_000)
    words = {"target": "kyc.customers", "source": SOURCE, "name": NAME, "file": kept, "shape": shape, "lines": lines}
    intake = actions.upload_intake(by=by, entity=entity, **words)
    actions.try_intake(intake, by=by, mapping=MAPPING)


def _table() -> bytes:
    lines = [";".join(MAPPING.values())]
    for number in range(ROWS):
        country = COUNTRIES[number % len(COUNTRIES)]
        born = "31.02.1980" if number == 2 else f"19{60 + number:02}-0{1 + number % 9}-15"
        surname = SURNAMES[number % len(SURNAMES)]
        lines.append(
            f"FORMER-{number:03};Invented;{surname};{born};{country};{country};FX{number:06};Sample street {number}"
        )
    return "\r\n".join(lines).encode()
