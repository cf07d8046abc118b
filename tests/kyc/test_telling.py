"""What leaves about an application: no more than its applicant is told, and nothing of a step inside."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from controls.actor import Actor
from controls.models import LegalEntity
from kyc import actions, guidance, telling
from kyc.models import Application
from outbox.models import Event
from tests.kyc import making

pytestmark = pytest.mark.django_db
NO = {"code": "document_forged", "reason": "The font of the number is wrong."}
AGAIN = {"code": "unreadable", "reason": "Glare.", "wanted": [{"kind": "selfie", "side": "front"}]}
BACK = {"code": "not_convinced", "reason": "The address needs proof."}
FIRST = ["awaiting_checks", "in_review"]


def told(application: Application) -> list[str]:
    rows = Event.objects.filter(kind=telling.CHANGED.name).order_by("id")
    return [row.payload["state"] for row in rows if row.payload["id"] == str(application.pk)]


def test_an_application_handed_in_and_checked(entity: LegalEntity) -> None:
    application = making.checked(entity)
    assert told(application) == FIRST


def test_an_approval(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    making.approve(application, reviewer)
    assert told(application) == [*FIRST, "awaiting_screening"]


def test_a_rejection_says_neither_why_nor_how_risky(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    actions.reject(application, by=reviewer, seen=making.seen(application), **NO)
    assert told(application) == [*FIRST, "rejected"]
    newest = Event.objects.latest("id")
    assert set(newest.payload) == {"id", "reference", "state", "at"}
    assert newest.payload["reference"] == application.customer.reference


def test_another_picture_is_asked_for(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    asking: Any = AGAIN
    actions.ask(application, by=reviewer, seen=making.seen(application), **asking)
    assert told(application) == [*FIRST, "collecting"]


def test_that_a_second_person_looks_at_it_is_not_told(entity: LegalEntity, reviewer: Actor, mlro: Actor) -> None:
    application = making.awaiting_second(entity, reviewer)
    assert told(application) == FIRST
    actions.claim(application, by=mlro)
    actions.send_back(application, by=mlro, seen=making.seen(application), **BACK)
    assert told(application) == FIRST


def test_who_withdraws_is_told_so(entity: LegalEntity) -> None:
    application = making.submitted(entity)
    actions.withdraw(application, by=making.intake_of(application))
    assert told(application) == ["awaiting_checks", "withdrawn"]


@pytest.mark.parametrize("status", Application.Status.values)
def test_every_state_is_told_in_the_word_of_the_guidance(entity: LegalEntity, status: str) -> None:
    application = making.opened(entity)
    application.status = status
    assert guidance.guidance(application)["status"] == telling.told(status)
    assert telling.told(status) in telling.STATES
    assert "second" not in telling.told(status)


def test_nothing_moves_an_application_without_telling() -> None:
    found = [path for path in (Path(settings.BASE_DIR) / "kyc").rglob("*.py") if ".move_to(" in path.read_text()]
    assert [path.name for path in found] == ["telling.py"]


def test_a_refused_decision_tells_nothing(entity: LegalEntity, reviewer: Actor) -> None:
    from base.errors import RuleError

    application = making.claimed(entity, reviewer)
    with pytest.raises(RuleError):
        actions.reject(application, by=reviewer, seen="something else", **NO)
    assert told(application) == FIRST
