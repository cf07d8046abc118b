"""Rows of the sweep for personal data."""

from datetime import date
from typing import Any

from controls.actor import Actor
from kyc.models import Customer
from privacy import actions
from privacy.models import Hold, Subject
from tests.privacy import making
from tests.sweep import Case, Row, World

FAR = date(2099, 1, 1)
WHY = {"reason": "An order of the court."}


def _subject(world: World) -> Subject:
    return making.tracked(making.ended(world.entity))


def _due(world: World) -> Subject:
    return making.due(making.ended(world.entity))


def _hold(world: World) -> Hold:
    placed: Hold = actions.place_hold(_subject(world), by=world.actor("mlro"), review_on=FAR, **WHY)
    return placed


def _lifted(world: World, record: Hold) -> None:
    actions.lift_hold(record, by=world.actor("deputy_mlro"), reason="It is over.")


def _erased(world: World, subject: Subject) -> None:
    making.make_due(subject)
    actions.erase(subject, by=making.ERASURE)


def _finished(world: World, subject: Subject) -> None:
    actions.finish_erasure(subject, by=making.ERASURE)


def _half_erased(world: World) -> Subject:
    subject = _due(world)
    actions.erase(subject, by=making.ERASURE)
    return Subject.all_unrestricted.get(pk=subject.pk)


def _held(world: World, subject: Subject) -> None:
    actions.place_hold(subject, by=world.actor("mlro"), review_on=FAR, **WHY)
    Subject.all_unrestricted.filter(pk=subject.pk).update(retain_until=FAR)


def _person(world: World) -> dict[str, Any]:
    customer: Customer = making.ended(world.entity).customer
    return {"model": "kyc.customer", "person": customer.pk}


ROWS = {
    "privacy.track": Row(
        lambda world: Case(None, world.actor("data_protection_officer"), _person(world)),
        spoiled_words={"model": "kyc.nobody"},
    ),
    "privacy.restrict": Row(
        lambda world: Case(_subject(world), world.actor("data_protection_officer"), {"reason": "They ask."}),
        spoil=_erased,
        spoiled_words={"reason": " "},
    ),
    "privacy.place_hold": Row(
        lambda world: Case(_subject(world), world.actor("mlro"), {**WHY, "review_on": FAR}),
        spoil=_erased,
        spoiled_words={"review_on": date(2001, 1, 1)},
    ),
    "privacy.review_hold": Row(
        lambda world: Case(_hold(world), world.actor("mlro"), {**WHY, "review_on": FAR}),
        spoil=_lifted,
        spoiled_words={"reason": " "},
    ),
    "privacy.lift_hold": Row(
        lambda world: Case(_hold(world), world.actor("deputy_mlro"), {"reason": "It is over."}),
        spoil=_lifted,
        spoiled_words={"reason": " "},
    ),
    "privacy.erase": Row(lambda world: Case(_due(world), making.ERASURE), spoil=_held),
    "privacy.finish_erasure": Row(lambda world: Case(_half_erased(world), making.ERASURE), spoil=_finished),
    "privacy.replay": Row(lambda world: Case(None, Actor.job("privacy.replay"), _person(world))),
    "privacy.prepare_access": Row(
        lambda world: Case(_subject(world), world.actor("data_protection_officer"), {"reason": "By letter."}),
        spoil=_erased,
        spoiled_words={"reason": " "},
    ),
}
