"""The one question: what something is worth, by whom, how fresh; or why nobody should follow a price."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from assets import actions, prices
from assets.models import PriceSource
from assets.policies import DEFAULT, rules_of
from assets.prices import PriceRefused
from assets.valuation import DEVIATING, STALE, Observation, weigh
from base import clock
from controls import approvals
from controls.actor import Actor
from controls.policies import policy
from tests.assets.conftest import Say, asset

pytestmark = pytest.mark.django_db


def refused(pair: str) -> PriceRefused:
    with pytest.raises(PriceRefused) as error:
        prices.price(*map(asset, pair.split("/")))
    return error.value


def test_the_median_of_the_sources_holds_with_what_it_rests_on(say: Say) -> None:
    for code, price in (("one", "100.00"), ("two", "101"), ("three", "100.5")):
        say(code, "BTC/EUR", price)
    say("one", "BTC/EUR", "99", minutes=30)
    found = prices.price(asset("BTC"), asset("EUR"))
    assert found.value == Fraction("100.5")
    assert [(each.source, each.price) for each in found.weighed.used] == [
        ("one", Fraction(100)),
        ("three", Fraction("100.5")),
        ("two", Fraction(101)),
    ]
    assert found.weighed.deviation == Fraction(1) / Fraction("100.5")
    assert found.weighed.age is not None
    assert timedelta(minutes=5) <= found.weighed.age < timedelta(minutes=6)
    assert found.policy == policy("assets.prices").digest


def test_two_sources_meet_in_the_middle_exactly(say: Say) -> None:
    say("one", "ETH/EUR", "3000.000000000000000001")
    say("two", "ETH/EUR", "3000")
    assert prices.price(asset("ETH"), asset("EUR")).value == Fraction("3000.0000000000000000005")


def test_nobody_having_spoken_is_refused(say: Say) -> None:
    say("one", "BTC/EUR", "100")
    error = refused("ETH/EUR")
    assert (error.code, error.text) == ("price_unknown", "Nobody has said what ETH is worth in EUR.")


def test_what_is_too_old_is_refused_by_the_age_of_its_kind(say: Say) -> None:
    say("one", "BTC/EUR", "100", minutes=61)
    say("one", "EUR/USD", "1.08", minutes=61)
    assert refused("BTC/EUR").code == "price_stale"
    assert prices.price(asset("EUR"), asset("USD")).value == Fraction("1.08")


def test_an_old_source_is_left_out_while_another_is_fresh(say: Say) -> None:
    say("one", "BTC/EUR", "50", minutes=61)
    say("two", "BTC/EUR", "100")
    found = prices.price(asset("BTC"), asset("EUR"))
    assert (found.value, len(found.weighed.used)) == (Fraction(100), 1)


def test_sources_that_differ_too_far_are_refused(say: Say) -> None:
    say("one", "BTC/EUR", "100")
    say("two", "BTC/EUR", "103")
    assert refused("BTC/EUR").code == "price_deviating"


def test_exactly_as_far_as_allowed_holds(say: Say) -> None:
    say("one", "BTC/EUR", "99")
    say("two", "BTC/EUR", "101")
    assert prices.price(asset("BTC"), asset("EUR")).weighed.deviation == Fraction(2, 100)


def test_fewer_sources_than_agreed_are_refused(say: Say, finance: Actor, controller: Actor) -> None:
    say("one", "BTC/EUR", "100")
    words = {"name": "assets.prices", "document": {**DEFAULT, "min_sources": 2}, "effective_on": clock.today()}
    asked = approvals.propose(
        by=finance, name="controls.change_policy", record=None, arguments=words, reason="One is none."
    )
    approvals.decide(asked, by=controller, agrees=True, reason="Agreed.")
    assert refused("BTC/EUR").code == "price_too_few"
    say("two", "BTC/EUR", "100")
    assert prices.price(asset("BTC"), asset("EUR")).value == 100


def test_a_source_that_ended_counts_no_more_and_the_past_keeps_it(say: Say, controller: Actor) -> None:
    say("one", "BTC/EUR", "100")
    before = clock.now()
    actions.end_source(PriceSource.all_unrestricted.get(code="one"), by=controller, reason="Closed.")
    assert refused("BTC/EUR").code == "price_unknown"
    assert prices.price(asset("BTC"), asset("EUR"), at=before).value == 100


def test_a_price_of_a_moment_is_the_last_before_it(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    say("one", "BTC/EUR", "100")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=30))
    say("one", "BTC/EUR", "120", minutes=10)
    btc, eur = asset("BTC"), asset("EUR")
    assert prices.price(btc, eur).value == 120
    assert prices.price(btc, eur, at=now).value == 100


def test_what_was_known_then_is_the_same_for_ever(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    say("one", "BTC/EUR", "100", minutes=20)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=1))
    say("one", "BTC/EUR", "101", at=now - timedelta(minutes=5))  # comes in late
    btc, eur = asset("BTC"), asset("EUR")
    assert prices.price(btc, eur, at=now).value == 101
    assert prices.price(btc, eur, at=now, known_at=now).value == 100
    assert prices.value(10**8, btc, eur, at=now, known_at=now).amount.units == 100_00


def test_a_pair_priced_the_other_way_round_is_turned_over(say: Say) -> None:
    say("one", "EUR/USD", "1.25")
    assert prices.price(asset("USD"), asset("EUR")).value == Fraction(4, 5)


def test_an_asset_is_worth_itself() -> None:
    assert prices.price(asset("EUR"), asset("EUR")).value == 1


def test_an_amount_is_valued_exactly_and_rounded_once_half_to_even(say: Say) -> None:
    say("one", "BTC/EUR", "96543.21")
    say("one", "BTC/JPY", "0.5")
    btc, eur, jpy = asset("BTC"), asset("EUR"), asset("JPY")
    found = prices.value(150_000_000, btc, eur)
    assert str(found.amount) == "144,814.82 EUR"
    assert found.exact == Fraction("14481481.5")
    halves = [prices.value(whole * 10**8, btc, jpy).amount.units for whole in (1, 3, 5)]
    assert halves == [0, 2, 2]
    largest = prices.value(10**30, btc, eur)
    assert largest.exact == Fraction(10**30, 10**8) * Fraction("96543.21") * 100


def test_the_question_costs_the_same_whatever_there_is(
    say: Say, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for code in ("one", "two", "three"):
        for minutes in range(1, 9):
            say(code, "BTC/EUR", "100", minutes=minutes)
    btc, eur = asset("BTC"), asset("EUR")
    with django_assert_num_queries(4):
        prices.price(btc, eur)


PRICES = st.fractions(min_value=Fraction(1, 10**6), max_value=10**9)


@given(st.lists(PRICES, min_size=1, max_size=7), st.integers(0, 10))
def test_a_median_lies_between_and_one_liar_among_three_moves_it_no_further(said: list[Fraction], age: int) -> None:
    now = clock.now()
    rules = rules_of(DEFAULT)
    seen = [Observation(f"s{n}", price, now - timedelta(minutes=age)) for n, price in enumerate(said)]
    found = weigh(seen, now, timedelta(minutes=5), rules)
    assert found.value is not None
    assert min(said) <= found.value <= max(said)
    assert (found.problem == STALE) == (age > 5)
    if age <= 5:
        assert (found.problem == DEVIATING) == ((max(said) - min(said)) / found.value > Fraction(2, 100))
    if len(said) >= 3:
        lied = weigh([*seen[1:], Observation("s0", Fraction(10**12), now)], now, timedelta(days=1), rules)
        assert lied.value is not None
        assert lied.value <= max(said)
