"""The zone's rules without a picture. The worked examples are those printed in ICAO Doc 9303."""

import string
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kyc import mrz

PASSPORT = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
CARD = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]
FRENCH_CARD = ["IDFRABERTHIER<<<<<<<<<<<<<<<<<92C001", "8806923102858CORINNE<<<<<<<6512068F8"]
TODAY = date(2026, 5, 1)

SIGNS = st.sampled_from(mrz.DIGITS + mrz.LETTERS)
NAMES = st.lists(st.text(string.ascii_uppercase, min_size=1, max_size=5), min_size=1, max_size=2).map(" ".join)
DAYS = st.dates(date(1930, 1, 1), date(2040, 1, 1)).map(lambda day: day.strftime("%y%m%d"))


def texts(longest: int, shortest: int = 0) -> st.SearchStrategy[str]:
    return st.text(SIGNS, min_size=shortest, max_size=longest)


FIELDS = st.builds(
    mrz.Fields,
    document_code=st.sampled_from(["P", "PD", "I", "ID", "AC"]),
    issuer=st.sampled_from(["UTO", "D", "LTU"]),
    surname=NAMES,
    given_names=NAMES,
    document_number=texts(9, 5),
    nationality=st.sampled_from(["UTO", "D", "XXA"]),
    birth_date=DAYS,
    sex=st.sampled_from(["M", "F", ""]),
    expiry_date=DAYS,
    optional_data=texts(7),
)


@given(FIELDS, st.sampled_from([mrz.TD1, mrz.TD2, mrz.TD3]))
def test_what_is_written_is_what_is_read(fields: mrz.Fields, form: mrz.Form) -> None:
    zone = mrz.parse(mrz.compose(form, fields))
    assert (zone.fields, zone.valid) == (fields, True)


@given(FIELDS, st.sampled_from([mrz.MRVA, mrz.MRVB]))
def test_a_visa_is_read_as_it_was_written(fields: mrz.Fields, form: mrz.Form) -> None:
    fields = replace(fields, document_code="V")
    assert mrz.parse(mrz.compose(form, fields)).fields == fields


@given(FIELDS, texts(13, 10))
def test_a_long_card_number_overflows_into_the_optional_data_and_comes_back(fields: mrz.Fields, number: str) -> None:
    fields = replace(fields, document_number=number, optional_data="")
    zone = mrz.parse(mrz.compose(mrz.TD1, fields))
    assert (zone.fields.document_number, zone.valid) == (number, True)


@given(texts(20, 1), st.data())
def test_a_check_digit_catches_every_substitution_that_changes_its_sum(text: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(SIGNS)
    assume((mrz.VALUES[other] - mrz.VALUES[text[position]]) % 10 != 0)
    changed = text[:position] + other + text[position + 1 :]
    assert mrz.check_digit(changed) != mrz.check_digit(text)


@given(st.lists(st.text(max_size=50), max_size=4))
def test_no_text_whatever_breaks_the_repair(lines: list[str]) -> None:
    repaired = mrz.repair(lines)
    assert repaired is None or repaired.zone.form.fits(repaired.zone.lines)


@pytest.mark.parametrize("lines", [PASSPORT, CARD, FRENCH_CARD], ids=["passport", "card", "French card"])
def test_the_printed_examples_hold_in_every_check_digit(lines: list[str]) -> None:
    assert mrz.parse(lines).valid


def test_the_passport_of_anna_maria_eriksson_reads_as_printed() -> None:
    assert mrz.parse(PASSPORT).fields == mrz.Fields(
        document_code="P",
        issuer="UTO",
        surname="ERIKSSON",
        given_names="ANNA MARIA",
        document_number="L898902C3",
        nationality="UTO",
        birth_date="740812",
        sex="F",
        expiry_date="120415",
        optional_data="ZE184226B",
    )


def test_the_french_card_keeps_its_names_on_two_lines() -> None:
    fields = mrz.parse(FRENCH_CARD).fields
    assert (fields.surname, fields.given_names, fields.nationality) == ("BERTHIER", "CORINNE", "FRA")


def test_germany_is_one_letter() -> None:
    assert mrz.parse(["IDD<<T220001293<<<<<<<<<<<<<<<", "6408125<2010315D<<<<<<<<<<<<<4", CARD[2]]).fields.issuer == "D"


def test_a_wrong_digit_is_named() -> None:
    zone = mrz.parse([PASSPORT[0], PASSPORT[1].replace("7408122", "7408123")])
    assert [name for name, holds in zone.check_digits.items() if not holds] == ["birth_date", "composite"]


@pytest.mark.parametrize("lines", [[], ["A"], [PASSPORT[0]], [*PASSPORT, ""], [PASSPORT[0].lower(), PASSPORT[1]]])
def test_other_shapes_are_not_a_zone(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="machine-readable zone"):
        mrz.parse(lines)


def repaired(*lines: str) -> mrz.Repaired:
    found = mrz.repair(lines)
    assert found is not None
    return found


def test_zeros_in_a_name_become_letters_and_the_raw_text_stays() -> None:
    raw = PASSPORT[0].replace("ERIKSSON", "ERIKSS0N")
    found = repaired(raw, PASSPORT[1])
    assert (found.zone.lines[0], found.raw[0]) == (PASSPORT[0], raw)
    assert found.changed == (mrz.Change(0, 11, "0", "O", "alphabet"),)


def test_a_look_alike_in_the_number_is_swapped_when_only_that_makes_the_digit_hold() -> None:
    found = repaired(PASSPORT[0], PASSPORT[1].replace("L898902C3", "L8989O2C3"))
    assert found.zone.fields.document_number == "L898902C3"
    assert found.changed == (mrz.Change(1, 5, "O", "0", "check_digit"),)


def test_a_wrong_check_digit_is_reported_and_never_made_right() -> None:
    found = repaired(PASSPORT[0], PASSPORT[1].replace("L898902C36", "L898902C37"))
    assert (found.changed, found.zone.check_digits["document_number"]) == ((), False)


def test_a_lost_filler_after_the_document_code_is_restored() -> None:
    assert repaired(PASSPORT[0].replace("P<", "P"), PASSPORT[1]).zone.lines[0] == PASSPORT[0]


def test_lost_and_doubled_fillers_are_mended_where_they_run() -> None:
    assert repaired(PASSPORT[0] + "<<", PASSPORT[1].replace("<<<<<", "<<<")).zone.lines == tuple(PASSPORT)


def test_letters_among_trailing_fillers_are_fillers() -> None:
    assert repaired(PASSPORT[0][:-8] + "<<CK<<S<", PASSPORT[1]).zone.lines[0] == PASSPORT[0]


def test_a_page_of_prose_is_no_zone() -> None:
    assert mrz.repair(["This page is reserved for official", "observations, there are none."]) is None


@pytest.mark.parametrize(
    ("text", "date_of_birth"),
    [
        ("740812", "1974-08-12"),
        ("260501", "2026-05-01"),
        ("260502", "1926-05-02"),
        ("1208<<", "2012-08"),
        ("12<<<<", "2012"),
        ("741332", ""),
    ],
)
def test_birth_is_never_in_the_future(text: str, date_of_birth: str) -> None:
    assert mrz.birth_date(text, TODAY) == date_of_birth


@pytest.mark.parametrize(
    ("text", "expiry"),
    [("120415", "2012-04-15"), ("460101", "2046-01-01"), ("961210", "1996-12-10"), ("470101", "1947-01-01")],
)
def test_expiry_is_at_most_twenty_years_ahead(text: str, expiry: str) -> None:
    assert mrz.expiry_date(text, TODAY) == expiry


def test_letters_of_other_alphabets_that_look_latin_are_read_as_latin() -> None:
    greek = [
        PASSPORT[0].translate(str.maketrans("PENKMI", "ΡΕΝΚΜΙ")),
        PASSPORT[1].translate(str.maketrans("TOZE", "ТОΖЕ")),
    ]
    repaired = mrz.repair(greek)
    assert repaired
    assert repaired.zone.lines == tuple(PASSPORT)
