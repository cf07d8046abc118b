"""The queue narrowed, sorted and taken away as a file: everything asked for stands in the address."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from base import clock
from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity, Person
from kyc import actions
from kyc.models import Application
from tests.conftest import SignInAs
from tests.exports import PURPOSE, table_of, taken
from tests.kyc.making import awaiting_second, checked, claimed, submitted

QUEUE = "/admin/kyc/application/"


@pytest.fixture
def at_work(client: Client, signin_as: SignInAs, reviewer: Actor) -> Client:
    signin_as(client, reviewer)
    return client


def asked(**words: Any) -> str:
    return f"{QUEUE}?{urlencode({'tab': 'all', **words})}"


def found(client: Client, **words: Any) -> list[str]:
    """The references of the rows, in their order."""
    answer = client.get(asked(**words))
    assert answer.status_code == 200
    return [row.customer.reference for row in answer.context["page"]]


@pytest.fixture
def several(entity: LegalEntity, reviewer: Actor, second_reviewer: Actor) -> None:
    """Longest waiting first: one of each kind."""
    checked(entity, **called("LOW-1"))
    checked(entity, {"face": "failed"}, **called("RISKY-1"), residence="DE")
    claimed(entity, second_reviewer, **called("TAKEN-1"))
    awaiting_second(entity, reviewer, **called("HIGH-1"))
    submitted(entity, **called("NEW-1"))


def called(reference: str) -> dict[str, Any]:
    """A document number of its own: the same on several accounts is a risk."""
    return {"reference": reference, "document_number": reference}


NARROWED: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["LOW-1", "RISKY-1", "TAKEN-1", "HIGH-1", "NEW-1"]),
    ({"state": "awaiting_second"}, ["HIGH-1"]),
    ({"state": "awaiting_review", "risk": "low"}, ["LOW-1", "TAKEN-1"]),
    ({"risk": "high"}, ["RISKY-1", "HIGH-1"]),
    ({"residence": "DE"}, ["RISKY-1"]),
    ({"on": "nobody", "tab": "desk"}, ["LOW-1", "RISKY-1", "HIGH-1"]),
    ({"on": "anybody"}, ["TAKEN-1"]),
    ({"on": "me"}, []),
    ({"reference": "risk"}, ["RISKY-1"]),
    ({"reference": "%"}, []),
    ({"tab": "mine", "risk": "low"}, ["LOW-1"]),
]


def test_filters_narrow_what_the_tab_holds(at_work: Client, several: None) -> None:
    assert [found(at_work, **words) for words, _expected in NARROWED] == [expected for _words, expected in NARROWED]


def test_a_colleague_who_is_on_one_can_be_asked_for(
    at_work: Client, several: None, second_reviewer: Actor, entity: LegalEntity
) -> None:
    assert found(at_work, on=second_reviewer.person_id) == ["TAKEN-1"]
    Application.all_unrestricted.filter(claimed_by=second_reviewer.person_id).update(
        claimed_until=clock.now() - timedelta(seconds=1)
    )
    assert "none of the choices" in at_work.get(asked(on=second_reviewer.person_id)).content.decode()


def test_opened_between_counts_whole_days_of_the_reader(at_work: Client, several: None, reviewer: Actor) -> None:
    Person.all_unrestricted.filter(pk=str(reviewer.person_id)).update(zone="Asia/Tokyo")
    for reference, at in (("LOW-1", "09T14:59Z"), ("RISKY-1", "09T15:00Z"), ("NEW-1", "10T15:00Z")):
        Application.all_unrestricted.filter(customer__reference=reference).update(opened_at=f"2026-03-{at}")
    assert found(at_work, **{"from": "2026-03-10", "to": "2026-03-10"}) == ["RISKY-1"]
    assert found(at_work, to="2026-03-09") == ["LOW-1"]


SORTED = {
    "waits": ("NEW-1", "LOW-1"),
    "-waits": ("LOW-1", "NEW-1"),
    "reference": ("HIGH-1", "TAKEN-1"),
    "-reference": ("TAKEN-1", "HIGH-1"),
    "-risk": ("RISKY-1", "NEW-1"),
    "on": ("TAKEN-1", "NEW-1"),
    "-on": ("TAKEN-1", "NEW-1"),
    "state": ("NEW-1", "HIGH-1"),
    "why": ("LOW-1", "NEW-1"),  # not a column that is sorted by: the order of the tab
    "customer__birth_date": ("LOW-1", "NEW-1"),
}


def test_heads_sort(at_work: Client, several: None) -> None:
    rows = {order: found(at_work, o=order) for order in SORTED}
    assert {order: (found[0], found[-1]) for order, found in rows.items()} == SORTED
    assert {len(found) for found in rows.values()} == {5}


def test_a_head_goes_up_down_and_back(at_work: Client, several: None) -> None:
    steps = []
    address = asked(risk="low")
    for _step in range(4):
        heads = {str(head["title"]): head for head in at_work.get(address).context["heads"]}
        steps.append(heads["Risk"]["direction"])
        address = QUEUE + heads["Risk"]["link"]
        assert "risk=low" in address
    assert steps == ["", "ascending", "descending", ""]


def test_the_order_of_the_tab_is_marked(at_work: Client, several: None) -> None:
    page = at_work.get(asked()).content.decode()
    assert re.search(r'aria-sort="descending">\s*<a class="sort" href="[^"]*">Waits', page)


def test_filters_survive_the_tab_and_the_page(at_work: Client, several: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kyc.admin.queue.Queue.per_page", 1)
    shown = unescape(at_work.get(asked(risk="low", o="risk")).content.decode())
    assert "?tab=mine&risk=low&o=risk" in shown
    assert "?tab=all&risk=low&o=risk&page=2" in shown
    assert [found(at_work, risk="low", o="risk", page=page) for page in (1, 2)] == [["LOW-1"], ["TAKEN-1"]]


def test_each_filter_in_use_is_a_chip_that_takes_it_away(at_work: Client, several: None) -> None:
    answer = at_work.get(asked(risk="low", state="awaiting_review", o="-risk"))
    chips = {(chip["title"], chip["said"]): chip["link"] for chip in answer.context["chips"]}
    assert chips == {
        ("State", "waiting for review"): "?tab=all&risk=low&o=-risk",
        ("Risk", "low"): "?tab=all&state=awaiting_review&o=-risk",
    }
    assert "2 rows fit" in answer.content.decode()


def test_nothing_fits_says_how_to_see_everything(at_work: Client, several: None) -> None:
    page = at_work.get(asked(reference="NOBODY")).content.decode()
    assert "Nothing under this tab fits the filters." in page
    assert 'href="?tab=all">Show everything' in page


WRONG = {
    "state": "approved",
    "risk": "enormous",
    "residence": "ZZ",
    "on": "018f0000-0000-7000-8000-00000000000a",
    "from": "9999-12-31",
    "to": "soon",
    "reference": "a\x00b",
}


def test_what_is_no_value_is_named_and_left_out(at_work: Client, several: None) -> None:
    titles = {"from": "Opened", "to": "Opened", "on": "Who is on it", "residence": "Country of residence"}
    for name, value in WRONG.items():
        answer = at_work.get(asked(**{name: value}))
        (problem,) = answer.context["problems"]
        assert problem.startswith(titles.get(name, name.capitalize()) + ": ")
        assert unescape(answer.content.decode()).count(f'role="alert">{problem}') == 1
        assert len(answer.context["page"]) == 5


def test_nothing_in_the_address_breaks_the_queue(at_work: Client, several: None) -> None:
    for query in ("tab=%00", "page=%00&o=%00", "o=--risk", "risk=&state=", "page=-1", f"page={'9' * 30}", "on=a&on=b"):
        assert at_work.get(f"{QUEUE}?{query}").status_code == 200


def test_only_declared_filters_are_taken(at_work: Client, several: None) -> None:
    """By which rows are left, a column that no page shows could be guessed."""
    answer = at_work.get(asked(customer__document_number_index__startswith="x", claimed_by__password__startswith="x"))
    assert len(answer.context["page"]) == 5
    assert "password" not in answer.content.decode()


def exported(client: Client, **words: Any) -> list[dict[str, str]]:
    return table_of(taken(client, asked(**words).replace("?", "export/?")))


def test_an_export_holds_what_the_page_shows(at_work: Client, several: None) -> None:
    rows = exported(at_work, risk="high", o="-reference")
    assert [row["Reference"] for row in rows] == ["RISKY-1", "HIGH-1"]
    assert rows[0]["Applicant"] == "Ana Maria Example"
    assert rows[0]["Lives in"] == "Germany"
    assert rows[0]["Why this risk"].startswith("lives outside the country of nationality")
    entry = AuditEntry.all_unrestricted.filter(action="controls.export").get()
    assert entry.record_model == "kyc.application"
    assert '"rows":2' in entry.content


def test_an_export_follows_the_tab(at_work: Client, several: None) -> None:
    assert [row["Reference"] for row in exported(at_work, tab="second")] == ["HIGH-1"]
    assert [row["Who is on it"] for row in exported(at_work, on="anybody")] == ["Simon Senior"]


def test_a_formula_in_a_name_is_neutralised(at_work: Client, entity: LegalEntity) -> None:
    checked(entity, given_names="=HYPERLINK(1)")
    assert exported(at_work)[0]["Applicant"].startswith("'=HYPERLINK")


def test_an_export_with_a_filter_that_is_none_is_refused(at_work: Client, several: None) -> None:
    answer = at_work.post(asked(risk="enormous").replace("?", "export/?"))
    assert answer.status_code == 422
    assert "Nothing was exported." in answer.content.decode()
    assert not AuditEntry.all_unrestricted.filter(action="controls.export").exists()


def test_too_many_rows_become_a_job(at_work: Client, several: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("base.exporting.AT_ONCE", 4)
    answer = at_work.post(asked().replace("?", "export/?"), PURPOSE)
    assert answer["Location"].startswith("/admin/work/job/")
    assert table_of(taken(at_work, asked(risk="low").replace("?", "export/?")))


def test_a_link_exports_nothing_and_who_may_not_look_exports_nothing(
    at_work: Client, signin_as: SignInAs, stranger: Actor
) -> None:
    assert at_work.get(QUEUE + "export/")["Content-Type"].startswith("text/html"), "it asks what for"
    assert not AuditEntry.all_unrestricted.filter(action="controls.export").exists()
    other = Client()
    signin_as(other, stranger)
    assert other.post(QUEUE + "export/", PURPOSE).status_code == 403


def test_an_export_costs_the_same_queries_however_long(
    at_work: Client, entity: LegalEntity, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(3):
        checked(entity, residence="VE")
    with django_assert_num_queries(11):
        assert len(exported(at_work)) == 3
    checked(entity, residence="VE")
    with django_assert_num_queries(11):
        assert len(exported(at_work)) == 4


def test_the_count_of_a_tab_is_the_number_of_its_rows(at_work: Client, several: None, reviewer: Actor) -> None:
    actions.claim_next(by=reviewer)
    for tab in at_work.get(QUEUE).context["tabs"]:
        assert (tab.key, tab.count) == (tab.key, tab.rows.count())


def test_what_is_closed_waits_no_longer(at_work: Client, entity: LegalEntity, reviewer: Actor) -> None:
    application = claimed(entity, reviewer, **called("NO-1"))
    seen = application.seen_digest()
    actions.reject(application, by=reviewer, code="document_forged", reason="The zone was glued on.", seen=seen)
    row = re.search(r"<tbody><tr>\s*<td>(.*?)</td>", at_work.get(asked()).content.decode(), re.S)
    assert row
    assert row[1] == '<span class="soft">–</span>'


def test_where_somebody_lives_is_a_state(at_work: Client) -> None:
    offered = at_work.get(asked()).content.decode()
    assert "Lithuania" in offered
    assert "Interpol" not in offered
