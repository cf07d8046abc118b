"""Whose application ended without approval may apply again: the same customer, with what they state now."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from base import clock
from base.errors import Invalid
from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity
from kyc import actions, reports
from kyc.actions.checks import FACES, READING
from kyc.models import Application, Customer
from kyc.models.applications import Status
from tests.committed import CommittedDatabase
from tests.conftest import SignInAs
from tests.kyc import making
from tests.kyc.test_races import THREADS, at_once

MOVED: dict[str, Any] = making.DETAILS | {"family_name": "Married", "residence": "LV", "document_number": "N0W000001"}


def again(application: Application, **details: Any) -> Application:
    by, customer = making.intake_of(application), application.customer
    words = {"entity": customer.entity, "reference": customer.reference} | MOVED | details
    result: Application = actions.open_application(by=by, **words)
    return result


def rejected(entity: LegalEntity, reviewer: Actor) -> Application:
    application = making.claimed(entity, reviewer)
    words = {"code": "not_cooperating", "reason": "No answer.", "seen": making.seen(application)}
    actions.reject(application, by=reviewer, **words)
    return making.fresh(application)


def withdrawn(entity: LegalEntity, reviewer: Actor) -> Application:
    application = making.submitted(entity)
    result: Application = actions.withdraw(application, by=making.intake_of(application))
    return result


def expired(entity: LegalEntity, reviewer: Actor) -> Application:
    application = making.opened(entity)
    Application.all_unrestricted.filter(pk=application.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    result: Application = actions.expire_application(application, by=making.EXPIRY)
    return result


def at_the_desk_again(application: Application) -> Application:
    newer = again(application)
    making.add(newer, "passport", b"new passport")
    making.add(newer, "selfie", b"new selfie")
    actions.submit(newer, by=making.intake_of(newer))
    making.record(newer, READING)
    return making.record(newer, FACES)


@pytest.mark.parametrize("ended", [rejected, withdrawn, expired])
def test_after_it_ended_they_apply_again_with_what_they_state_now(
    entity: LegalEntity, reviewer: Actor, ended: Callable[[LegalEntity, Actor], Application]
) -> None:
    former = ended(entity, reviewer)
    newer = again(former)
    assert (newer.customer, newer.status, newer.round) == (former.customer, Status.COLLECTING, 0)
    customer = Customer.all_unrestricted.get()
    assert (customer.family_name, customer.residence, customer.document_number) == ("Married", "LV", "N0W000001")
    assert list(Customer.all_unrestricted.with_document_number("n0w-000001")) == [customer]
    assert making.fresh(former).status == former.status


def test_what_they_state_anew_is_a_change_of_the_customer_in_the_trail(entity: LegalEntity, reviewer: Actor) -> None:
    former = withdrawn(entity, reviewer)
    again(former)
    entry = AuditEntry.all_unrestricted.get(action="kyc.restate_customer")
    assert entry.record_id == str(former.customer_id)
    assert "family_name" in entry.content
    assert "Married" not in entry.content
    assert entry.actor == former.opened_by


@pytest.mark.parametrize("state", ["collecting", "being checked", "at the desk", "second"])
def test_while_one_is_open_there_is_no_other(entity: LegalEntity, reviewer: Actor, state: str) -> None:
    make: dict[str, Callable[[LegalEntity], Application]] = {
        "collecting": making.opened,
        "being checked": making.submitted,
        "at the desk": making.checked,
        "second": lambda entity: making.awaiting_second(entity, reviewer),
    }
    with pytest.raises(Invalid) as refused:
        again(make[state](entity))
    assert (refused.value.field, refused.value.code) == ("reference", "application_open")
    assert Customer.all_unrestricted.get().family_name == "Example"


def test_who_was_approved_does_not_apply_again(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.claimed(entity, reviewer)
    making.approve(application, reviewer)
    with pytest.raises(Invalid) as refused:
        again(application)
    assert (refused.value.field, refused.value.code) == ("reference", "approved_already")


def test_what_is_wrong_in_it_changes_nothing(entity: LegalEntity, reviewer: Actor) -> None:
    former = withdrawn(entity, reviewer)
    with pytest.raises(Invalid) as refused:
        again(former, residence="Atlantis")
    assert refused.value.field == "residence"
    assert (Application.all_unrestricted.count(), Customer.all_unrestricted.get().family_name) == (1, "Example")


def test_the_customer_of_another_program_is_not_theirs_to_restate(entity: LegalEntity, reviewer: Actor) -> None:
    former = withdrawn(entity, reviewer)
    words = {"entity": entity, "reference": former.customer.reference} | MOVED
    with pytest.raises(Invalid) as refused:
        actions.open_application(by=making.client_actor(), **words)
    assert (refused.value.field, refused.value.code) == ("reference", "exists")


@pytest.mark.parametrize("ended", [rejected, withdrawn, expired])
def test_the_desk_shows_the_former_one_and_opens_it_to_whoever_may(
    client: Client,
    signin_as: SignInAs,
    entity: LegalEntity,
    reviewer: Actor,
    ended: Callable[[LegalEntity, Actor], Application],
) -> None:
    former = ended(entity, reviewer)
    newer = at_the_desk_again(former)
    (shown,) = reports.desk(newer, reviewer).earlier
    assert (shown, shown.opens) == (former, former.status == Status.REJECTED)  # type: ignore[attr-defined]
    signin_as(client, reviewer)
    page = client.get(reverse("admin:kyc_desk", args=[newer.pk])).content.decode()
    assert str(former.get_status_display()) in page
    assert (reverse("admin:kyc_application_change", args=[former.pk]) in page) is shown.opens  # type: ignore[attr-defined]


def test_of_eight_that_apply_again_at_once_one_does(committed_db: CommittedDatabase, entity: LegalEntity) -> None:
    former = making.opened(entity)
    actions.withdraw(former, by=making.intake_of(former))
    answers = at_once(lambda number: again(former, family_name=f"Number {number}"))
    opened = [answer for answer in answers if isinstance(answer, Application)]
    assert len(opened) == 1
    assert {answer.code for answer in answers if isinstance(answer, Invalid)} == {"application_open"}
    assert Application.all_unrestricted.filter(status=Status.COLLECTING).get() == opened[0]
    assert Customer.all_unrestricted.get().family_name == opened[0].customer.family_name


def test_of_eight_first_applications_at_once_one_is_made(committed_db: CommittedDatabase, entity: LegalEntity) -> None:
    by, words = making.client_actor(), {"entity": entity, "reference": "X-once"} | MOVED
    answers = at_once(lambda number: actions.open_application(by=by, **words))
    assert len([answer for answer in answers if isinstance(answer, Application)]) == 1
    assert len([answer for answer in answers if isinstance(answer, Invalid)]) == THREADS - 1
    assert {answer.field for answer in answers if isinstance(answer, Invalid)} == {"reference"}
    assert (Application.all_unrestricted.count(), Customer.all_unrestricted.count()) == (1, 1)
