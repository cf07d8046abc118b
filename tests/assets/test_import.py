"""How prices come in: exactly, all or none, as often as one likes; and how what is wrong is refused by its place."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from assets import actions
from assets.models import Asset, Pair, Price, PriceImport, PriceSource
from base import clock
from base.errors import Invalid, RuleError, WrongState
from controls.actor import Actor
from controls.models import AuditEntry
from tests.assets.sweep import quote

pytestmark = pytest.mark.django_db
Register = Callable[[str], PriceSource]


@pytest.fixture
def source(register: Register) -> PriceSource:
    return register("feed")


def test_a_price_is_kept_as_it_was_written(source: PriceSource, finance: Actor) -> None:
    written = "1234567890123456789.000000000000000001"
    actions.import_prices(source, by=finance, quotes=[quote(written), quote("0.500", "ETH")])
    assert {price.text for price in Price.all_unrestricted.all()} == {written, "0.5"}
    entry = AuditEntry.all_unrestricted.get(action="assets.import_prices")
    assert entry.record_id == str(source.pk)


def test_the_same_again_adds_nothing(source: PriceSource, finance: Actor) -> None:
    rows = [quote("1.50"), quote("2", "ETH"), quote("2.0", "ETH")]
    rows[2] = {**rows[1], "price": "2.0"}
    first = actions.import_prices(source, by=finance, quotes=rows)
    again = actions.import_prices(source, by=finance, quotes=rows)
    assert (first.rows, first.added, again.rows, again.added) == (3, 2, 3, 0)
    assert first.digest == again.digest
    assert Price.all_unrestricted.count() == 2


def test_another_price_for_a_known_moment_is_refused(source: PriceSource, finance: Actor) -> None:
    row = quote("1.50")
    actions.import_prices(source, by=finance, quotes=[row])
    with pytest.raises(WrongState) as refused:
        actions.import_prices(source, by=finance, quotes=[quote("9", "ETH"), {**row, "price": "1.51"}])
    assert (refused.value.code, refused.value.field) == ("price_conflict", "quotes[1].price")
    assert (Price.all_unrestricted.count(), PriceImport.all_unrestricted.count()) == (1, 1)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("price", "1e3"),
        ("price", "-1"),
        ("price", "0"),
        ("price", "0.000"),
        ("price", "1,5"),
        ("price", "NaN"),
        ("price", ""),
        ("price", 1.5),
        ("price", "1." + "1" * 37),
        ("price", "1" * 41),
        ("asset", "NOSUCH"),
        ("asset", None),
        ("quote", "BTC"),
        ("at", "2026-11-25T09:00:00"),
        ("at", "yesterday"),
        ("at", "2999-01-01T00:00:00Z"),
    ],
)
def test_one_wrong_row_keeps_all_out_and_is_named(source: PriceSource, finance: Actor, name: str, wrong: Any) -> None:
    with pytest.raises(Invalid) as refused:
        actions.import_prices(source, by=finance, quotes=[quote(), {**quote(), name: wrong}])
    assert refused.value.field == f"quotes[1].{name}"
    assert not Price.all_unrestricted.exists()
    assert not Pair.all_unrestricted.exists()


def test_an_asset_that_has_ended_is_priced_no_more(source: PriceSource, finance: Actor) -> None:
    Asset.all_unrestricted.filter(code="DOGE").update(active_to=clock.today())
    with pytest.raises(Invalid) as refused:
        actions.import_prices(source, by=finance, quotes=[quote(asset="DOGE", minutes=0)])
    assert refused.value.field == "quotes[0].asset"
    actions.import_prices(source, by=finance, quotes=[quote(asset="DOGE", minutes=60 * 24)])


@pytest.mark.parametrize("change", [{"units": 5}, {"scale": 1}, {"at": clock.now()}])
def test_the_database_keeps_prices_as_they_came(source: PriceSource, finance: Actor, change: dict[str, Any]) -> None:
    actions.import_prices(source, by=finance, quotes=[quote()])
    with pytest.raises(DatabaseError), transaction.atomic():
        Price.all_unrestricted.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Price.all_unrestricted.all().delete()


@pytest.mark.parametrize("change", [{"scale": 7}, {"code": "BTX"}, {"kind": "currency"}, {"chain": "other"}])
def test_the_database_keeps_the_scale_of_an_asset(change: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Asset.all_unrestricted.filter(code="BTC").update(**change)


def test_a_file_comes_in_whole_or_not_at_all(source: PriceSource, tmp_path: Path) -> None:
    at = [(clock.now() - timedelta(minutes=n)).isoformat() for n in (1, 2)]
    good = f"asset,quote,price,at\nBTC,EUR,96543.210,{at[0]}\nETH,EUR,0.000000000000000001,{at[1]}\n"
    path = tmp_path / "prices.csv"
    path.write_text(good.replace("96543.210", "96.543,21"))
    with pytest.raises(CommandError, match="line 2"):
        call_command("import_prices", path, source="feed")
    assert not Price.all_unrestricted.exists()
    path.write_text("\ufeff" + good, encoding="utf-8")
    told = StringIO()
    call_command("import_prices", path, source="feed", stdout=told)
    assert json.loads(told.getvalue())["added"] == 2
    rows = [
        {"asset": "BTC", "quote": "EUR", "price": "96543.21", "at": at[0]},
        {"asset": "ETH", "quote": "EUR", "price": "0.000000000000000001", "at": at[1]},
    ]
    other = tmp_path / "prices.json"
    other.write_text(json.dumps(rows))
    told = StringIO()
    call_command("import_prices", other, source="feed", stdout=told)
    assert json.loads(told.getvalue())["added"] == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "asset,quote,price\nBTC,EUR,1\n"),
        ("a.csv", ""),
        ("a.json", "{"),
        ("a.json", "[1]"),
        ("a.json", '[{"asset": "BTC", "quote": "EUR", "price": 1.5, "at": "2026-11-25T09:00:00Z"}]'),
    ],
)
def test_a_file_that_is_none_is_refused(source: PriceSource, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(CommandError):
        call_command("import_prices", tmp_path / name, source="feed")
    assert not PriceImport.all_unrestricted.exists()


def test_a_file_names_a_source_that_there_is(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no source"):
        call_command("import_prices", tmp_path / "none.csv", source="nobody")


def test_too_many_at_once_are_refused(source: PriceSource, finance: Actor) -> None:
    for quotes in ([], [quote()] * (actions.QUOTES_AT_MOST + 1)):
        with pytest.raises(RuleError) as refused:
            actions.import_prices(source, by=finance, quotes=quotes)
        assert refused.value.field == "quotes"
