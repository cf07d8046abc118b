"""The access review: once a quarter, by whoever owns the role, never one's own; what nobody confirms lapses."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.test import Client

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from controls import owners, pages, reviews, staff, wayback
from controls.actor import Actor
from controls.models import (
    AccessReview,
    ApiClient,
    Attempt,
    AuditEntry,
    Person,
    ReviewedGrant,
    RoleGrant,
    StandIn,
)
from controls.roles import ROLES
from tests.committed import CommittedDatabase
from tests.conftest import Make, SignInAs
from tests.exports import rows_of, taken
from tests.people import hold

JOB = Actor.job("controls.access")
Later = Callable[[timedelta], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """later(timedelta): the clock stands still, that much after now."""

    def move(by: timedelta) -> None:
        then = clock.now() + by
        monkeypatch.setattr(clock, "now", lambda: then)

    return move


def opened() -> AccessReview:
    review: AccessReview = reviews.open_review(by=JOB, quarter=reviews.quarter_of(clock.today()))
    return review


def of(who: Actor, **more: Any) -> ReviewedGrant:
    return ReviewedGrant.all_unrestricted.get(person=who.person_id, **more)


def in_force(who: Actor) -> bool:
    return RoleGrant.all_unrestricted.in_force().filter(person=who.person_id).exists()


@pytest.fixture
def review(reviewer: Actor, officer: Actor, mlro: Actor, administrator: Actor) -> AccessReview:
    return opened()


# --- who answers --------------------------------------------------------------------------------------------------


def test_every_role_is_owned_by_one_that_may_review() -> None:
    held = [key for key, role in ROLES.items() if role.kind in ("person", "client")]
    for role in held:
        assert "controls.review_access" in ROLES[owners.owner_of(role)].permissions
        assert owners.owner_of(role) != role
    assert set(owners.OWNERS) <= set(held)
    assert all("controls.review_access" in ROLES[role].permissions for role in owners.IN_THEIR_PLACE)


def test_where_nobody_else_holds_the_owning_role_the_next_one_answers(
    review: AccessReview, mlro: Actor, officer: Actor, reviewer: Actor
) -> None:
    assert of(reviewer).owner_role == "compliance_officer"
    assert of(officer).owner_role == "mlro"
    assert of(mlro).owner_role == "compliance_officer"  # owned by senior management, which nobody is


# --- opened -------------------------------------------------------------------------------------------------------


def test_it_holds_what_was_in_force_and_nothing_granted_later(
    review: AccessReview, reviewer: Actor, make_actor: Make
) -> None:
    newcomer = make_actor("nora_new", "aml_analyst")
    assert review.size == ReviewedGrant.all_unrestricted.count() == 4
    assert not ReviewedGrant.all_unrestricted.filter(person=newcomer.person_id).exists()


def test_a_program_is_reviewed_and_its_owner_does_not_answer(administrator: Actor, mlro: Actor, officer: Actor) -> None:
    program = ApiClient.all_unrestricted.create(name="Site", owner_id=officer.id, role="applicant_intake")
    opened()
    row = of(officer, client=program)
    assert row.owner_role == "mlro"
    with pytest.raises(NotPermitted) as refused, transaction.atomic():
        reviews.confirm_grant(row, by=officer)
    assert refused.value.code == "own_grant"
    reviews.remove_grant(row, by=mlro, reason="Switched off in May.")
    program.refresh_from_db()
    assert program.revoked_at is not None


def test_who_took_a_program_over_does_not_confirm_it(administrator: Actor, mlro: Actor, officer: Actor) -> None:
    program = ApiClient.all_unrestricted.create(name="Site", owner_id=officer.id, role="applicant_intake")
    opened()
    ApiClient.all_unrestricted.filter(pk=program.pk).update(owner=str(mlro.person_id))
    with pytest.raises(NotPermitted) as refused, transaction.atomic():
        reviews.confirm_grant(of(officer, client=program), by=mlro)
    assert refused.value.code == "own_grant"


def test_a_quarter_has_one_review_and_another_quarter_is_refused(review: AccessReview) -> None:
    with pytest.raises(WrongState), transaction.atomic():
        opened()
    with pytest.raises(Invalid), transaction.atomic():
        reviews.open_review(by=JOB, quarter="1999-Q1")
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessReview.all_unrestricted.create(quarter=review.quarter, due_at=review.due_at + timedelta(days=1), size=0)


def test_the_sweep_opens_it_once_and_not_in_the_quarter_an_installation_began(
    officer: Actor, administrator: Actor, later: Later
) -> None:
    reviews.sweep(by=JOB)
    assert not AccessReview.all_unrestricted.exists()
    later(timedelta(days=92))
    for _run in range(2):
        reviews.sweep(by=JOB)
    assert AccessReview.all_unrestricted.get().quarter == reviews.quarter_of(clock.today())
    assert not Attempt.objects.exists()
    later(timedelta(days=92))
    reviews.sweep(by=JOB)
    assert AccessReview.all_unrestricted.count() == 2


# --- answered -----------------------------------------------------------------------------------------------------


def test_confirmed_it_stands_and_no_clock_takes_it(
    review: AccessReview, reviewer: Actor, officer: Actor, later: Later
) -> None:
    done = reviews.confirm_grant(of(reviewer), by=officer)
    assert (done.status, done.answered_by_id) == ("confirmed", officer.person_id)
    later(timedelta(days=15))
    reviews.sweep(by=JOB)
    assert in_force(reviewer)


def test_removed_it_ends_at_once_with_an_entry_of_its_own(
    review: AccessReview, reviewer: Actor, officer: Actor
) -> None:
    reviews.remove_grant(of(reviewer), by=officer, reason="Moved to support.")
    assert not reviewer.still().may("kyc.approve")
    entry = AuditEntry.all_unrestricted.get(action="controls.remove_grant")
    ended = AuditEntry.all_unrestricted.get(action="controls.end_role")
    assert (entry.record_id, str(entry.ref) in ended.content) == (str(of(reviewer).pk), True)


def test_nobody_answers_for_their_own_nor_for_a_role_of_others(
    review: AccessReview, reviewer: Actor, officer: Actor, mlro: Actor, make_actor: Make
) -> None:
    for by, row, code in (
        (officer, of(officer), "own_grant"),
        (mlro, of(reviewer), "not_permitted"),
        (make_actor("ada", "administrator"), of(reviewer), "not_permitted"),
    ):
        for answer in (reviews.confirm_grant, lambda row, by: reviews.remove_grant(row, by=by, reason="Not needed.")):
            with pytest.raises(NotPermitted) as refused, transaction.atomic():
                answer(row, by=by)
            assert refused.value.code == code
    assert set(ReviewedGrant.all_unrestricted.values_list("status", flat=True)) == {"pending"}


def test_a_deputy_does_not_answer_for_whom_they_stand_in_for(
    review: AccessReview, officer: Actor, mlro: Actor, stranger: Actor, administrator: Actor
) -> None:
    today, two = clock.today(), (str(administrator.person_id), str(officer.person_id))
    StandIn.all_unrestricted.create(
        person_id=str(stranger.person_id), absent_id=str(mlro.person_id), role="mlro",
        first_day=today, last_day=today, granted_by_id=two[0], agreed_by_id=two[1],
    )  # fmt: skip
    deputy = stranger.still()
    reviews.confirm_grant(of(officer), by=deputy)
    ReviewedGrant.all_unrestricted.filter(pk=of(mlro).pk).update(owner_role="mlro")
    with pytest.raises(NotPermitted) as refused, transaction.atomic():
        reviews.confirm_grant(of(mlro), by=deputy)
    assert refused.value.code == "own_grant"


def test_not_even_sql_lets_somebody_answer_for_themselves(review: AccessReview, officer: Actor) -> None:
    rows = ReviewedGrant.all_unrestricted.filter(person=officer.person_id)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(status="confirmed", answered_by=officer.person_id, answered_at=clock.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(role="aml_analyst")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


def test_it_is_answered_once_and_not_after_the_grant_has_ended(
    review: AccessReview, reviewer: Actor, officer: Actor, administrator: Actor
) -> None:
    reviews.confirm_grant(of(reviewer), by=officer)
    with pytest.raises(WrongState, match="confirmed"), transaction.atomic():
        reviews.remove_grant(of(reviewer), by=officer, reason="On second thoughts.")
    RoleGrant.all_unrestricted.filter(person=administrator.person_id).update(ended_at=clock.now())
    with pytest.raises(WrongState, match="ended in the meantime"), transaction.atomic():
        reviews.confirm_grant(of(administrator), by=officer)


def test_all_of_one_person_is_an_entry_each_and_nobody_elses(reviewer: Actor, officer: Actor, make_actor: Make) -> None:
    both = make_actor("vera_various", "aml_analyst", "kyc_reviewer", "licence_officer")
    opened()
    row = of(both, role="kyc_reviewer")
    reviews.confirm_all(row, by=officer)
    confirmed = ReviewedGrant.all_unrestricted.filter(status="confirmed")
    assert set(confirmed.values_list("person", "role")) == {
        (both.person_id, role) for role in ("aml_analyst", "kyc_reviewer", "licence_officer")
    }
    assert AuditEntry.all_unrestricted.filter(action="controls.confirm_grant").count() == 3


# --- not answered -------------------------------------------------------------------------------------------------


def test_what_nobody_confirmed_lapses_after_fourteen_days_and_not_before(
    review: AccessReview, reviewer: Actor, later: Later
) -> None:
    later(timedelta(days=13, hours=23))
    reviews.sweep(by=JOB)
    assert in_force(reviewer)
    with pytest.raises(WrongState, match="still time"), transaction.atomic():
        reviews.lapse_grant(of(reviewer), by=JOB)
    later(timedelta(hours=2))
    reviews.sweep(by=JOB)
    assert not in_force(reviewer)
    assert of(reviewer).status == "lapsed"
    assert AuditEntry.all_unrestricted.filter(action="controls.end_role", actor=JOB.label).count() >= 1


def test_where_nobody_answers_at_all_two_people_can_still_give_power_back(
    review: AccessReview, auditor: Actor, later: Later
) -> None:
    later(timedelta(days=11))
    assert [alarm.colour for alarm in pages._not_reviewed(auditor)] == ["amber"]
    later(timedelta(days=4))
    for _run in range(2):
        reviews.sweep(by=JOB)
    left = dict(RoleGrant.all_unrestricted.in_force().values_list("role", "person_id"))
    del left["internal_auditor"]  # granted after it opened
    assert len(left) == 2
    assert wayback.exists({person: frozenset({role}) for role, person in left.items()})
    assert ReviewedGrant.all_unrestricted.overdue().count() == 2
    assert not Attempt.objects.exists()  # asked first
    review.refresh_from_db()
    assert review.status == "open"
    told = [(alarm.text, alarm.colour) for alarm in pages._not_reviewed(auditor)]
    assert [colour for _text, colour in told] == ["red", "red"]
    assert "2 grants are past their time" in told[0][0]
    assert "2 grants that nobody confirmed lapsed" in told[1][0]


def test_the_last_way_back_is_not_lapsed_by_hand_either(administrator: Actor, officer: Actor, later: Later) -> None:
    opened()
    later(timedelta(days=15))
    for who in (administrator, officer):
        with pytest.raises(WrongState) as refused, transaction.atomic():
            reviews.lapse_grant(of(who), by=JOB)
        assert refused.value.code == "last_way_back"


def test_when_the_pair_that_is_left_is_suspended_the_server_opens_their_accounts(
    review: AccessReview, administrator: Actor, officer: Actor, mlro: Actor, later: Later
) -> None:
    Person.all_unrestricted.filter(pk__in=[str(each.person_id) for each in (administrator, officer, mlro)]).update(
        is_active=False
    )
    later(timedelta(days=15))
    reviews.sweep(by=JOB)
    pair = [grant.person for grant in RoleGrant.all_unrestricted.in_force().select_related("person")]
    assert len(pair) == 2
    by = Actor.job("controls.bootstrap")
    for person, other in (pair, pair[::-1]):
        wayback.reopen(person, by=by, other=other, reason="Nobody can sign in.")
    assert all(Person.all_unrestricted.get(pk=person.pk).is_active for person in pair)


def test_when_the_owning_role_holds_nobody_any_more_the_next_one_answers(
    review: AccessReview, reviewer: Actor, officer: Actor, mlro: Actor
) -> None:
    staff.suspend_person(Person.all_unrestricted.get(pk=str(officer.person_id)), by=mlro, reason="Investigated.")
    reviews.sweep(by=JOB)
    assert of(reviewer).owner_role == "mlro"
    reviews.confirm_grant(of(reviewer), by=mlro)


def test_it_closes_when_nothing_is_left_and_marks_what_ended_otherwise(
    review: AccessReview, reviewer: Actor, officer: Actor, mlro: Actor, administrator: Actor
) -> None:
    reviews.confirm_grant(of(administrator), by=officer)
    reviews.confirm_grant(of(mlro), by=officer)
    reviews.confirm_grant(of(officer), by=mlro)
    with pytest.raises(WrongState, match="wait for an answer"), transaction.atomic():
        reviews.close_review(review, by=JOB)
    grant = RoleGrant.all_unrestricted.get(person=reviewer.person_id)
    staff.end_role(grant, by=mlro, reason="Left the team.")
    reviews.sweep(by=JOB)
    figures = AccessReview.objects.visible_to(officer).with_figures().get()
    assert (figures.status, figures.confirmed, figures.ended, figures.pending) == ("closed", 3, 1, 0)


# --- at once ------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_of_two_answers_at_once_one_counts(
    committed_db: CommittedDatabase, reviewer: Actor, officer: Actor, make_actor: Make
) -> None:
    other = make_actor("colin_compliance", "compliance_officer")
    opened()
    row, barrier, told = of(reviewer), threading.Barrier(2), []

    def answer(call: Callable[[], Any]) -> None:
        try:
            barrier.wait(20)
            told.append(call().status)
        except RuleError as error:
            told.append(error.code)
        finally:
            connections.close_all()

    calls = [
        lambda: reviews.confirm_grant(row, by=officer),
        lambda: reviews.remove_grant(row, by=other, reason="Not needed."),
    ]
    threads = [threading.Thread(target=answer, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert "wrong_state" in told
    assert of(reviewer).status in told
    assert in_force(reviewer) == (of(reviewer).status == "confirmed")


# --- pages and API ------------------------------------------------------------------------------------------------


def test_the_inbox_tells_what_to_judge_by_and_the_next_one_comes_at_once(
    client: Client, signin_as: SignInAs, reviewer: Actor, officer: Actor, mlro: Actor
) -> None:
    hold(Person.all_unrestricted.get(pk=str(reviewer.person_id)), "qa_reviewer")
    opened()
    signin_as(client, officer)
    address = "/admin/controls/reviewedgrant/"
    page = client.get(f"{address}?p={of(reviewer, role='qa_reviewer').pk}").content.decode()
    assert "do not go together" in page
    assert "Former Proposer" in page
    answer = client.post(f"{address}{of(reviewer, role='kyc_reviewer').pk}/do/confirm_grant/")
    assert (answer.status_code, answer["Location"]) == (302, address)
    answer = client.post(f"{address}{of(reviewer, role='qa_reviewer').pk}/do/remove_grant/", {"reason": "Toxic."})
    assert answer.status_code == 302
    assert ReviewedGrant.all_unrestricted.filter(status="removed").get().role == "qa_reviewer"
    assert "Grants to confirm or remove" in client.get("/admin/").content.decode()
    assert client.get(f"/admin/controls/accessreview/{AccessReview.all_unrestricted.get().pk}/").status_code == 200
    assert client.post(f"{address}{of(mlro).pk}/do/confirm_all/").status_code == 302
    assert of(mlro).status == "confirmed"


def test_figures_lead_to_their_rows_and_lists_leave_as_files(
    client: Client, signin_as: SignInAs, review: AccessReview, reviewer: Actor, officer: Actor
) -> None:
    reviews.confirm_grant(of(reviewer), by=officer)
    signin_as(client, officer)
    query = f"tab=answered&amp;quarter={review.quarter}&amp;state=confirmed"
    page = client.get("/admin/controls/accessreview/").content.decode()
    assert query in page
    rows = rows_of(taken(client, f"/admin/controls/reviewedgrant/export/?{query.replace('&amp;', '&')}"))
    assert [row[:2] for row in rows[1:]] == [["Ruta Reviewer", "KYC reviewer"]]
    assert rows_of(taken(client, "/admin/controls/accessreview/export/"))[1][0] == review.quarter


def test_one_sees_ones_own_review_and_no_list_without_the_right(
    client: Client, signin_as: SignInAs, review: AccessReview, reviewer: Actor, officer: Actor
) -> None:
    assert set(ReviewedGrant.objects.visible_to(reviewer)) == {of(reviewer)}
    signin_as(client, reviewer)
    assert client.get("/admin/controls/reviewedgrant/").status_code == 403
    assert client.get(f"/admin/controls/reviewedgrant/{of(officer).pk}/").status_code == 404


@pytest.mark.parametrize("people", [2, 12])
def test_the_inbox_costs_the_same_however_many_wait(
    client: Client,
    signin_as: SignInAs,
    officer: Actor,
    mlro: Actor,
    make_actor: Make,
    people: int,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    for number in range(people):
        make_actor(f"many_{number}", "kyc_reviewer")
    opened()
    signin_as(client, officer)
    client.get("/admin/controls/reviewedgrant/")
    with django_assert_num_queries(INBOX_QUERIES):
        client.get("/admin/controls/reviewedgrant/")


INBOX_QUERIES = 16


def test_the_api_reads_and_answers(
    api: Callable[[Actor], Client], review: AccessReview, reviewer: Actor, officer: Actor
) -> None:
    base, caller = "/api/v1/controls", api(officer)
    figures = caller.get(f"{base}/access-reviews/{review.pk}").json()
    assert (figures["size"], figures["pending"], figures["confirmed"]) == (4, 4, 0)
    row = f"{base}/reviewed-grants/{of(reviewer).pk}"
    assert caller.get(row).json()["available_actions"] == ["confirm_grant", "remove_grant"]
    assert caller.post(f"{row}/confirm_grant", {}, "application/json").json()["status"] == "confirmed"
    own = caller.post(f"{base}/reviewed-grants/{of(officer).pk}/confirm_grant", {}, "application/json")
    assert (own.status_code, own.json()["code"]) == (403, "own_grant")
