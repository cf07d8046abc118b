"""What the product comes with: the currencies of ISO 4217 and the best known cryptoassets. Safe to repeat; what is
there already stays as it is."""

from collections.abc import Iterator
from typing import Any

import pycountry
from django.db import connections

from assets.models import Asset

# ISO 4217 list one, "minor unit" other than two; pycountry does not carry it.
_UNUSUAL = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_UNITS = {code: scale for scale, codes in _UNUSUAL.items() for code in codes.split()}
# Metals, units of account, funds and codes for testing have no minor unit: nothing is counted in them.
_NONE = "XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"

CRYPTOASSETS: list[tuple[str, str, int, str, str]] = [
    ("BTC", "Bitcoin", 8, "bitcoin", ""),
    ("ETH", "Ether", 18, "ethereum", ""),
    ("USDT", "Tether USD", 6, "ethereum", "0xdac17f958d2ee523a2206206994597c13d831ec7"),
    ("USDC", "USD Coin", 6, "ethereum", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"),
    ("LTC", "Litecoin", 8, "litecoin", ""),
    ("BCH", "Bitcoin Cash", 8, "bitcoin-cash", ""),
    ("XRP", "XRP", 6, "xrpl", ""),
    ("SOL", "Solana", 9, "solana", ""),
    ("ADA", "Cardano", 6, "cardano", ""),
    ("DOGE", "Dogecoin", 8, "dogecoin", ""),
    ("DOT", "Polkadot", 10, "polkadot", ""),
    ("TRX", "Tron", 6, "tron", ""),
    ("XLM", "Stellar Lumens", 7, "stellar", ""),
]


def sync(using: str = "default", **kwargs: Any) -> None:
    """A receiver of post_migrate."""
    if Asset._meta.db_table not in connections[using].introspection.table_names():
        return  # migrated back to before there were assets
    known = set(Asset.all_unrestricted.values_list("code", flat=True))
    Asset.all_unrestricted.bulk_create([asset for asset in wanted() if asset.code not in known])


def wanted() -> Iterator[Asset]:
    for currency in pycountry.currencies:
        if currency.alpha_3 not in _NONE.split():
            scale = MINOR_UNITS.get(currency.alpha_3, 2)
            yield Asset(code=currency.alpha_3, name=currency.name, kind=Asset.Kind.CURRENCY, scale=scale)
    for code, name, scale, chain, contract in CRYPTOASSETS:
        kind = Asset.Kind.CRYPTOASSET
        yield Asset(code=code, name=name, kind=kind, scale=scale, chain=chain, contract=contract)
