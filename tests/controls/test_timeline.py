"""Who reads what of the trail: entries are as visible as the records they are about."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base import clock
from base.errors import Invalid, NotFound, NotPermitted
from base.models import Mask
from controls import approvals, entries, sealing, sentences, staff, timeline
from controls.actor import Actor
from controls.models import AuditEntry, AuditValue, LegalEntity, Person, Proposal


def person(actor: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(actor.person_id))


@pytest.fixture
def suspended(officer: Actor, reviewer: Actor) -> Person:
    staff.suspend_person(person(reviewer), by=officer, reason="Left the company.")
    return person(reviewer)


def test_a_timeline_says_who_did_what_to_which_field_and_why(suspended: Person, auditor: Actor) -> None:
    (sentence,) = timeline.entries_for(suspended, auditor)
    assert (sentence.who, sentence.what, sentence.reason) == (
        "Carla Compliance",
        "Suspend person",
        "Left the company.",
    )
    assert [(line.label, line.old, line.new) for line in sentence.lines] == [("Active", True, False)]


def test_who_may_not_know_a_record_sees_no_timeline_of_it(suspended: Person, stranger: Actor) -> None:
    assert timeline.entries_for(suspended, stranger) == []


def test_what_came_of_an_entry_hides_it_too(mlro: Actor, auditor: Actor, reviewer: Actor) -> None:
    """That somebody was given sight of reports is the MLRO's to know, although the person is known to all."""
    staff.grant_report_sight(person(reviewer), by=mlro, reason="Works on a case.")
    (hidden,) = timeline.entries_for(person(reviewer), auditor)
    (told,) = timeline.entries_for(person(reviewer), mlro)
    assert (hidden.hidden, hidden.who, hidden.reason, hidden.at) == (True, "", "", None)
    assert (told.hidden, told.reason) == (False, "Works on a case.")


def test_what_is_hidden_is_a_bare_leaf_hash(mlro: Actor, auditor: Actor, reviewer: Actor) -> None:
    staff.grant_report_sight(person(reviewer), by=mlro, reason="Works on a case.")
    sealing.seal(by=Actor.job("controls.sealer"))
    (hidden,) = timeline.entries_for(person(reviewer), auditor)
    assert hidden.leaf == timeline.leaf(AuditEntry.all_unrestricted.get())
    assert len(hidden.leaf) == 64


def test_an_entry_about_a_hidden_entry_is_hidden(mlro: Actor, auditor: Actor, reviewer: Actor) -> None:
    staff.grant_report_sight(person(reviewer), by=mlro, reason="Works on a case.")
    timeline.reveal(AuditEntry.all_unrestricted.get(), by=mlro, reason="Was it granted in time?")
    page = timeline.search(auditor)
    assert [each.hidden for each in page.sentences] == [True, True]


def test_a_masked_value_is_dots_until_it_is_revealed_with_a_reason(officer: Actor, auditor: Actor) -> None:
    subject = person(auditor)
    changed = {"email": entries.Change("old@example.org", "new@example.org", Mask.MASKED)}
    entry = entries.write(ref=uuid4(), by=officer, action="tests.changed", record=subject, changed=changed)
    (sentence,) = timeline.entries_for(subject, auditor)
    assert [(line.old, line.new, line.masked) for line in sentence.lines] == [(timeline.DOTS, timeline.DOTS, True)]
    revealed = timeline.reveal(entry, by=auditor, reason="Checks a complaint.")
    assert revealed == {"email": {"old": "old@example.org", "new": "new@example.org"}}
    noted = AuditEntry.all_unrestricted.latest("pk")
    assert (noted.action, noted.record_id, noted.actor) == ("controls.reveal", str(entry.pk), auditor.label)


def test_revealing_asks_for_a_reason_and_a_right(suspended: Person, auditor: Actor, reviewer: Actor) -> None:
    entry = AuditEntry.all_unrestricted.get()
    with pytest.raises(Invalid) as refused:
        timeline.reveal(entry, by=auditor, reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises((NotPermitted, NotFound)):
        timeline.reveal(entry, by=reviewer, reason="Curious.")


def test_shredded_values_are_said_to_be_gone(suspended: Person, auditor: Actor) -> None:
    AuditValue.objects.all().delete()
    (sentence,) = timeline.entries_for(suspended, auditor)
    assert (sentence.shredded, sentence.lines, sentence.what) == (True, (), "Suspend person")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"person": "carla"}, 1),
        ({"person": "nobody of that name"}, 0),
        ({"action": "controls.suspend_person"}, 1),
        ({"action": "controls.reveal"}, 0),
        ({"since": clock.now() - timedelta(days=1)}, 1),
        ({"until": clock.now() - timedelta(days=1)}, 0),
        ({}, 1),
    ],
)
def test_the_audit_search_finds_by_person_action_and_time(
    suspended: Person, auditor: Actor, asked: dict[str, Any], found: int
) -> None:
    assert len(timeline.search(auditor, **asked).sentences) == found


def test_the_audit_search_finds_by_record(suspended: Person, auditor: Actor) -> None:
    assert len(timeline.search(auditor, records=[str(suspended.pk)]).sentences) == 1
    assert timeline.search(auditor, records=[str(auditor.person_id)]).sentences == []


def test_a_filter_does_not_tell_of_what_is_hidden(mlro: Actor, auditor: Actor, reviewer: Actor) -> None:
    staff.grant_report_sight(person(reviewer), by=mlro, reason="Works on a case.")
    assert timeline.search(auditor, action="controls.grant_report_sight").sentences == []
    assert timeline.search(auditor, records=[str(reviewer.person_id)]).sentences == []
    assert [each.hidden for each in timeline.search(auditor).sentences] == [True]


def test_who_does_not_audit_finds_their_own_deeds(suspended: Person, administrator: Actor, officer: Actor) -> None:
    assert timeline.search(administrator).sentences == []
    assert len(timeline.search(officer).sentences) == 1


def test_pages_of_a_search_follow_each_other(officer: Actor, auditor: Actor, entity: LegalEntity) -> None:
    for n in range(7):
        entries.write(ref=uuid4(), by=officer, action=f"tests.number_{n}", record=entity, changed={})
    said, before = [], None
    for _page in range(3):
        page = timeline.search(auditor, limit=3, before=before)
        said += [each.action for each in page.sentences]
        before = page.next_before
    assert said == [f"tests.number_{n}" for n in reversed(range(7))]
    assert before is None


def test_a_page_of_fifty_costs_a_handful_of_queries(
    officer: Actor, auditor: Actor, entity: LegalEntity, django_assert_max_num_queries: Any
) -> None:
    for _each in range(60):
        entries.write(ref=uuid4(), by=officer, action="tests.done", record=entity, changed={})
    with django_assert_max_num_queries(9):
        assert len(timeline.search(auditor).sentences) == 50


@pytest.fixture
def proposal(administrator: Actor, stranger: Actor) -> Proposal:
    made: Proposal = approvals.propose(
        by=administrator, name="controls.grant_role", record=person(stranger), arguments={"role": "mlro"}, reason="Up."
    )
    return made


def names_it(by: Actor, entity: LegalEntity, proposal: Proposal, times: int = 1) -> None:
    """Entries that everybody may read, whose values name a record that not everybody may know."""
    changed = {
        "vote.proposal": entries.Change(None, str(proposal.pk)),
        "vote.person": entries.Change(None, str(by.person_id)),
    }
    for _each in range(times):
        entries.write(ref=uuid4(), by=by, action="tests.voted", record=entity, changed=changed)


def told(entity: LegalEntity, reader: Actor) -> list[Any]:
    (event,) = sentences.events(timeline.entries_for(entity, reader, limit=1), reader)
    return [change.new for change in sorted(event.changes, key=lambda each: str(each.field))]


def test_a_record_out_of_sight_is_told_by_its_kind_alone(
    officer: Actor, reviewer: Actor, stranger: Actor, entity: LegalEntity, proposal: Proposal
) -> None:
    names_it(officer, entity, proposal)
    assert told(entity, officer) == ["Carla Compliance", "controls.grant_role"]
    for reader in (reviewer, stranger):
        assert told(entity, reader) == ["Carla Compliance", "(a proposal that you may not see)"]


def test_a_program_learns_no_names_of_people(officer: Actor, proposal: Proposal, entity: LegalEntity) -> None:
    program = Actor("client", str(uuid4()), "Sign-up site", officer.person_id, frozenset({"applicant_intake"}))
    line = {"old": None, "new": str(officer.person_id)}
    words = sentences.Words([("controls.vote", {"person": line})], program)
    assert words.value("controls.vote", "person", line["new"]) == "(a person that you may not see)"


def test_naming_records_costs_the_same_for_one_entry_and_for_many(
    officer: Actor, entity: LegalEntity, proposal: Proposal
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            sentences.events(timeline.entries_for(entity, officer), officer)
        return len(seen)

    names_it(officer, entity, proposal)
    first = cost()
    names_it(officer, entity, proposal, times=20)
    assert cost() == first <= 9


def test_an_entry_about_what_no_model_keeps_is_the_auditors(
    officer: Actor, administrator: Actor, entity: LegalEntity
) -> None:
    entry = entries.write(ref=uuid4(), by=administrator, action="tests.done", record=entity, changed={})
    entry.record_model = "gone.thing"
    assert timeline.visible([entry], officer) == {entry.pk}
    assert timeline.visible([entry], administrator) == set()
