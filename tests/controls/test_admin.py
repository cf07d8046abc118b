"""Dialogs, lists, exports and the inbox of the admin pages, without a browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from base import clock
from base.export import About, as_csv, neutralised
from controls import approvals, staff, timeline
from controls.actor import Actor
from controls.models import Attempt, AuditEntry, Person, Proposal, RoleGrant
from tests.conftest import Make, SignInAs
from tests.exports import PURPOSE, rows_of, taken
from tests.people import come_in


def person(actor: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(actor.person_id))


def suspend(client: Client, who: Actor, **headers: Any) -> Any:
    return client.post(f"/admin/controls/person/{who.person_id}/do/suspend_person/", {"reason": "Left."}, **headers)


# --- dialogs ------------------------------------------------------------------------------------------------------


def test_looking_at_a_dialog_changes_nothing(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    signin_as(client, officer)
    before = AuditEntry.all_unrestricted.count()
    answer = client.get(f"/admin/controls/person/{reviewer.person_id}/do/suspend_person/")
    assert answer.status_code == 200
    assert "is out at once" in answer.content.decode()
    assert person(reviewer).is_active
    assert AuditEntry.all_unrestricted.count() == before


def test_a_dialog_runs_its_action_and_leads_back_to_the_record(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    signin_as(client, officer)
    answer = suspend(client, reviewer)
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/controls/person/{reviewer.person_id}/")
    assert not person(reviewer).is_active


def test_a_dialog_inside_a_page_makes_the_page_go_back(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    signin_as(client, officer)
    answer = suspend(client, reviewer, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/admin/controls/person/{reviewer.person_id}/")


def test_a_dialog_needs_the_token_of_the_form(signin_as: SignInAs, officer: Actor, reviewer: Actor) -> None:
    client = Client(enforce_csrf_checks=True)
    signin_as(client, officer)
    assert suspend(client, reviewer).status_code == 403
    assert person(reviewer).is_active


def test_a_dialog_names_the_field_that_is_missing(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    signin_as(client, officer)
    answer = client.post(f"/admin/controls/person/{reviewer.person_id}/do/suspend_person/", {"reason": ""})
    assert answer.status_code == 422
    assert "Say why." in answer.content.decode()
    assert person(reviewer).is_active


def test_who_may_see_but_not_act_is_refused_and_the_attempt_is_noted(
    client: Client, signin_as: SignInAs, auditor: Actor, reviewer: Actor
) -> None:
    signin_as(client, auditor)
    answer = suspend(client, reviewer)
    assert answer.status_code == 403
    assert "Your role does not allow this." in answer.content.decode()
    assert person(reviewer).is_active
    assert [attempt.action for attempt in Attempt.objects.all()] == ["controls.suspend_person"]


def test_a_verb_that_is_no_button_does_not_exist(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    signin_as(client, officer)
    assert client.post(f"/admin/controls/person/{reviewer.person_id}/do/bootstrap/").status_code == 404


def test_a_stale_confirmation_leads_to_confirming_and_back(
    client: Client, signin_as: SignInAs, mlro: Actor, reviewer: Actor
) -> None:
    signin_as(client, mlro, confirmed_at=clock.now() - timedelta(minutes=16))
    path = f"/admin/controls/person/{reviewer.person_id}/do/grant_report_sight/"
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/confirm/?next=%2Fadmin%2Fcontrols%2Fperson%2F")
    assert client.post(path, {"reason": "Works on cases."})["Location"] == answer["Location"]


def test_a_refusal_of_the_body_is_shown_at_its_field(client: Client, signin_as: SignInAs, administrator: Actor) -> None:
    signin_as(client, administrator)
    words = {"username": "new", "name": "New Person", "zone": "Mars/Olympus", "password": "a made-up password 17"}
    answer = client.post("/admin/controls/person/do/create_person/", words)
    assert answer.status_code == 422
    assert answer.context["form"].errors["zone"] == ["There is no such time zone."]
    assert not Person.all_unrestricted.filter(username="new").exists()


def test_a_person_is_created_from_the_list(client: Client, signin_as: SignInAs, administrator: Actor) -> None:
    signin_as(client, administrator)
    words = {"username": "new", "name": "New Person", "zone": "Europe/Riga", "password": "a made-up password 17"}
    assert client.post("/admin/controls/person/do/create_person/", words).status_code == 302
    assert Person.all_unrestricted.get(username="new").roles() == frozenset()


# --- proposals ----------------------------------------------------------------------------------------------------


@pytest.fixture
def proposal(administrator: Actor, stranger: Actor) -> Proposal:
    made: Proposal = approvals.propose(
        by=administrator,
        name="controls.grant_role",
        record=person(stranger),
        arguments={"role": "kyc_reviewer"},
        reason="Joins the team.",
    )
    return made


def test_a_role_is_proposed_in_a_dialog_and_granted_by_another_persons_vote(
    client: Client, signin_as: SignInAs, administrator: Actor, officer: Actor, stranger: Actor
) -> None:
    signin_as(client, administrator)
    words = {"role": "kyc_reviewer", "reason": "Joins the team."}
    client.post(f"/admin/controls/person/{stranger.person_id}/do/grant_role/", words)
    made = Proposal.all_unrestricted.get()
    assert person(stranger).roles() == frozenset()
    signin_as(client, officer)
    client.post(f"/admin/controls/proposal/{made.pk}/do/agree/", {"reason": "Confirmed."})
    assert person(stranger).roles() == {"kyc_reviewer"}


def test_the_inbox_shows_the_exact_difference_in_words(
    client: Client, signin_as: SignInAs, officer: Actor, proposal: Proposal
) -> None:
    signin_as(client, officer)
    shown = client.get("/admin/controls/proposal/").context["difference"]
    told = {row["field"]: (row["old"], row["new"]) for row in shown}
    assert told["role"] == (None, "KYC reviewer")
    assert told["person"] == (None, "Stan Stranger")


def test_the_page_of_a_person_names_what_is_proposed_about_them(
    client: Client, signin_as: SignInAs, officer: Actor, stranger: Actor, proposal: Proposal
) -> None:
    signin_as(client, officer)
    page = client.get(f"/admin/controls/person/{stranger.person_id}/").content.decode()
    assert f"/admin/controls/proposal/{proposal.pk}/" in page
    assert (
        f"/admin/controls/proposal/{proposal.pk}/"
        not in client.get(f"/admin/controls/person/{officer.person_id}/").content.decode()
    )


def test_the_maker_finds_it_among_their_own_and_cannot_decide(
    client: Client, signin_as: SignInAs, administrator: Actor, proposal: Proposal
) -> None:
    signin_as(client, administrator)
    assert client.get("/admin/controls/proposal/?tab=decide").context["rows"] == []
    assert client.get("/admin/controls/proposal/?tab=proposed").context["rows"] == [proposal]
    answer = client.post(f"/admin/controls/proposal/{proposal.pk}/do/agree/", {"reason": "Mine."})
    assert answer.status_code == 403
    assert Proposal.all_unrestricted.get().status == Proposal.Status.PROPOSED


def test_what_was_declined_is_found_among_the_decided(
    client: Client, signin_as: SignInAs, officer: Actor, proposal: Proposal
) -> None:
    signin_as(client, officer)
    client.post(f"/admin/controls/proposal/{proposal.pk}/do/decline/", {"reason": "Not needed."})
    assert client.get("/admin/controls/proposal/?tab=decide").context["rows"] == []
    (row,) = client.get("/admin/controls/proposal/?tab=decided").context["rows"]
    assert row.status == Proposal.Status.DECLINED


def test_the_maker_withdraws(client: Client, signin_as: SignInAs, administrator: Actor, proposal: Proposal) -> None:
    signin_as(client, administrator)
    client.post(f"/admin/controls/proposal/{proposal.pk}/do/withdraw/", {"reason": "A mistake."})
    assert Proposal.all_unrestricted.get().status == Proposal.Status.WITHDRAWN


# --- lists and exports --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", "|calc", "%0A"])
def test_a_formula_in_a_cell_is_neutralised(text: str) -> None:
    assert neutralised(text) == "'" + text


def test_a_negative_number_stays_a_number() -> None:
    assert neutralised(-5) == "-5"


def test_a_cell_with_quotes_and_lines_stays_one_cell() -> None:
    text = 'a "quoted"\nline; and, more'
    about = About("List", "Ana Example", clock.now(), "test", "", 1)
    assert rows_of(b"".join(as_csv(about, ["x"], [[text]]))) == [["x"], [text]]


def exported(client: Client, path: str) -> list[list[str]]:
    return rows_of(taken(client, path))


def test_a_list_is_exported_as_it_is_filtered_and_the_reading_is_an_entry(
    client: Client, signin_as: SignInAs, administrator: Actor, officer: Actor, reviewer: Actor
) -> None:
    staff.create_person(by=administrator, username="formula", name="=HYPERLINK(1)", password="a made-up password 17")
    signin_as(client, officer)
    rows = exported(client, "/admin/controls/person/export/?q=formula")
    assert [row[0] for row in rows[1:]] == ["'=HYPERLINK(1)"]
    entry = AuditEntry.all_unrestricted.filter(action="controls.export").get()
    assert entry.actor == officer.label
    assert '"rows":1' in entry.content


def test_an_export_holds_what_the_reader_may_see_and_no_more(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    signin_as(client, reviewer)
    assert client.post("/admin/controls/person/export/").status_code == 403
    rows = exported(client, "/admin/controls/session/export/")
    assert {row[0] for row in rows[1:]} == {"Ruta Reviewer"}


def test_what_was_searched_for_stands_beside_the_entry_and_can_be_erased(
    client: Client, signin_as: SignInAs, officer: Actor, auditor: Actor
) -> None:
    signin_as(client, officer)
    exported(client, "/admin/controls/person/export/?q=Jonas")
    entry = AuditEntry.all_unrestricted.get()
    assert "Jonas" not in entry.content
    (said,) = timeline.sentences([entry], auditor)
    assert [(line.field, line.new) for line in said.lines if line.field == "filter"] == [("filter", "q=Jonas")]


def test_an_export_is_told_to_who_audits_and_hides_nothing_beside_it(
    client: Client, signin_as: SignInAs, officer: Actor, auditor: Actor, reviewer: Actor
) -> None:
    staff.suspend_person(person(reviewer), by=officer, reason="Left.")
    signin_as(client, officer)
    exported(client, "/admin/controls/person/export/")
    told = timeline.search(auditor).sentences
    assert [said.action for said in told] == ["controls.export", "controls.suspend_person"]


def test_the_trail_can_still_be_read_after_it_was_exported(client: Client, signin_as: SignInAs, officer: Actor) -> None:
    signin_as(client, officer)
    exported(client, "/admin/controls/auditentry/export/")
    assert client.get("/admin/controls/auditentry/").status_code == 200


def test_no_list_is_filtered_by_a_column_that_is_no_filter(client: Client, signin_as: SignInAs, officer: Actor) -> None:
    signin_as(client, officer)
    for address in ("person/?password__startswith=argon2", "session/?person=1", "lockout/?index__startswith=a"):
        assert client.get(f"/admin/controls/{address}").status_code == 400
    assert client.get("/admin/controls/person/?state=active&role=none").status_code == 200


def test_an_export_by_a_link_is_refused(client: Client, signin_as: SignInAs, officer: Actor) -> None:
    signin_as(client, officer)
    assert client.get("/admin/controls/person/export/")["Content-Type"].startswith("text/html"), "it asks what for"
    assert not AuditEntry.all_unrestricted.filter(action="controls.export").exists()


def test_too_many_rows_are_refused_not_cut_off(
    client: Client, signin_as: SignInAs, officer: Actor, administrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controls.admin.evidence.TRAIL_LIMIT", 1)
    for _each in range(2):
        staff.create_person(by=administrator, username=f"p{_each}", name="Person", password="a made-up password 17")
    signin_as(client, officer)
    answer = client.post("/admin/controls/auditentry/export/", PURPOSE)
    assert answer.status_code == 422
    assert "Narrow the filters" in answer.content.decode()


QUERIES = {
    "apiclient": 6,
    "attempt": 7,
    "auditentry": 10,
    "legalentity": 7,
    "lockout": 6,
    "person": 7,
    "proposal": 14,
    "rolegrant": 6,
    "session": 8,
}


@pytest.mark.parametrize("model", sorted(QUERIES))
def test_a_list_costs_the_same_queries_however_long_it_is(
    client: Client, signin_as: SignInAs, officer: Actor, administrator: Actor, make_actor: Make, model: str
) -> None:
    signin_as(client, officer)

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/admin/controls/{model}/").status_code == 200
        return len(seen)

    def more(start: int) -> None:
        for number in range(start, start + 4):
            newcomer = make_actor(f"newcomer_{number}", "kyc_reviewer")
            approvals.propose(
                by=administrator,
                name="controls.grant_role",
                record=come_in(person(newcomer)),
                arguments={"role": "treasury"},
                reason="More work.",
            )

    more(0)
    first = cost()
    more(4)
    assert cost() == first
    assert first == QUERIES[model]


def test_words_typed_into_the_address_break_no_list(client: Client, signin_as: SignInAs, officer: Actor) -> None:
    signin_as(client, officer)
    for query in ("from=nonsense&to=2026-13-45", "person=%00", "p=abc", "o=99.-1", "q=%27%22%3C", "e=1", "nonsense=1"):
        assert client.get(f"/admin/controls/attempt/?{query}").status_code in {200, 302, 400}
        assert client.get(f"/admin/controls/auditentry/?{query}").status_code == 200
    for query in ("from=9999-12-31&to=9999-12-31", "from=0001-01-01", "to=1000-01-01&from=20261123"):
        assert client.get(f"/admin/controls/attempt/?{query}").status_code == 200
        assert client.get(f"/admin/controls/auditentry/?{query}").status_code == 200
    for before in ("%C2%B2", "9" * 30, "9" * 5000):  # a digit to Unicode; more than the database counts
        assert client.get(f"/admin/controls/auditentry/?before={before}").status_code == 200


def test_a_filter_that_cannot_be_understood_is_named_and_exports_nothing(
    client: Client, signin_as: SignInAs, officer: Actor
) -> None:
    signin_as(client, officer)
    page = client.get("/admin/controls/person/?role=king&state=active").content.decode()
    assert "Role: “king” is none of the choices, and was left out." in page
    assert 'href="?role=king"' in page, "the chip of the other filter takes only that away"
    refused = client.post("/admin/controls/person/export/?role=king")
    assert refused.status_code == 422
    assert "Nothing was exported." in refused.content.decode()
    assert not AuditEntry.all_unrestricted.filter(action="controls.export").exists()


def test_every_button_runs_a_registered_action() -> None:
    for found in admin.site._registry.values():
        for button in (*found.buttons, *found.list_buttons):  # type: ignore[attr-defined]
            assert button.verb.action.name, button.label


def test_times_are_in_the_readers_zone_with_utc_beside(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    Person.all_unrestricted.filter(pk=str(officer.person_id)).update(zone="Asia/Tokyo")
    signin_as(client, officer)
    grant = RoleGrant.all_unrestricted.get(person=reviewer.person_id)
    page = client.get(f"/admin/controls/rolegrant/{grant.pk}/").content.decode()
    assert (grant.granted_at + timedelta(hours=9)).strftime(">%Y-%m-%d %H:%M<") in page
    assert grant.granted_at.strftime("%Y-%m-%d %H:%M:%S UTC") in page


def test_the_home_page_counts_what_waits_for_this_person(
    client: Client, signin_as: SignInAs, officer: Actor, proposal: Proposal
) -> None:
    signin_as(client, officer)
    tiles = {str(item["tile"].title): item["count"] for item in client.get("/admin/").context["tiles"]}
    assert tiles["Proposals to decide"] == 1


# --- the trail ----------------------------------------------------------------------------------------------------


def test_the_trail_is_searched_by_person_action_record_and_day(
    client: Client, signin_as: SignInAs, officer: Actor, mlro: Actor, reviewer: Actor, stranger: Actor
) -> None:
    staff.suspend_person(person(reviewer), by=officer, reason="Left the company.")
    staff.suspend_person(person(stranger), by=mlro, reason="Never came.")
    signin_as(client, officer)
    tomorrow = (clock.now() + timedelta(days=1)).date()

    def found(query: str) -> list[str]:
        rows = client.get(f"/admin/controls/auditentry/?{query}").context["rows"]
        return [row["said"].reason for row in rows]

    assert found("") == ["Never came.", "Left the company."]
    assert found("person=carla") == ["Left the company."]
    assert found("action=controls.create_person") == []
    assert found(f"record={stranger.person_id}") == ["Never came."]
    assert found(f"record={person(stranger).username}") == ["Never came."]
    assert found("record=nobody-is-called-that") == []
    assert found(f"since={tomorrow}") == []


def test_a_search_of_the_trail_that_cannot_be_understood_finds_and_exports_nothing(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    staff.suspend_person(person(reviewer), by=officer, reason="Left the company.")
    signin_as(client, officer)
    page = client.get("/admin/controls/auditentry/?since=yesterday")
    assert page.context["rows"] == []
    assert "put right what is marked" in page.content.decode()
    assert client.post("/admin/controls/auditentry/export/?action=no.such").status_code == 422


def test_what_lies_outside_the_readers_sight_is_told_without_a_word(
    client: Client, signin_as: SignInAs, auditor: Actor, mlro: Actor, reviewer: Actor
) -> None:
    staff.grant_report_sight(person(reviewer), by=mlro, reason="Works on a case.")
    signin_as(client, auditor)
    for address in ("auditentry/", f"person/{reviewer.person_id}/?tab=timeline"):
        page = client.get(f"/admin/controls/{address}").content.decode()
        assert "utside your sight" in page
        assert "Works on a case." not in page
        assert (
            "sight of reports" not in page.split("<main")[1].partition("<option")[0] + page.rpartition("</option>")[2]
        )
    entry = AuditEntry.all_unrestricted.get()
    assert client.get(f"/admin/controls/auditentry/{entry.ref}/").status_code == 404


def test_masked_values_are_revealed_with_a_reason_and_that_is_an_entry(
    client: Client, signin_as: SignInAs, administrator: Actor, officer: Actor
) -> None:
    words = {"username": "new", "name": "New", "email": "new@example.test", "password": "a made-up password 17"}
    staff.create_person(by=administrator, **words)
    entry = AuditEntry.all_unrestricted.get()
    signin_as(client, officer)
    address = f"/admin/controls/auditentry/{entry.ref}/"
    assert "new@example.test" not in client.get(address).content.decode()
    answer = client.post(f"{address}do/reveal/", {"reason": "Asked by the person."})
    assert "new@example.test" in answer.content.decode()
    assert AuditEntry.all_unrestricted.filter(action="controls.reveal").count() == 1


def test_a_list_is_sorted_by_a_column_that_shows_times(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    signin_as(client, officer)
    for order, descending in (("4", False), ("-4", True)):
        page = client.get(f"/admin/controls/person/?o={order}")
        assert 'href="?o=' in page.content.decode()
        joined = [row.joined_at for row in page.context["cl"].result_list]
        assert joined == sorted(joined, reverse=descending)


def test_the_figures_of_the_home_page_count_by_day(
    client: Client, signin_as: SignInAs, officer: Actor, reviewer: Actor
) -> None:
    staff.suspend_person(person(reviewer), by=officer, reason="Left.")
    signin_as(client, officer)
    deeds = next(f for f in client.get("/admin/").context["figures"] if str(f.sentence).startswith("Actions"))
    assert (deeds.value, deeds.series[-1], len(deeds.series)) == ("1", 1, 14)
