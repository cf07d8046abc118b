"""What apps register for shared pages: shown to whom it is for; one that fails takes nobody down."""

from typing import Any

import pytest
from django.test import Client

from base import clock, registry
from controls.actor import Actor
from tests.conftest import SignInAs

LISTS = ("tiles", "alarms", "figures", "panels", "timelines", "searches")


@pytest.fixture(autouse=True)
def only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LISTS:
        monkeypatch.setattr(registry, name, [])


def fails(*args: Any) -> Any:
    raise RuntimeError("a neighbour's mistake")


def test_a_tile_that_fails_reads_not_available(client: Client, signin_as: SignInAs, officer: Actor) -> None:
    registry.tiles.append(registry.Tile("Broken", "controls.decide", fails, lambda: "/admin/"))
    signin_as(client, officer)
    answer = client.get("/admin/")
    assert answer.status_code == 200
    assert "not available" in answer.content.decode()


def test_a_tile_is_shown_to_whoever_has_its_permission_only(
    client: Client, signin_as: SignInAs, auditor: Actor
) -> None:
    registry.tiles.append(registry.Tile("For others", "kyc.claim", lambda actor: 3, lambda: "/admin/"))
    signin_as(client, auditor)
    assert "For others" not in client.get("/admin/").content.decode()


def test_a_figure_that_fails_reads_not_available(client: Client, signin_as: SignInAs, officer: Actor) -> None:
    registry.figures.append(registry.Figure("controls.view_audit", fails))
    signin_as(client, officer)
    assert "not available" in client.get("/admin/").content.decode()


def test_an_alarm_is_a_sentence_with_a_link(client: Client, signin_as: SignInAs, officer: Actor) -> None:
    found = [registry.Alarm("The sealer has stopped.", "/admin/controls/auditentry/")]
    registry.alarms.append(registry.AlarmSource("controls.view_audit", lambda actor: found))
    signin_as(client, officer)
    assert '<a href="/admin/controls/auditentry/">The sealer has stopped.</a>' in client.get("/admin/").content.decode()


def test_a_search_source_that_fails_is_said_beside_what_the_others_found(
    client: Client, signin_as: SignInAs, officer: Actor
) -> None:
    registry.searches += [
        registry.SearchSource("", fails),
        registry.SearchSource("", lambda actor, words: [registry.Hit("Ana Example", "customer", "/admin/")]),
    ]
    signin_as(client, officer)
    page = client.get("/admin/search/?s=ana").content.decode()
    assert "Ana Example" in page
    assert "A part of the search is not available." in page


def test_a_timeline_source_that_fails_is_said_beside_what_the_others_tell(
    client: Client, signin_as: SignInAs, officer: Actor
) -> None:
    told = registry.Event(clock.now(), "Ana Example", "wrote a ticket")
    registry.timelines += [
        registry.TimelineSource("", fails),
        registry.TimelineSource("", lambda actor, model, key: [told]),
        registry.TimelineSource("", lambda actor, model, key: [told], model="kyc.application"),
    ]
    signin_as(client, officer)
    page = client.get(f"/admin/controls/person/{officer.person_id}/?tab=timeline").content.decode()
    assert page.count("wrote a ticket") == 1
    assert "A part of the timeline is not available." in page


def test_a_panel_is_a_tab_of_its_record(client: Client, signin_as: SignInAs, officer: Actor) -> None:
    panel = registry.Panel("controls.person", "tickets", "Tickets", "controls.view_staff", "base/why_not.html", fails)
    registry.panels.append(panel)
    signin_as(client, officer)
    address = f"/admin/controls/person/{officer.person_id}/"
    assert "?tab=tickets" in client.get(address).content.decode()
    assert "not available" in client.get(address + "?tab=tickets").content.decode()
