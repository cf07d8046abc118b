"""Rows of the sweep for assets and prices."""

from datetime import timedelta
from typing import Any

from assets import actions
from assets.models import Asset, PriceSource
from base import clock
from tests.sweep import Case, Row, World


def source(world: World, code: str = "reference") -> PriceSource:
    """As registered by two."""
    one, another = world.person(), world.person()
    return PriceSource.all_unrestricted.create(
        code=code,
        name="Reference prices (invented)",
        proposed_by=one,
        agreed_by=another,
        registered_at=clock.now() - timedelta(days=400),
    )


def quote(price: str = "96543.21", asset: str = "BTC", priced_in: str = "EUR", minutes: int = 5) -> dict[str, Any]:
    at = clock.now() - timedelta(minutes=minutes)
    return {"asset": asset, "quote": priced_in, "price": price, "at": at.isoformat()}


def _end(world: World, record: PriceSource) -> None:
    actions.end_source(record, by=world.actor("finance_controller"), reason="Closed.")


def _over(world: World, record: Asset) -> None:
    Asset.all_unrestricted.filter(pk=record.pk).update(active_to=clock.today() + timedelta(days=9))


ASSET = {"code": "ABC", "name": "Invented coin", "kind": "cryptoasset", "scale": 8, "chain": "ethereum"}

ROWS = {
    "assets.add_asset": Row(
        lambda world: Case(None, world.actor("finance_officer"), dict(ASSET)), spoiled_words={"code": "BTC"}
    ),
    "assets.end_asset": Row(
        lambda world: Case(
            Asset.all_unrestricted.get(code="DOGE"),
            world.actor("finance_officer"),
            {"active_to": clock.today() + timedelta(days=30)},
        ),
        spoil=_over,
        spoiled_words={"active_to": clock.today()},
    ),
    "assets.register_source": Row(
        lambda world: Case(None, world.actor("finance_officer"), {"code": "feed-one", "name": "Feed one (invented)"}),
        spoiled_words={"code": "Feed One"},
    ),
    "assets.end_source": Row(
        lambda world: Case(source(world), world.actor("finance_controller"), {"reason": "Closed."}),
        spoil=_end,
        spoiled_words={"reason": " "},
    ),
    "assets.import_prices": Row(
        lambda world: Case(source(world), world.actor("finance_officer"), {"quotes": [quote()]}),
        spoil=_end,
        spoiled_words={"quotes": [quote(price="1e5")]},
    ),
}
