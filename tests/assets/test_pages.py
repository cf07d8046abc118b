"""What finance and auditors see of prices, and what the API answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from assets.models import Asset, Pair, Price, PriceSource
from base import clock
from controls import approvals
from controls.actor import Actor
from controls.models import Proposal
from tests.assets.conftest import Say, asset
from tests.assets.sweep import quote
from tests.conftest import SignInAs
from tests.exports import taken

pytestmark = pytest.mark.django_db
API = "/api/v1/assets"
Api = Callable[[Actor], Client]


def test_the_list_says_what_holds_and_why_another_does_not(
    client: Client, signin_as: SignInAs, auditor: Actor, say: Say
) -> None:
    say("one", "BTC/EUR", "96543.21")
    say("two", "BTC/EUR", "96543.21")
    say("one", "ETH/EUR", "3000", minutes=61)
    say("one", "USDT/EUR", "0.9")
    say("two", "USDT/EUR", "1.0")
    signin_as(client, auditor)
    page = client.get("/admin/assets/pair/").content.decode()
    for said in ("96,543.21 EUR", "holds", "too old", "sources differ", "10.53 %", "one, two"):
        assert said in page
    assert client.get("/admin/assets/pair/", {"asset": "eth"}).content.decode().count("ETH/EUR") >= 1


def test_the_list_asks_the_same_however_many_pairs(
    client: Client, signin_as: SignInAs, auditor: Actor, say: Say, django_assert_max_num_queries: Any
) -> None:
    for code in ("BTC", "ETH", "LTC", "SOL", "ADA", "XRP"):
        say("one", f"{code}/EUR", "100")
        say("two", f"{code}/EUR", "100")
    signin_as(client, auditor)
    client.get("/admin/assets/pair/")
    with django_assert_max_num_queries(14):
        client.get("/admin/assets/pair/")


def test_a_pair_shows_its_course_and_what_it_rests_on(
    client: Client, signin_as: SignInAs, auditor: Actor, say: Say
) -> None:
    for minutes in (30, 20, 10):
        say("one", "BTC/EUR", f"100.{minutes}", minutes=minutes)
        say("two", "BTC/EUR", "100", minutes=minutes)
    signin_as(client, auditor)
    pair = Pair.all_unrestricted.get()
    answer = client.get(f"/admin/assets/pair/{pair.pk}/")
    page = answer.content.decode()
    assert 'class="chart"' in page
    assert "What it rests on" in page
    assert len(answer.context["course"].rows) == 6
    assert client.get(f"/admin/assets/pair/{pair.pk}/?tab=timeline").status_code == 200


def test_the_export_holds_what_the_list_shows(client: Client, signin_as: SignInAs, auditor: Actor, say: Say) -> None:
    say("one", "BTC/EUR", "96543.21")
    signin_as(client, auditor)
    body = taken(client, "/admin/assets/pair/export/")
    assert b"96,543.21 EUR" in body
    assert b"holds" in body


def test_a_source_is_proposed_by_one_and_agreed_by_another_on_the_pages(
    client: Client, signin_as: SignInAs, finance: Actor, controller: Actor
) -> None:
    signin_as(client, finance)
    words = {"code": "feed", "name": "Feed (invented)", "reason": "A second opinion."}
    assert client.post("/admin/assets/pricesource/do/register_source/", words).status_code == 302
    assert not PriceSource.all_unrestricted.exists()
    approvals.decide(Proposal.all_unrestricted.get(), by=controller, agrees=True, reason="Agreed.")
    source = PriceSource.all_unrestricted.get()
    assert (source.proposed_by_id, source.agreed_by_id) == (finance.person_id, controller.person_id)
    ended = client.post(f"/admin/assets/pricesource/{source.pk}/do/end_source/", {"reason": "Closed."})
    assert ended.status_code == 302
    assert PriceSource.all_unrestricted.get().ended_at is not None


def test_finance_is_told_of_prices_that_may_not_be_followed(
    client: Client, signin_as: SignInAs, finance: Actor, say: Say
) -> None:
    say("one", "ETH/EUR", "3000", minutes=61)
    say("one", "USDT/EUR", "0.9")
    say("two", "USDT/EUR", "1.0")
    signin_as(client, finance)
    page = client.get("/admin/").content.decode()
    assert "1 price is too old to follow." in page
    assert "Sources differ about 1 price." in page


def test_the_api_answers_exactly_or_says_why_not(api: Api, auditor: Actor, say: Say) -> None:
    say("one", "BTC/EUR", "96543.21")
    say("two", "BTC/EUR", "96543.22")
    asked = api(auditor).get(f"{API}/price", {"asset": "BTC", "quote": "EUR"})
    told = asked.json()
    assert (told["numerator"], told["denominator"]) == ("19308643", "200")
    assert [each["source"] for each in told["sources"]] == ["one", "two"]
    assert told["deviation_basis_points"] == 1
    nothing = api(auditor).get(f"{API}/price", {"asset": "ETH", "quote": "EUR"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "price_unknown")
    for wrong in ({"asset": "NOSUCH", "quote": "EUR"}, {"asset": "BTC"}, {"asset": "BTC", "quote": "EUR", "when": "1"}):
        assert 400 <= api(auditor).get(f"{API}/price", wrong).status_code < 500


def test_a_program_brings_prices_and_nobody_else_does(
    api: Api, with_key: Callable[..., Client], register: Callable[[str], PriceSource], auditor: Actor
) -> None:
    source = register("feed")
    address = f"{API}/price-sources/{source.pk}/import_prices"
    feed = with_key("price_feed")
    done = feed.post(address, {"quotes": [quote("1.50")]}, "application/json")
    assert (done.status_code, done.json()["added"]) == (200, 1)
    listed = feed.get(f"{API}/prices", {"asset": "BTC", "source": "feed"}).json()["results"]
    assert [(row["price"], row["units"], row["scale"]) for row in listed] == [("1.5", "15", 1)]
    number = feed.post(address, {"quotes": [{**quote(), "price": 1.5}]}, "application/json")
    assert 400 <= number.status_code < 500
    assert api(auditor).post(address, {"quotes": [quote("2")]}, "application/json").status_code == 403
    assert with_key("applicant_intake").get(f"{API}/prices").json()["results"] == []
    assert Price.all_unrestricted.count() == 1


def test_an_asset_is_added_by_two(api: Api, finance: Actor, controller: Actor) -> None:
    words = {"code": "ABC", "name": "Invented", "kind": "cryptoasset", "scale": 9, "reason": "Listed soon."}
    assert api(finance).post(f"{API}/assets", words, "application/json").status_code == 202
    approvals.decide(Proposal.all_unrestricted.get(), by=controller, agrees=True, reason="Agreed.")
    assert asset("ABC").scale == 9
    end = {"active_to": (clock.today() + timedelta(days=1)).isoformat(), "reason": "Delisted."}
    assert api(finance).post(f"{API}/assets/{asset('ABC').pk}/end_asset", end, "application/json").status_code == 202
    assert Asset.all_unrestricted.get(code="ABC").active_to is None


def test_looking_up_a_price_costs_few_queries(
    api: Api, auditor: Actor, say: Say, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    say("one", "BTC/EUR", "1")
    caller = api(auditor)
    caller.get(f"{API}/prices")
    for _more in range(3):
        say("one", "BTC/EUR", "1", minutes=_more + 10)
    with django_assert_num_queries(6):
        caller.get(f"{API}/prices")
