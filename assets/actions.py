"""Every change of assets, sources and prices."""

import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from assets.models import Asset, Pair, Price, PriceImport, PriceSource
from assets.quotes import Quote, quotes_of
from base import clock
from base.canonical import canonical
from base.errors import Invalid, WrongState
from base.units import SCALE_AT_MOST
from controls import unit
from controls.actions import action
from controls.actor import Actor

AGREED_BY_ANOTHER = {"assets.agree": 1}
QUOTES_AT_MOST = 10_000
_CODE = re.compile(r"[A-Z][A-Z0-9.]{1,19}", re.ASCII)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,39}", re.ASCII)


@action("assets.maintain", quorum=AGREED_BY_ANOTHER)
def add_asset(*, by: Actor, code: str, name: str, kind: str, scale: int, chain: str = "", contract: str = "") -> Asset:
    """A further asset. Its code and scale are for ever."""
    if not _CODE.fullmatch(code):
        raise Invalid(_("A code is 2 to 20 capital letters, digits and points."), field="code")
    if Asset.all_unrestricted.filter(code=code).exists():
        raise Invalid(_("There is an asset of that code."), field="code")
    if kind not in Asset.Kind.values:
        raise Invalid(_("There is no such kind."), field="kind")
    if not 0 <= scale <= SCALE_AT_MOST:
        raise Invalid(_("Between 0 and %(most)d.") % {"most": SCALE_AT_MOST}, field="scale")
    if contract and not chain:
        raise Invalid(_("Say on which chain the contract lies."), field="chain")
    if contract and Asset.all_unrestricted.filter(chain=chain, contract=contract).exists():
        raise Invalid(_("That contract is an asset already."), field="contract")
    return Asset.all_unrestricted.create(
        code=code,
        name=name,
        kind=kind,
        scale=scale,
        chain=chain,
        contract=contract,
        active_from=clock.today(),
        proposed_by_id=by.person_id,
        agreed_by_id=unit.agreed_by(),
    )


def _in_use(asset: Asset, by: Actor) -> str | None:
    return None if asset.active_to is None else _("The end of this asset is set already.")


@action("assets.maintain", quorum=AGREED_BY_ANOTHER, when=_in_use)
def end_asset(asset: Asset, *, by: Actor, active_to: date) -> None:
    """From that day on no price of it is taken."""
    first = max(clock.today(), asset.active_from or date.min)
    if active_to <= first:
        raise Invalid(_("An asset ends tomorrow at the earliest."), field="active_to")
    asset.active_to = active_to
    asset.save(update_fields=["active_to"])


@action("assets.maintain", quorum=AGREED_BY_ANOTHER)
def register_source(*, by: Actor, code: str, name: str) -> PriceSource:
    if not _SLUG.fullmatch(code):
        raise Invalid(_("A code is 2 to 40 small letters, digits and hyphens."), field="code")
    if PriceSource.all_unrestricted.filter(code=code).exists():
        raise Invalid(_("There is a source of that code."), field="code")
    assert by.person_id is not None, "only a signed-in person proposes"
    return PriceSource.all_unrestricted.create(
        code=code, name=name, proposed_by_id=by.person_id, agreed_by_id=unit.agreed_by()
    )


def _not_ended(source: PriceSource, by: Actor) -> str | None:
    return None if source.ended_at is None else _("This source has ended.")


@action("assets.end_source", when=_not_ended)
def end_source(source: PriceSource, *, by: Actor, reason: str) -> None:
    """Its prices count no more, from now on; taking it away takes one person and works at once."""
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    source.ended_at = clock.now()
    source.save(update_fields=["ended_at"])


@action("assets.import_prices", when=_not_ended)
def import_prices(source: PriceSource, *, by: Actor, quotes: list[Mapping[str, Any]]) -> PriceImport:
    """All or none. What is known already is passed over, so it can be repeated; another price for a moment of which the
    source has spoken is refused."""
    if not 0 < len(quotes) <= QUOTES_AT_MOST:
        raise Invalid(_("Between one and %(most)d prices at a time.") % {"most": QUOTES_AT_MOST}, field="quotes")
    taken = quotes_of(quotes)
    pairs, now = _pairs(taken), clock.now()
    fresh = _fresh(source, taken, pairs)
    brought = PriceImport.all_unrestricted.create(
        source=source,
        at=now,
        by=by.label,
        rows=len(taken),
        added=len(fresh),
        digest=sha256(canonical([vars(quote) for quote in taken]).encode()).hexdigest(),
    )
    Price.all_unrestricted.bulk_create(
        [
            Price(
                pair=pairs[each.asset, each.quote],
                source=source,
                at=each.at,
                units=each.units,
                scale=each.scale,
                received_at=now,
                brought=brought,
            )
            for each in fresh
        ],
        batch_size=1000,
    )
    return brought


def _pairs(taken: list[Quote]) -> dict[tuple[str, str], Pair]:
    """The pair of each quote, made where it is new. Assets must be known and in use at the time of the price."""
    codes = {code for each in taken for code in (each.asset, each.quote)}
    assets = {asset.code: asset for asset in Asset.all_unrestricted.filter(code__in=codes)}
    for number, each in enumerate(taken):
        for name, code in (("asset", each.asset), ("quote", each.quote)):
            if code not in assets or not _usable(assets[code], each.at.date()):
                words = _("There is no asset %(code)s in use at that time.") % {"code": code[:20]}
                raise Invalid(words, field=f"quotes[{number}].{name}")
    wanted = {(each.asset, each.quote) for each in taken}
    known = Pair.all_unrestricted.filter(asset__code__in=codes, quote__code__in=codes).select_related("asset", "quote")
    found = {(pair.asset.code, pair.quote.code): pair for pair in known}
    for asset, quote in sorted(wanted - found.keys()):
        made, _new = Pair.all_unrestricted.get_or_create(asset=assets[asset], quote=assets[quote])
        found[asset, quote] = made
    return found


def _usable(asset: Asset, on: date) -> bool:
    return (asset.active_from is None or asset.active_from <= on) and (asset.active_to is None or on < asset.active_to)


def _fresh(source: PriceSource, taken: list[Quote], pairs: Mapping[tuple[str, str], Pair]) -> list[Quote]:
    """Those that are new, each once."""
    now, moments = clock.now(), [each.at for each in taken]
    rows = Price.all_unrestricted.filter(
        source=source, pair__in=set(pairs.values()), at__gte=min(moments), at__lte=max(moments)
    )
    known = {(pair, at): (units, scale) for pair, at, units, scale in rows.values_list("pair", "at", "units", "scale")}
    fresh = []
    for number, each in enumerate(taken):
        if each.at > now:
            raise Invalid(_("A price of the future is none."), field=f"quotes[{number}].at")
        place = (pairs[each.asset, each.quote].pk, each.at)
        if place not in known:
            fresh.append(each)
        elif known[place] != (each.units, each.scale):
            words = _("The source has given another price for that moment: a price is never changed.")
            raise WrongState(words, code="price_conflict", field=f"quotes[{number}].price")
        known[place] = (each.units, each.scale)
    return fresh
