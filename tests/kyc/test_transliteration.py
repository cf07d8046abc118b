"""Names as a machine-readable zone spells them."""

import pytest

from kyc.transliteration import spellings, transliterate


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Müller-O'Neil", "MUELLER ONEIL"),
        ("Straße", "STRASSE"),
        ("Þórsdóttir Dæmi", "THORSDOTTIR DAEMI"),
        ("Świętosław Łódź", "SWIETOSLAW LODZ"),
        ("Őrs Győző", "ORS GYOZO"),
        ("Ngọzi Mẫu Đặng", "NGOZI MAU DANG"),
        ("Işık Iğdır", "ISIK IGDIR"),
        ("Ångström", "AANGSTROEM"),
        ("Щербаков Юрий Ильич", "SHCHERBAKOV IURII ILICH"),
        ("محمد", "MXHMD"),
        ("فاطمة بنت", "FAXTTMXAH BNT"),
        ("e\u0301le\u0300ve", "ELEVE"),
        ("Mary–Kate, jr.", "MARY KATE JR"),
        ("李小凡", ""),
    ],
)
def test_the_recommended_spelling_is_that_of_the_icao_table(name: str, spelled: str) -> None:
    assert transliterate(name) == spelled


def test_all_spellings_a_zone_may_hold_are_known_and_the_recommended_one_is_first() -> None:
    assert spellings("Jürgen Ñ") == [
        "JUERGEN N",
        "JUERGEN NXX",
        "JUXXRGEN N",
        "JUXXRGEN NXX",
        "JURGEN N",
        "JURGEN NXX",
    ]


def test_a_name_with_a_thousand_spellings_costs_no_more_than_the_limit() -> None:
    assert len(spellings("Ü" * 40, limit=10)) == 10
