"""The printed zone against the machine-readable one: it confirms, it contradicts, or it is silent."""

from dataclasses import dataclass, replace

import pytest

from kyc import mrz
from kyc.vision import printed

ZONE = mrz.parse(["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"])


@dataclass(frozen=True)
class Words:
    text: str
    score: float = 0.99
    centre: tuple[float, float] = (100.0, 100.0)
    height: float = 20.0


def agreement(*texts: str, zone: mrz.Zone = ZONE) -> dict[str, bool]:
    return {name: finding.agrees for name, finding in printed.compare(zone, [Words(text) for text in texts]).items()}


def test_what_is_printed_alike_confirms() -> None:
    lines = "ERIKSSON", "Anna Maria", "L 898902 C3", "12 AUG/AOUT 74", "15.04.2012", "F", "UTO"
    confirmed = {
        "surname",
        "given_names",
        "document_number",
        "birth_date",
        "expiry_date",
        "sex",
        "issuer",
        "nationality",
    }
    assert agreement(*lines) == dict.fromkeys(confirmed, True)


def test_silence_is_no_finding() -> None:
    assert agreement("TRAVEL DOCUMENT", "Signature") == {}


@pytest.mark.parametrize(("text", "name"), [("ERIKSON", "surname"), ("L898902C8", "document_number")])
def test_a_clear_near_miss_contradicts(text: str, name: str) -> None:
    assert agreement(text) == {name: False}


def test_a_blurred_near_miss_contradicts_nothing() -> None:
    assert printed.compare(ZONE, [Words("ERIKSON", score=0.8)]) == {}


def test_another_date_under_the_label_contradicts() -> None:
    lines = [Words("Date of birth"), Words("12.08.1984", centre=(100.0, 130.0))]
    assert printed.compare(ZONE, lines)["birth_date"] == printed.Finding(False, "12.08.1984")


def test_another_date_elsewhere_contradicts_nothing() -> None:
    lines = [Words("Date of birth"), Words("12.08.1984", centre=(100.0, 400.0))]
    assert printed.compare(ZONE, lines) == {}


def test_the_printed_year_is_kept_for_the_century() -> None:
    assert printed.compare(ZONE, [Words("12.08.1974")])["birth_date"].year == "1974"


def test_letters_that_ocr_cannot_read_do_not_contradict() -> None:
    fields = replace(ZONE.fields, surname="AEVARSDOTTIR", given_names="THURIDUR OESP")
    zone = mrz.parse(mrz.compose(mrz.TD3, fields))
    assert agreement("EVARSDÓTTIR", "PURIDUR ÖSP", zone=zone) == {"surname": True, "given_names": True}


def test_a_name_that_the_zone_cuts_off_may_go_on_in_print() -> None:
    fields = replace(ZONE.fields, surname="PAPANDROPOULOUS", given_names="JONATHON ALEXANDER CHRISTOPHER")
    zone = mrz.parse(mrz.compose(mrz.TD3, fields))
    assert zone.fields.given_names == "JONATHON ALEXANDER CHR"
    assert agreement("PAPANDROPOULOUS", "JONATHON ALEXANDER CHRISTOPHER", zone=zone) == {
        "surname": True,
        "given_names": True,
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("31 DES/DEC 66", {"661231"}),
        ("30 MAR/MAR 1972", {"19720330"}),
        ("8 Août/Aug 2006", {"20060808"}),
        ("2006-08-09", {"20060809"}),
        ("04.07.2012", {"20120704", "20120407"}),
        ("010113", {"130101"}),
        ("12APR/APR2006", {"20060412"}),
        ("72 99 1999", set()),
        ("PASSPORT 12345", set()),
    ],
)
def test_dates_are_found_as_documents_print_them(text: str, found: set[str]) -> None:
    assert set(printed.dates(text)) == found
