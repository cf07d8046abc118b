"""Somebody who declared a relation to a customer knows nothing of them any more, and decides nothing about them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from base import clock, registry
from base.errors import NotFound, NotPermitted, RuleError, WrongState
from controls import approvals, relations, tasks
from controls.actions import REGISTRY
from controls.actor import Actor
from controls.models import Attempt, AuditEntry, LegalEntity, Person, Relation
from kyc import actions, reports, waiting
from kyc.models import Application, Check, Customer, Decision, Document, Picture
from privacy.models import Subject
from tests.committed import CommittedDatabase
from tests.conftest import Make, SignInAs
from tests.exports import table_of, taken
from tests.kyc import making
from tests.kyc import sweep as kyc_sweep
from tests.kyc.test_addresses import records
from tests.kyc.test_races import at_once, until_somebody_waits
from tests.privacy.making import tracked
from tests.sweep import World, facts
from work.actions import todo
from work.models import Notice, Task

KNOWS_ALL = ("compliance_officer", "senior_kyc_reviewer", "internal_auditor")
NOBODY = "01900000-0000-7000-8000-000000000000"


def declare(by: Actor, customer: Customer) -> Relation:
    words = {"about": "kyc.customer", "entity": customer.entity, "reference": customer.reference}
    made: Relation = relations.declare_relation(by=by, **words, kind="family", words="My brother-in-law.")
    return made


def again(actor: Actor) -> Actor:
    """As their next request finds them."""
    person = Person.all_unrestricted.get(pk=str(actor.person_id))
    return Actor.of(person, confirmed_at=actor.confirmed_at)


def subject_of(record: Any) -> Customer:
    if isinstance(record, Customer):
        return record
    if isinstance(record, Application):
        return record.customer
    return record.document.application.customer if isinstance(record, Picture) else record.application.customer


def on_records_of_customers() -> list[str]:
    """Actions of people on records of customers."""
    return sorted(
        name
        for name, found in REGISTRY.items()
        if name.startswith("kyc.")
        and not found.creates
        and found.permission
        in {"kyc.claim", "kyc.approve", "kyc.approve_high_risk", "kyc.reject", "kyc.ask"}
        | {"kyc.release_claim", "kyc.view_document"}
    )


def test_the_walk_meets_every_decision() -> None:
    assert {"kyc.claim", "kyc.approve", "kyc.approve_second", "kyc.reject", "kyc.ask", "kyc.view_picture"} <= set(
        on_records_of_customers()
    )


@pytest.mark.parametrize("name", on_records_of_customers())
def test_every_action_on_a_record_of_theirs_is_refused(db: None, name: str) -> None:
    world = World()
    case = kyc_sweep.ROWS[name].case(world)
    declare(case.by, subject_of(case.record))
    before, found = facts(), REGISTRY[name]
    call = getattr(import_module(found.body.__module__), found.body.__name__)
    for by in (case.by, again(case.by)):  # a page that was open before, and one opened now
        with pytest.raises(NotFound), transaction.atomic():
            call(case.record, by=by, **case.words)
    assert facts() == before
    refused = call.refusal(case.record, by=again(case.by))
    assert refused
    assert refused.code == "related"


@pytest.mark.parametrize("role", KNOWS_ALL)
def test_each_page_of_theirs_is_as_if_it_were_not_there(
    client: Client, signin_as: SignInAs, make_actor: Make, entity: LegalEntity, role: str
) -> None:
    application, who = making.checked(entity), make_actor("somebody", role)
    signin_as(client, who)
    pages = [page for page in records(application) if "do/claim" not in page]
    assert {client.get(page).status_code for page in pages} == {200}
    declare(who, application.customer)
    for page in pages:
        key = next(part for part in page.split("/") if part.count("-") == 4)
        there, nothing = client.get(page), client.get(page.replace(key, NOBODY))
        assert (there.status_code, nothing.status_code) == (404, 404)
        assert there.content.replace(key.encode(), b"") == nothing.content.replace(NOBODY.encode(), b"")


@pytest.mark.parametrize("role", KNOWS_ALL)
def test_each_address_of_the_api_is_as_if_it_were_not_there(
    api: Callable[[Actor], Client], make_actor: Make, entity: LegalEntity, role: str
) -> None:
    application, who = making.checked(entity), make_actor("somebody", role)
    keys = {"applications": application.pk, "documents": application.documents.all()[0].pk}
    program = api(who)
    assert {program.get(f"/api/v1/kyc/{kind}/{key}").status_code for kind, key in keys.items()} == {200}
    declare(who, application.customer)
    for kind, key in keys.items():
        there, nothing = program.get(f"/api/v1/kyc/{kind}/{key}"), program.get(f"/api/v1/kyc/{kind}/{NOBODY}")
        assert (there.status_code, nothing.status_code) == (404, 404)
        told = there.content.replace(str(key).encode(), b""), nothing.content.replace(NOBODY.encode(), b"")
        assert told[0] == told[1]
        assert program.get(f"/api/v1/kyc/{kind}").json()["results"] == []
    assert program.get("/api/v1/kyc/decisions").json()["results"] == []


def test_nothing_of_theirs_is_in_sight(entity: LegalEntity, reviewer: Actor, officer: Actor) -> None:
    application, other = making.claimed(entity, reviewer), making.checked(entity)
    making.approve(application, reviewer)
    declare(officer, application.customer)
    by = again(officer)
    for model in (Application, Document, Picture, Check, Decision):
        mine = model.objects.visible_to(by)
        everything = model.all_unrestricted.count()
        assert everything > mine.count()
    assert list(Customer.objects.visible_to(by)) == [other.customer]
    assert reports.queue_figures(by).all == 1
    hits = [hit for source in registry.searches for hit in source.find(by, application.customer.reference)]
    assert not [hit for hit in hits if str(application.customer_id) in hit.link]


def test_the_trail_of_theirs_is_a_bare_leaf(entity: LegalEntity, reviewer: Actor, officer: Actor) -> None:
    from controls import timeline

    application = making.claimed(entity, reviewer)
    entries = list(AuditEntry.all_unrestricted.about(application))
    assert not any(told.hidden for told in timeline.sentences(entries, officer))
    declare(officer, application.customer)
    assert all(told.hidden for told in timeline.sentences(entries, again(officer)))


def test_next_serves_another_and_colleagues_get_it(entity: LegalEntity, reviewer: Actor, make_actor: Make) -> None:
    first, second = making.checked(entity), making.checked(entity)
    declare(reviewer, first.customer)
    assert actions.claim_next(by=again(reviewer)) == second
    assert actions.claim_next(by=make_actor("rita", "kyc_reviewer")) == first


def test_next_serves_nothing_to_a_page_that_was_open_before(entity: LegalEntity, reviewer: Actor) -> None:
    declare(reviewer, making.checked(entity).customer)
    with pytest.raises(NotFound):
        actions.claim_next(by=reviewer)
    assert actions.claim_next(by=again(reviewer)) is None


def test_what_they_are_on_is_back_in_the_queue(entity: LegalEntity, reviewer: Actor, make_actor: Make) -> None:
    application, other = making.claimed(entity, reviewer), making.claimed(entity, reviewer)
    declare(reviewer, application.customer)
    assert making.fresh(application).claimed_by is None
    assert making.fresh(other).is_held_by(reviewer)
    entry = AuditEntry.all_unrestricted.about(application).order_by("-id")[0]
    assert (entry.action, entry.actor) == ("kyc.release_claim", reviewer.label)


def test_a_colleagues_claim_stays(entity: LegalEntity, reviewer: Actor, make_actor: Make) -> None:
    application = making.claimed(entity, reviewer)
    declare(make_actor("rita", "kyc_reviewer"), application.customer)
    assert making.fresh(application).is_held_by(reviewer)


def test_a_reference_nobody_has_gets_the_same_answer(
    api: Callable[[Actor], Client], stranger: Actor, entity: LegalEntity
) -> None:
    known = making.checked(entity).customer.reference
    answers = []
    for reference in (known, "X-nobody"):
        words = {"about": "kyc.customer", "entity": str(entity.pk), "kind": "other", "words": "A friend."}
        answer = api(stranger).post(
            "/api/v1/controls/relations", {**words, "reference": reference}, content_type="application/json"
        )
        told = answer.json()
        answers.append((answer.status_code, sorted(told), told["available_actions"], told["words"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 201


def test_the_same_is_declared_once(entity: LegalEntity, reviewer: Actor) -> None:
    customer = making.checked(entity).customer
    declare(reviewer, customer)
    with pytest.raises(WrongState) as refused:
        declare(again(reviewer), customer)
    assert refused.value.code == "declared_already"


def test_who_may_not_know_the_customer_is_not_told_who_it_is(
    api: Callable[[Actor], Client], client: Client, signin_as: SignInAs, make_actor: Make, entity: LegalEntity
) -> None:
    customer, who = making.checked(entity).customer, make_actor("rita", "kyc_reviewer")
    relation = declare(who, customer)
    page = reverse("admin:controls_relation_change", args=[relation.pk])
    for role, told in {"administrator": False, "senior_management": False, "compliance_officer": True}.items():
        reader = make_actor(role, role)
        answer = api(reader).get(f"/api/v1/controls/relations/{relation.pk}")
        assert answer.status_code == 200
        shown = answer.content.decode() + api(reader).get(page).content.decode()
        for secret in (customer.reference, "brother-in-law"):
            assert (secret in shown) is told
        for secret in (customer.name, str(customer.pk)):
            assert secret not in shown
    assert api(make_actor("ron", "kyc_reviewer")).get(f"/api/v1/controls/relations/{relation.pk}").status_code == 404


def test_of_two_who_are_related_to_one_neither_sees_the_others(
    entity: LegalEntity, officer: Actor, mlro: Actor
) -> None:
    customer = making.checked(entity).customer
    first = declare(officer, customer)
    assert Relation.objects.visible_to(again(mlro)).filter(pk=first.pk).exists()
    declare(mlro, customer)
    assert not Relation.objects.visible_to(again(mlro)).filter(pk=first.pk).exists()


def test_their_tasks_and_notices_are_out_of_sight_and_go_to_others(
    entity: LegalEntity, second_reviewer: Actor, make_actor: Make
) -> None:
    application = making.checked(entity)
    Application.all_unrestricted.filter(pk=application.pk).update(waiting_since=clock.now() - timedelta(days=9))
    waiting.watch()
    task = Task.objects.visible_to(second_reviewer).get()
    todo.take_task(task, by=second_reviewer)
    assert Notice.objects.visible_to(second_reviewer).exists()
    declare(second_reviewer, application.customer)
    by = again(second_reviewer)
    assert not Task.objects.visible_to(by).exists()
    assert not Notice.objects.visible_to(by).exists()
    with pytest.raises(NotFound):
        todo.finish_task(task, by=by, outcome="Seen to.")
    colleague = make_actor("sara", "senior_kyc_reviewer")
    assert Task.objects.visible_to(colleague).takeable_by(colleague).get() == task


def test_what_lies_beside_the_records_is_out_of_sight(entity: LegalEntity, officer: Actor, make_actor: Make) -> None:
    application = making.claimed(entity, make_actor("rita", "kyc_reviewer"))
    tracked(application)
    with pytest.raises(WrongState):
        actions.claim(application, by=make_actor("sara", "senior_kyc_reviewer"))
    assert Subject.objects.visible_to(officer).exists()
    assert Attempt.objects.visible_to(officer).exists()
    declare(officer, application.customer)
    assert not Subject.objects.visible_to(again(officer)).exists()
    assert not Attempt.objects.visible_to(again(officer)).exists()


def test_who_comes_after_the_declaration_is_found(entity: LegalEntity, reviewer: Actor) -> None:
    words = {"about": "kyc.customer", "entity": entity, "kind": "business", "words": "We own a flat together."}
    relations.declare_relation(by=reviewer, **words, reference="X-later")
    making.checked(entity)
    application = making.claimed(entity, reviewer, reference="X-later")
    before = Attempt.objects.count()
    tasks.find_relations()
    assert making.fresh(application).claimed_by is None
    assert application not in Application.objects.visible_to(again(reviewer))
    tasks.find_relations()
    assert Attempt.objects.count() == before, "what nobody is known under is no refused attempt"


def _ending(relation: Relation, by: Actor) -> Any:
    words = {"name": "controls.end_relation", "record": relation, "arguments": {}, "reason": "They have divorced."}
    return approvals.propose(by=by, **words)


def test_two_others_end_it(entity: LegalEntity, reviewer: Actor, administrator: Actor, officer: Actor) -> None:
    application = making.checked(entity)
    relation = declare(reviewer, application.customer)
    assert not Application.objects.visible_to(again(reviewer)).exists()
    approvals.decide(_ending(relation, administrator), by=officer, agrees=True, reason="I asked both.")
    assert Application.objects.visible_to(again(reviewer)).get() == application
    relation.refresh_from_db()
    assert (relation.ended_by_id, relation.end_agreed_by_id) == (administrator.person_id, officer.person_id)


def test_nobody_has_a_hand_in_ending_their_own(entity: LegalEntity, administrator: Actor, officer: Actor) -> None:
    customer = making.checked(entity).customer
    own, officers = declare(administrator, customer), declare(officer, making.checked(entity).customer)
    with pytest.raises(NotPermitted) as refused:
        _ending(own, again(administrator))
    assert refused.value.code == "concerned"
    with pytest.raises(RuleError):
        approvals.decide(_ending(officers, again(administrator)), by=again(officer), agrees=True, reason="Mine.")


def test_who_is_related_too_does_not_agree_to_end_it(
    entity: LegalEntity, reviewer: Actor, administrator: Actor, officer: Actor
) -> None:
    customer = making.checked(entity).customer
    proposal = _ending(declare(reviewer, customer), administrator)
    declare(officer, customer)
    with pytest.raises(NotFound):
        approvals.decide(proposal, by=officer, agrees=True, reason="Why not.")


def test_the_database_refuses_an_end_by_one_or_by_the_person(entity: LegalEntity, reviewer: Actor, mlro: Actor) -> None:
    relation = declare(reviewer, making.checked(entity).customer)
    for one, another in ((mlro, mlro), (reviewer, mlro), (mlro, reviewer)):
        ended = {"ended_at": relation.declared_at, "ended_by": one.person_id, "end_agreed_by": another.person_id}
        with pytest.raises(IntegrityError), transaction.atomic():
            Relation.all_unrestricted.filter(pk=relation.pk).update(**ended)


def test_an_actions_queries_are_no_more(entity: LegalEntity, reviewer: Actor) -> None:
    """What is read about relations comes with the roles; only who declared one pays for it."""
    application = making.checked(entity)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert reviewer.still().away == frozenset()
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        actions.claim.refusal(application, by=reviewer)
    assert len(asked) == 0


@pytest.mark.postgres
def test_who_declares_while_their_approval_waits_for_the_record_does_not_approve(
    committed_db: CommittedDatabase, entity: LegalEntity, reviewer: Actor
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite nothing waits for a row; set DATABASE_URL")
    application = making.claimed(entity, reviewer)
    relation = Relation(
        person_id=str(reviewer.person_id),
        model="kyc.customer",
        subject=application.customer_id,
        entity=entity,
        kind="family",
        reference=application.customer.reference,
        words="My cousin.",
    )
    answers: list[Any] = []
    approving = threading.Thread(
        target=lambda: answers.extend(at_once(lambda _n: making.approve(application, reviewer), 1))
    )
    with transaction.atomic():
        Application.all_unrestricted.select_for_update().get(pk=application.pk)
        approving.start()
        until_somebody_waits()
        at_once(lambda _n: relation.save(force_insert=True), 1)  # committed by another connection meanwhile
    approving.join()
    assert isinstance(answers[0], NotFound)
    assert not Decision.all_unrestricted.exists()


@pytest.mark.postgres
def test_who_declares_waits_for_the_decision_that_has_the_record(
    committed_db: CommittedDatabase, entity: LegalEntity, reviewer: Actor
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite nothing waits for a row; set DATABASE_URL")
    application = making.claimed(entity, reviewer)
    declaring = threading.Thread(target=lambda: at_once(lambda _n: declare(reviewer, application.customer), 1))
    with transaction.atomic():
        Application.all_unrestricted.select_for_update().get(pk=application.pk)
        declaring.start()
        until_somebody_waits()
        assert not again(reviewer).away, "the declaration holds once what they are on is free"
    declaring.join()
    assert again(reviewer).away
    assert making.fresh(application).claimed_by is None


def test_of_declaring_and_taking_it_on_at_once_no_claim_is_left(
    committed_db: CommittedDatabase, entity: LegalEntity, reviewer: Actor
) -> None:
    applications = [making.checked(entity) for _each in range(4)]
    work = [
        call
        for each in applications
        for call in (
            lambda each=each: actions.claim(each, by=reviewer),
            lambda each=each: declare(reviewer, each.customer),
        )
    ]
    at_once(lambda number: work[number](), len(work))
    assert Relation.all_unrestricted.count() == len(applications)
    assert not Application.all_unrestricted.filter(claimed_by=reviewer.person_id).exists()


@pytest.mark.parametrize("path", ["kyc/customer/export/", "kyc/application/export/?tab=all"])
def test_an_export_leaves_them_out(
    client: Client, signin_as: SignInAs, entity: LegalEntity, make_actor: Make, path: str
) -> None:
    related, other = (
        making.checked(entity, reference=reference, document_number=reference) for reference in ("MINE-1", "OTHER-1")
    )
    officer = make_actor("olga", "compliance_officer")
    signin_as(client, officer)
    assert {row["Reference"] for row in _exported(client, path)} == {"MINE-1", "OTHER-1"}
    declare(officer, related.customer)
    assert {row["Reference"] for row in _exported(client, path)} == {other.customer.reference}


def _exported(client: Client, path: str) -> list[dict[str, str]]:
    return table_of(taken(client, f"/admin/{path}"))
