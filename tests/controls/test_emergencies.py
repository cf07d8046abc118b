"""Breaking the glass: at once, for hours, told to others, reviewed by another; the way back when all are suspended."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from base import clock
from base.errors import ConfirmationNeeded, Invalid, NotPermitted, WrongState
from controls import approvals, emergencies, staff, timeline, wayback
from controls.actor import Actor
from controls.models import AuditEntry, EmergencyRight, Person, RoleGrant
from tests.conftest import Make, SignInAs


def row(who: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(who.person_id))


@pytest.fixture
def manager(make_actor: Make) -> Actor:
    return make_actor("mara_manager", "senior_management")


def broken(by: Actor, **words: Any) -> EmergencyRight:
    made: EmergencyRight = emergencies.break_glass(
        by=by, **{"right": "emergency_staff", "hours": 2, "reason": "No administrator is left.", **words}
    )
    return made


def test_the_right_is_there_at_once_and_ends_by_itself(manager: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not manager.still().may("controls.manage_staff")
    broken(manager)
    assert manager.still().may("controls.manage_staff")
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert not manager.still().may("controls.manage_staff")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"hours": 0}, "hours"),
        ({"hours": 9}, "hours"),
        ({"reason": " "}, "reason"),
        ({"right": "administrator"}, "right"),
    ],
)
def test_it_is_bounded_and_says_what_is_wrong(manager: Actor, words: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused, transaction.atomic():
        broken(manager, **words)
    assert refused.value.field == field


def test_it_is_open_to_declared_roles_alone_and_asks_for_a_fresh_factor(reviewer: Actor, make_actor: Make) -> None:
    with pytest.raises(NotPermitted, match="not open to your role"), transaction.atomic():
        broken(reviewer)
    with pytest.raises(ConfirmationNeeded), transaction.atomic():
        broken(make_actor("stale", "senior_management", confirmed_at=None))


def test_what_is_done_with_it_is_marked_in_the_trail_and_still_takes_two(
    manager: Actor, stranger: Actor, officer: Actor
) -> None:
    right = broken(manager)
    words = {"role": "administrator"}
    waiting = approvals.propose(
        by=manager, name="controls.grant_role", record=row(stranger), arguments=words, reason="Somebody must."
    )
    assert not row(stranger).roles()
    approvals.decide(waiting, by=officer, agrees=True, reason="Somebody must.")
    entry = AuditEntry.all_unrestricted.get(action="controls.grant_role")
    assert str(right.pk) in entry.content
    assert timeline.sentences([entry], officer)[0].who == "Mara Manager (emergency right)"
    assert "emergency" not in AuditEntry.all_unrestricted.filter(action="controls.decide").get().content


def test_others_are_alarmed_until_another_has_reviewed_it(
    client: Client, signin_as: SignInAs, manager: Actor, auditor: Actor
) -> None:
    def alarmed() -> bool:
        return "Emergency: manage staff: Mara Manager" in client.get("/admin/").content.decode()

    signin_as(client, auditor)
    assert not alarmed()
    right = broken(manager)
    assert alarmed()
    with pytest.raises(WrongState, match="still in force"), transaction.atomic():
        emergencies.review_emergency(right, by=auditor, justified=True, reason="Looked.")
    emergencies.end_emergency(right, by=manager, reason="Done.")
    assert alarmed()
    with pytest.raises(NotPermitted) as own, transaction.atomic():
        emergencies.review_emergency(right, by=manager, justified=True, reason="Mine.")
    assert own.value.code == "same_person"
    emergencies.review_emergency(right, by=auditor, justified=True, reason="Looked at all of it.")
    assert not alarmed()


def test_nobody_reviews_their_own_even_by_sql(manager: Actor) -> None:
    broken(manager)
    with pytest.raises(DatabaseError), transaction.atomic():
        EmergencyRight.all_unrestricted.update(reviewed_by=manager.person_id, reviewed_at=clock.now(), justified=True)


def test_the_dialog_takes_it(client: Client, signin_as: SignInAs, manager: Actor) -> None:
    signin_as(client, manager)
    words = {"right": "emergency_suspend", "hours": 1, "reason": "Keys are in wrong hands."}
    assert client.post("/admin/controls/emergencyright/do/break_glass/", words).status_code == 302
    assert EmergencyRight.all_unrestricted.in_force().get().person_id == manager.person_id


# --- the way back -------------------------------------------------------------------------------------------------


def test_who_suspends_everybody_is_outdone_on_the_server(
    officer: Actor, administrator: Actor, manager: Actor, mlro: Actor, stranger: Actor
) -> None:
    for who in (administrator, manager, mlro):
        staff.suspend_person(row(who), by=officer, reason="A grudge.")
    call_command("reopen", "adam_admin", "mona_mlro", reason="All were suspended by one.")
    assert row(administrator).is_active
    assert row(mlro).is_active
    assert AuditEntry.all_unrestricted.filter(action="controls.reopen", actor="job:controls.bootstrap").count() == 2
    with pytest.raises(CommandError, match="restore others themselves"):
        call_command("reopen", "mara_manager", "mona_mlro", reason="Once more.")
    staff.suspend_person(row(officer), by=row_actor(mlro), reason="It was them.")


def row_actor(who: Actor) -> Actor:
    return Actor.of(row(who), confirmed_at=clock.now())


def test_the_last_two_roles_are_not_ended_by_one_but_their_holders_can_be_suspended(
    officer: Actor, administrator: Actor, mlro: Actor
) -> None:
    grant = RoleGrant.all_unrestricted.get(person=administrator.person_id)
    with pytest.raises(WrongState) as refused, transaction.atomic():
        staff.end_role(grant, by=officer, reason="A grudge.")
    assert refused.value.code == "last_way_back"
    staff.suspend_person(row(administrator), by=officer, reason="Looked into.")
    assert not row(administrator).is_active


def test_reopening_needs_two_who_can_and_nobody_who_has_left(
    officer: Actor, administrator: Actor, reviewer: Actor
) -> None:
    staff.suspend_person(row(administrator), by=officer, reason="A grudge.")
    with pytest.raises(CommandError, match="one may propose"):
        call_command("reopen", "adam_admin", "ruta_reviewer", reason="x")
    with pytest.raises(CommandError, match="sign-in names"):
        call_command("reopen", "adam_admin", "adam_admin", reason="x")
    assert not row(administrator).is_active


def test_a_way_back_is_two_different_people() -> None:
    from uuid import uuid4

    one, two = uuid4(), uuid4()
    admin, mlro, reviewer = (frozenset({role}) for role in ("administrator", "mlro", "kyc_reviewer"))
    assert wayback.exists({one: admin, two: mlro})
    assert wayback.exists({one: mlro, two: mlro}), "in an emergency one of them proposes"
    assert not wayback.exists({one: admin, two: mlro}, without=one)
    assert not wayback.exists({one: admin | mlro})
    assert not wayback.exists({one: admin, two: reviewer})
