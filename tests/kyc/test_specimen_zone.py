"""Composed zones against the worked examples that ICAO prints in Doc 9303."""

from dataclasses import replace
from datetime import date

import pytest

from kyc.specimen import Person, zone

ANNA = Person(
    surname="Eriksson", given_names="Anna Maria", sex="F", born=date(1974, 8, 12), birthplace="Zenith",
    nationality="UTO", number="D23145890", face=1, expires=date(2012, 4, 15),
)  # fmt: skip


def test_a_passport_zone_equals_the_example_of_part_4() -> None:
    lines = zone.td3(replace(ANNA, number="L898902C3", personal_number="ZE184226B"))
    assert lines == ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]


def test_a_larger_card_zone_equals_the_example_of_part_6() -> None:
    assert zone.td2(ANNA) == ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"]


def test_a_card_zone_equals_the_example_of_part_5() -> None:
    assert zone.td1(ANNA) == [
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    ]


def test_a_long_number_runs_on_into_the_optional_data() -> None:
    peter = replace(ANNA, sex="M", born=date(1934, 7, 12), expires=date(1995, 7, 12), number="D23145890734")
    assert zone.td1(peter)[:2] == ["I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2"]


@pytest.mark.parametrize(
    ("surname", "given_names", "length", "written"),
    [
        ("Nilavadhanananda", "Chayapa Dejthamrong Krasuang", 39, "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
        ("Suharmuster", "", 30, "SUHARMUSTER<<<<<<<<<<<<<<<<<<<"),
        ("A" * 40, "Bo", 39, "A" * 36 + "<<B"),
        ("A" * 25, "Bo Chi", 30, "A" * 24 + "<<BO<C"),
        ("A" * 40, "", 39, "A" * 39),
        ("D'Esempio", "Niccolò", 30, "DESEMPIO<<NICCOLO<<<<<<<<<<<<<"),
    ],
)
def test_a_name_that_does_not_fit_ends_in_a_letter(surname: str, given_names: str, length: int, written: str) -> None:
    assert zone.name_field(surname, given_names, length) == written
