"""Invented sources and prices for the demonstration, made by the actions that make real ones. Safe to repeat."""

from datetime import timedelta
from typing import Any

from assets.actions import import_prices
from assets.models import PriceSource
from base import clock
from controls import approvals
from controls.actor import Actor
from controls.models import Person

SOURCES = {"invented-one": "Invented price feed one", "invented-two": "Invented price feed two"}
PRICES = {"BTC": 96_543_21, "ETH": 3_412_08}  # cents of a euro; no market ever said so
HOURS = 48
STEP_MINUTES = 30


def fill() -> None:
    if PriceSource.all_unrestricted.filter(code__in=SOURCES).exists():
        return
    maker, checker = (
        Actor.of(Person.all_unrestricted.get(username=username), confirmed_at=clock.now())
        for username in ("felix", "fiona")
    )
    for apart, (code, name) in enumerate(SOURCES.items()):
        words = {"code": code, "name": name}
        proposal = approvals.propose(
            by=maker, name="assets.register_source", record=None, arguments=words, reason="Demonstration."
        )
        approvals.decide(proposal, by=checker, agrees=True, reason="Demonstration.")
        source = PriceSource.all_unrestricted.get(code=code)
        import_prices(source, by=maker, quotes=_quotes(apart))


def _quotes(apart: int) -> list[dict[str, Any]]:
    """From the moment of registering backwards; the second source says a thousandth more."""
    now = clock.now()
    return [
        {
            "asset": asset,
            "quote": "EUR",
            "price": f"{_cents(cents, step, apart) / 100:.2f}",
            "at": (now - timedelta(minutes=step * STEP_MINUTES + 1)).isoformat(),
        }
        for asset, cents in PRICES.items()
        for step in range(HOURS * 60 // STEP_MINUTES)
    ]


def _cents(cents: int, step: int, apart: int) -> int:
    """Up and down by at most two in a hundred."""
    wave = abs(step % 24 - 12) - 6
    return cents + cents * wave // 300 + cents * apart // 1000
