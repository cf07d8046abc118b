"""Ten thousand applications: every page costs the queries it costs with a hundred, and not twice the time."""

import time
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from base import clock
from controls.actor import Actor
from controls.models import LegalEntity, Person
from kyc import actions, reports
from kyc.models import Application, Customer
from tests.conftest import SignInAs
from tests.exports import table_of, taken
from tests.kyc import filling

pytestmark = pytest.mark.large

QUERIES = {
    "queue": 9,
    "queue, all": 9,
    "queue, high risk": 10,
    "queue, one country by risk": 10,
    "queue, by reference": 10,
    "home": 15,
    "customers": 6,
}

# A part of a reference is looked for in every row, and SQLite looks at the key of all that waits for the next of two
# states; both are small work beside a page, and large beside the little they do for a hundred rows.
SLOWER = {"queue, by reference": 3, "next": 3}


def fill(entity: LegalEntity, reviewer: Actor, count: int, start: int = 0) -> None:
    filling.fill(count, entity, Person.all_unrestricted.get(pk=str(reviewer.person_id)), start)
    filling.analyse()


def costs(client: Client, by: Actor) -> dict[str, tuple[int, float]]:
    """Queries and milliseconds of each page, and of taking the next one and putting it back."""

    def take() -> None:
        found = actions.claim_next(by=by)
        assert found
        actions.release_claim(found, by=by)

    works: dict[str, Any] = {name: lambda at=at: client.get(at) for name, at in filling.pages()}
    return {name: cost(work) for name, work in (works | {"next": take}).items()}


def cost(work: Any) -> tuple[int, float]:
    """The least of several, in time of this process: what else runs on the machine has no part in it."""
    work()
    with CaptureQueriesContext(connection) as seen:
        work()
    queries, times = len(seen), []
    for _each in range(7):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return queries, min(times) * 1000


def test_ten_thousand_cost_what_a_hundred_cost(
    client: Client, signin_as: SignInAs, entity: LegalEntity, reviewer: Actor, second_reviewer: Actor
) -> None:
    """SQLite works in this process, so its time is in it."""
    signin_as(client, second_reviewer)
    fill(entity, reviewer, 100)
    few = costs(client, second_reviewer)
    fill(entity, reviewer, 9_900, start=100)
    many = costs(client, second_reviewer)
    assert {name: queries for name, (queries, _time) in few.items() if name in QUERIES} == QUERIES
    assert {name: queries for name, (queries, _time) in many.items()} == {name: few[name][0] for name in few}
    slower = {name: round(many[name][1] / few[name][1], 2) for name in few}
    assert not {name: times for name, times in slower.items() if times >= SLOWER.get(name, 2)}, slower


def test_an_export_of_ten_thousand_is_one_file(
    client: Client,
    signin_as: SignInAs,
    entity: LegalEntity,
    reviewer: Actor,
    second_reviewer: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signin_as(client, second_reviewer)
    fill(entity, reviewer, 10_000)
    monkeypatch.setattr("base.exporting.CUSTOMERS_ALONE", 10_000)
    assert len(table_of(taken(client, "/admin/kyc/application/export/?tab=all"))) == 10_000


def asked(actor: Actor) -> dict[str, Any]:
    """What the pages ask for first, with the index that finds it."""
    rows, customers = reports.rows(actor).select_related(None), Customer.objects.visible_to(actor)
    return {
        "applications_at_the_desk": rows.claimable_by(actor).only("pk")[:1],
        "applications_by_waiting": rows.only("pk")[:50],
        "applications_that_wait": rows.awaiting_checks().only("pk")[:50],
        "applications_held": rows.held_by(actor).only("pk"),
        "applications_by_opening": rows.filter(opened_at__gt=clock.now()).only("pk")[:50],
        "customers_by_residence": rows.filter(customer__residence="ES").only("pk")[:50],
        "customers_by_opening": customers.order_by("-opened_at", "-pk")[:50],
    }


def related(actor: Actor) -> Actor:
    """The same person, who declared a relation to a customer that waits."""
    return replace(actor, away=frozenset({("kyc.customer", Customer.all_unrestricted.order_by("opened_at")[0].pk)}))


@pytest.mark.postgres
def test_postgresql_finds_by_index_what_pages_show_first(
    entity: LegalEntity, reviewer: Actor, second_reviewer: Actor
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("looks at the plans of PostgreSQL")
    fill(entity, reviewer, 10_000)
    for actor in (reviewer, second_reviewer, related(reviewer), related(second_reviewer)):
        for index, rows in asked(actor).items():
            plan = rows.explain()
            assert index in plan, plan
            assert "Seq Scan on kyc_" not in plan, plan


def test_sqlite_looks_at_no_whole_table_for_what_pages_show_first(
    entity: LegalEntity, reviewer: Actor, second_reviewer: Actor
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("looks at the plans of SQLite")
    fill(entity, reviewer, 10_000)
    for actor in (reviewer, second_reviewer, related(reviewer), related(second_reviewer)):
        for rows in asked(actor).values():
            steps = [line for line in rows.explain().splitlines() if "SCAN" in line]
            assert all("USING" in step and "INDEX" in step for step in steps), steps
    assert Application.all_unrestricted.count() == 10_000
