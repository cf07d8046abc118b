"""The one question about prices: `price(btc, eur, at=…)`. It answers with what it rests on, or says why not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from assets.models import Asset, Pair, Price, PriceSource
from assets.policies import PRICES
from assets.valuation import DEVIATING, STALE, TOO_FEW, UNKNOWN, Observation, Rules, Weighed, inverse, weigh
from base import clock
from base.errors import RuleError
from base.units import Amount, rounded
from controls.policies import policy


class PriceRefused(RuleError):
    """There is no price that may be followed; `code` says why."""

    code = "price_unknown"


@dataclass(frozen=True)
class Found:
    """What one whole asset is worth in the quote, exactly, and what that rests on: to be kept with what is decided."""

    asset: str
    quote: str
    at: datetime
    value: Fraction
    weighed: Weighed
    policy: str  # digest of the version that was followed


@dataclass(frozen=True)
class Valued:
    """An amount in the quote's smallest units, rounded half to even; `exact` is what was rounded."""

    amount: Amount
    exact: Fraction
    found: Found


def price(asset: Asset, quote: Asset, *, at: datetime | None = None, known_at: datetime | None = None) -> Found:
    """The median of the sources that are fresh at that moment. With `known_at` as it was known then: the same question
    has the same answer for ever. Raises PriceRefused. Four queries."""
    at = at or clock.now()
    held = policy(PRICES, on=at.date())
    if asset.pk == quote.pk:
        one = Weighed(Fraction(1), (), None, None, "")
        return Found(asset.code, quote.code, at, Fraction(1), one, held.digest)
    found = weighed(asset, quote, at, held.value, known_at)
    if found.problem or found.value is None:
        raise PriceRefused(said(found, asset, quote), code=f"price_{found.problem}")
    return Found(asset.code, quote.code, at, found.value, found, held.digest)


def value(
    units: int, asset: Asset, quote: Asset, *, at: datetime | None = None, known_at: datetime | None = None
) -> Valued:
    """So many units of the asset, in the quote: 1.5 BTC in EUR."""
    found = price(asset, quote, at=at, known_at=known_at)
    exact = asset.denomination.amount(units).fraction * found.value * 10**quote.scale
    return Valued(quote.denomination.amount(rounded(exact)), exact, found)


def weighed(asset: Asset, quote: Asset, at: datetime, rules: Rules, known_at: datetime | None = None) -> Weighed:
    """A pair that is priced the other way round only is turned over, source by source."""
    pairs = Pair.all_unrestricted.filter(Q(asset=asset, quote=quote) | Q(asset=quote, quote=asset))
    told = latest(pairs, at, known_at)
    pair = next((one for one in told if one.asset_id == asset.pk), next(iter(told), None))
    said_of_it = told[pair] if pair else []
    turned = pair is not None and pair.asset_id != asset.pk
    return weigh(inverse(said_of_it) if turned else said_of_it, at, max_age(asset, quote, rules), rules)


def max_age(asset: Asset, quote: Asset, rules: Rules) -> Any:
    """Of a pair that holds a cryptoasset, the age that is allowed to cryptoassets."""
    kinds = {asset.kind, quote.kind}
    return rules.max_age[Asset.Kind.CRYPTOASSET if Asset.Kind.CRYPTOASSET in kinds else Asset.Kind.CURRENCY]


def latest(pairs: Any, at: datetime, known_at: datetime | None = None) -> dict[Pair, list[Observation]]:
    """For each pair, the newest that each source in use had said by then. Three queries, however many pairs."""
    sources = list(PriceSource.all_unrestricted.in_use(at))
    rows = list(pairs.with_newest(sources, at, known_at))
    keys: dict[Pair, list[UUID]] = {
        pair: [key for number in range(len(sources)) if (key := getattr(pair, f"newest_{number}"))] for pair in rows
    }
    prices = Price.all_unrestricted.in_bulk([key for each in keys.values() for key in each])
    names = {source.pk: source.code for source in sources}
    return {pair: _observations((prices[key] for key in each), names) for pair, each in keys.items()}


def _observations(prices: Iterable[Price], names: dict[UUID, str]) -> list[Observation]:
    return [Observation(names[each.source_id], each.exact, each.at) for each in prices]


def said(found: Weighed, asset: Asset, quote: Asset) -> str:
    """Why there is no price, in words."""
    words = {
        UNKNOWN: _("Nobody has said what %(asset)s is worth in %(quote)s."),
        STALE: _("The last price of %(asset)s in %(quote)s is too old."),
        TOO_FEW: _("Too few sources have a fresh price of %(asset)s in %(quote)s."),
        DEVIATING: _("Sources differ too far about the price of %(asset)s in %(quote)s."),
    }
    return words[found.problem] % {"asset": asset.code, "quote": quote.code}
