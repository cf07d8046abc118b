"""What the product comes with."""

import pycountry
import pytest

from assets import seed
from assets.models import Asset
from base.units import Denomination
from tests.assets.conftest import asset

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("code", "scale"),
    [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0), ("BTC", 8), ("ETH", 18), ("USDT", 6)],
)
def test_scales_are_those_of_the_standard_and_the_chain(code: str, scale: int) -> None:
    assert asset(code).denomination == Denomination(code, scale)


def test_it_is_safe_to_repeat_and_changes_nothing_that_is_there() -> None:
    Asset.all_unrestricted.filter(code="DOGE").update(name="Another name")
    before = list(Asset.all_unrestricted.order_by("pk").values())
    seed.sync()
    assert list(Asset.all_unrestricted.order_by("pk").values()) == before


def test_every_currency_is_there_and_nothing_that_is_not_counted_in_units() -> None:
    codes = set(Asset.all_unrestricted.filter(kind="currency").values_list("code", flat=True))
    assert {"EUR", "CHF", "GBP", "SGD", "BRL"} <= codes
    assert codes.isdisjoint({"XAU", "XTS", "XXX", "XDR"})
    assert len(codes) == len(pycountry.currencies) - len([c for c in pycountry.currencies if c.alpha_3 not in codes])
    assert set(seed.MINOR_UNITS) - {c.alpha_3 for c in pycountry.currencies} == set()
