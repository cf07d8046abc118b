"""Amounts: exact, of one asset, read from text and written as text."""

import operator
from fractions import Fraction
from typing import Any

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from base.amounts import AmountInput, UnitsInput, UnitsOutput
from base.errors import Invalid
from base.units import Amount, Denomination, DifferentAssets, rounded, total

EUR, JPY, ETH = Denomination("EUR", 2), Denomination("JPY", 0), Denomination("ETH", 18)
UNITS = st.integers(-(10**48), 10**48)
DENOMINATIONS = st.builds(Denomination, st.sampled_from(["EUR", "BTC", "USDT.TRON"]), st.integers(0, 36))


@given(UNITS, DENOMINATIONS)
def test_what_is_written_is_read_back(units: int, of: Denomination) -> None:
    amount = of.amount(units)
    assert of.parse(amount.plain()) == amount
    assert of.parse(str(amount)) == amount
    assert amount.fraction == Fraction(units, 10**of.scale)


@given(st.lists(UNITS, max_size=9))
def test_sums_are_those_of_whole_numbers(units: list[int]) -> None:
    assert total(map(ETH.amount, units), ETH) == ETH.amount(sum(units))


@given(UNITS, UNITS)
def test_arithmetic_and_order_are_those_of_whole_numbers(one: int, other: int) -> None:
    a, b = ETH.amount(one), ETH.amount(other)
    assert ((a + b).units, (a - b).units, (-a).units, abs(a).units) == (one + other, one - other, -one, abs(one))
    assert (a < b, a <= b, a > b, a >= b, a == b) == (
        one < other,
        one <= other,
        one > other,
        one >= other,
        one == other,
    )
    assert (3 * a).units == (a * 3).units == 3 * one


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (EUR.amount(123456789), "1,234,567.89 EUR"),
        (EUR.amount(-5), "-0.05 EUR"),
        (JPY.amount(1000), "1,000 JPY"),
        (ETH.amount(1500000000000000000), "1.50 ETH"),
        (ETH.amount(1), "0.000000000000000001 ETH"),
        (ETH.amount(10**30), "1,000,000,000,000.00 ETH"),
    ],
)
def test_people_read_thousands_and_the_code(amount: Amount, said: str) -> None:
    assert str(amount) == said


@pytest.mark.parametrize(("text", "units"), [("1,234.5", 123450), (" -0.01 EUR", -1), ("+7", 700), ("1.500", 150)])
def test_people_write_it_as_they_do(text: str, units: int) -> None:
    assert EUR.parse(text) == EUR.amount(units)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1.005",
        "1e3",
        "12,34.00",
        "1,2345",
        "1.",
        ".5",
        "0x10",
        "١٢",
        "NaN",
        "Infinity",
        "1 USD",
        "1.0.0",
        "--1",
        "9" * 90,
    ],
)
def test_what_is_no_amount_is_refused_by_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        EUR.parse(text, field="limit")
    assert refused.value.field == "limit"


@pytest.mark.parametrize("wrong", [1.0, True, "1", None, Fraction(1), 1e30])
def test_nothing_but_a_whole_number_is_units(wrong: Any) -> None:
    attempts: list[Any] = [
        lambda: EUR.amount(wrong),
        lambda: EUR.amount(1) * wrong,
        lambda: Denomination("X", wrong),
    ]
    for attempt in attempts:
        with pytest.raises(TypeError):
            attempt()
    with pytest.raises(TypeError):
        EUR.amount(1) + wrong
    with pytest.raises(TypeError):
        EUR.parse(5.0)  # type: ignore[arg-type]


def test_amounts_of_different_assets_do_not_go_together() -> None:
    for other in (ETH.amount(1), Denomination("EUR", 3).amount(1)):
        for attempt in (operator.add, operator.sub, operator.lt, operator.ge):
            with pytest.raises(DifferentAssets):
                attempt(EUR.amount(1), other)
        assert EUR.amount(1) != other


def test_an_amount_does_not_change() -> None:
    with pytest.raises(AttributeError):
        EUR.amount(1).units = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("exact", "whole"), [("1/2", 0), ("3/2", 2), ("-1/2", 0), ("5/2", 2), ("7/3", 2), ("-5/3", -2)]
)
def test_a_half_goes_to_the_even_number(exact: str, whole: int) -> None:
    assert rounded(Fraction(exact)) == whole


def test_a_form_gives_an_amount_and_says_what_is_wrong() -> None:
    class Limit(forms.Form):
        limit = AmountInput(EUR)
        units = UnitsInput(required=False)

    asked = Limit({"limit": "1,000.50", "units": "-1000000000000000000000000000000"})
    assert asked.is_valid()
    assert asked.cleaned_data == {"limit": EUR.amount(100050), "units": -(10**30)}
    wrong = Limit({"limit": "1.005", "units": "1.5"})
    assert wrong.errors == {
        "limit": ["EUR has 2 decimal places at most."],
        "units": ["Write a whole number."],
    }
    assert Limit({}).errors == {"limit": ["This field is required."]}
    assert 'value="7.00"' in str(Limit(initial={"limit": EUR.amount(700)})["limit"])


class Told(serializers.Serializer[Any]):
    units = UnitsOutput()


def test_the_api_says_and_takes_text() -> None:
    assert Told({"units": 10**30}).data == {"units": "1" + "0" * 30}
    taken = Told(data={"units": "-1" + "0" * 30})
    assert taken.is_valid()
    assert taken.validated_data == {"units": -(10**30)}


@pytest.mark.parametrize("wrong", [1, 1.5, True, "1.5", "1e3", "", " 1", "9" * 81, None, ["1"]])
def test_the_api_takes_nothing_but_text_of_digits(wrong: Any) -> None:
    taken = Told(data={"units": wrong})
    if wrong == " 1":
        assert taken.is_valid()
        return
    assert not taken.is_valid()
    assert set(taken.errors) == {"units"}
