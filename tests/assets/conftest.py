"""Sources of prices and what they say, by the actions that real ones come by."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from assets import actions
from assets.models import Asset, PriceSource
from base import clock
from controls import approvals
from controls.actor import Actor
from tests.conftest import Make

Say = Callable[..., None]


@pytest.fixture
def finance(make_actor: Make) -> Actor:
    return make_actor("fiona_finance", "finance_officer")


@pytest.fixture
def controller(make_actor: Make) -> Actor:
    return make_actor("conrad_controller", "finance_controller")


@pytest.fixture
def register(finance: Actor, controller: Actor) -> Callable[[str], PriceSource]:
    def do(code: str) -> PriceSource:
        found = PriceSource.all_unrestricted.filter(code=code).first()
        if found is None:
            words = {"code": code, "name": f"{code} (invented)"}
            asked = approvals.propose(
                by=finance, name="assets.register_source", record=None, arguments=words, reason="A further source."
            )
            approvals.decide(asked, by=controller, agrees=True, reason="Known to me.")
            found = PriceSource.all_unrestricted.get(code=code)
        return found

    return do


@pytest.fixture
def say(finance: Actor, register: Callable[[str], PriceSource]) -> Say:
    """say("one", "BTC/EUR", "96543.21", minutes=5): a source says a price of so long ago."""

    def do(code: str, pair: str, price: str, *, minutes: float = 5, at: datetime | None = None) -> None:
        asset, quote = pair.split("/")
        moment = at or clock.now() - timedelta(minutes=minutes)
        row = {"asset": asset, "quote": quote, "price": price, "at": moment.isoformat()}
        actions.import_prices(register(code), by=finance, quotes=[row])

    return do


def asset(code: str) -> Asset:
    found: Asset = Asset.all_unrestricted.get(code=code)
    return found
