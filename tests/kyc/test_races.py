"""Eight at once: one succeeds, the others are told, and there is one entry. With real commits, on both databases."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from base.errors import NotFound, NotPermitted, RuleError
from controls import staff
from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity, Person
from kyc import actions
from kyc.models import Application, Check, Decision
from kyc.results import Result
from tests.committed import CommittedDatabase
from tests.kyc import making

THREADS = 8


def at_once(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """What each thread's call returned, or the refusal it met."""
    ready, answers = threading.Barrier(threads), []

    def run(number: int) -> None:
        try:
            ready.wait()
            answers.append(work(number))
        except RuleError as refused:
            answers.append(refused)
        finally:
            connections.close_all()

    started = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return answers


def test_of_eight_approvals_at_once_one_succeeds(
    committed_db: CommittedDatabase, entity: LegalEntity, reviewer: Actor
) -> None:
    application = making.claimed(entity, reviewer)
    words = {"code": "checked_by_eye", "reason": "Looked at both.", "seen": making.seen(application)}
    answers = at_once(lambda number: actions.approve(application, by=reviewer, **words))
    assert len([answer for answer in answers if isinstance(answer, Decision)]) == 1
    assert len([answer for answer in answers if isinstance(answer, RuleError)]) == THREADS - 1
    assert Decision.all_unrestricted.count() == 1
    assert AuditEntry.all_unrestricted.filter(action="kyc.approve").count() == 1


def test_eight_people_who_ask_for_the_next_get_eight_applications(
    committed_db: CommittedDatabase, entity: LegalEntity, make_actor: Any
) -> None:
    people = [make_actor(f"reviewer_{number}", "kyc_reviewer") for number in range(THREADS)]
    waiting = {making.checked(entity).pk for _ in range(THREADS)}
    answers = at_once(lambda number: actions.claim_next(by=people[number]))
    assert {answer.pk for answer in answers} == waiting
    holders = set(Application.all_unrestricted.values_list("claimed_by", flat=True))
    assert holders == {person.person_id for person in people}


def test_of_eight_workers_one_gets_the_lease(committed_db: CommittedDatabase, entity: LegalEntity) -> None:
    application = making.submitted(entity)
    answers = at_once(lambda number: actions.lease(application, ("quality", "mrz", "expiry", "agreement")))
    assert len([taken for taken in answers if taken]) == 1
    assert set(application.checks.filter(kind="mrz").values_list("attempts", flat=True)) == {1}


def test_results_recorded_twice_at_once_are_one_result(committed_db: CommittedDatabase, entity: LegalEntity) -> None:
    application = making.submitted(entity)
    taken = actions.lease(application, ("face",))
    assert taken
    results = {"face": Result("passed")}
    at_once(lambda number: actions.record_results(application, by=making.CHECKS, token=taken.token, results=results))
    assert application.checks.filter(kind=Check.Kind.FACE).count() == 1
    assert AuditEntry.all_unrestricted.filter(action="kyc.record_check").count() == 1


def until_somebody_waits() -> None:
    """Until another connection stands before a lock of this one's."""
    for _each in range(400):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone():
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


@pytest.mark.postgres
def test_who_is_suspended_while_their_approval_waits_for_the_record_does_not_approve(
    committed_db: CommittedDatabase, entity: LegalEntity, reviewer: Actor, officer: Actor
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite nothing waits for a row; set DATABASE_URL")
    application = making.claimed(entity, reviewer)
    person = Person.all_unrestricted.get(pk=str(reviewer.person_id))
    answers: list[Any] = []
    waiting = threading.Thread(
        target=lambda: answers.extend(at_once(lambda _n: making.approve(application, reviewer), 1))
    )
    with transaction.atomic():
        Application.all_unrestricted.select_for_update().get(pk=application.pk)
        waiting.start()
        until_somebody_waits()
        suspended = at_once(lambda _n: staff.suspend_person(person, by=officer, reason="Under investigation."), 1)
        assert not suspended[0].is_active
    waiting.join()
    assert isinstance(answers[0], NotPermitted | NotFound)
    assert not Decision.all_unrestricted.exists()
    assert making.fresh(application).status == Application.Status.AWAITING_REVIEW
