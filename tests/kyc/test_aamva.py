"""Payloads of North American licences, as made up here and as 32 states and provinces print them."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kyc import aamva

PAYLOADS = Path(settings.BASE_DIR).parent / "shared" / "data" / "documents" / "aamva"
MADE_UP = (
    "@\n\x1e\rANSI 636014080002DL00410100ZC01410010DLDCSSPECIMEN\nDACANNA\nDADMARIA LUISE\nDBB07051973\nDBA07052031\n"
    "DBD07052026\nDBC2\nDAG1 EXAMPLE WAY\nDAISACRAMENTO\nDAJCA\nDAK958140000  \nDAQD1234567\nDCGUSA\rZCZCAX\r"
)
COLUMNS = {
    "first": "given_name",
    "middle": "middle_names",
    "last": "surname",
    "suffix": "suffix",
    "street1": "street",
    "street2": "street_2",
    "city": "city",
    "jurisdiction": "jurisdiction",
    "postal": "postal_code",
    "dob": "birth_date",
    "id_number": "document_number",
    "issue": "issue_date",
    "expiry": "expiry_date",
}
WORDS = {"Male": "M", "Female": "F", "Usa": "USA", "Canada": "CAN"}
KINDS = {"DriversLicense": "driving_licence", "IdentificationCard": "identity_card"}


def test_a_licence_says_who_holds_it_and_until_when() -> None:
    licence = aamva.parse(MADE_UP)
    assert (licence.surname, licence.given_names, licence.birth_date, licence.expiry_date, licence.sex) == (
        "SPECIMEN",
        "ANNA MARIA LUISE",
        "1973-07-05",
        "2031-07-05",
        "F",
    )


def test_wrong_offsets_in_the_header_do_not_matter() -> None:
    shifted = MADE_UP.replace("DL00410100", "DL99990001")
    assert aamva.parse(shifted) == aamva.parse(MADE_UP)


def test_canada_writes_the_year_first() -> None:
    payload = MADE_UP.replace("DCGUSA", "DCGCAN").replace("DBB07051973", "DBB19730705")
    assert aamva.parse(payload).birth_date == "1973-07-05"


def test_a_date_that_is_none_stays_empty() -> None:
    assert aamva.parse(MADE_UP.replace("DBB07051973", "DBB99999999")).birth_date == ""


@pytest.mark.parametrize("payload", [b"", b"12345678", b"\xff\xfe\x00", "https://example.org/DAQ", "ANSI 63601408"])
def test_another_code_is_no_licence(payload: bytes | str) -> None:
    with pytest.raises(ValueError, match="licence"):
        aamva.parse(payload)


def truth() -> list[dict[str, Any]]:
    path = PAYLOADS / "truth.json"
    return json.loads(path.read_text()) if path.exists() else []


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the payloads of ../shared/data are absent")
@pytest.mark.parametrize("row", truth(), ids=lambda row: row["file"])
def test_a_payload_reads_as_its_truth_says(row: dict[str, Any]) -> None:
    licence = aamva.parse((PAYLOADS / row["file"]).read_bytes())
    read = {name: getattr(licence, column) for name, column in COLUMNS.items()}
    assert read == {name: row.get(name, "") for name in COLUMNS}
    assert (licence.sex, licence.country, licence.kind) == (
        WORDS[row["sex"]],
        WORDS[row["country"]],
        KINDS[row["kind"]],
    )
