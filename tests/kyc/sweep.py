"""Rows of the sweep for the KYC slice."""

from datetime import date, timedelta
from typing import Any

from base import clock
from controls.actor import Actor
from kyc import actions
from kyc.actions.checks import READING
from kyc.models import Application, Check, Customer, Picture
from kyc.results import Result
from tests.kyc import making
from tests.sweep import Case, Row, World
from tests.work import bringing
from tests.work import sweep as work_sweep
from work import jobs, targets
from work.models import Intake

YES = {"code": "checked_by_eye", "reason": "Looked at both pictures."}
NO = {"code": "document_forged", "reason": "The font of the number is wrong."}
AGAIN = {"code": "unreadable", "reason": "Glare.", "wanted": [{"kind": "selfie", "side": "front"}]}
BACK = {"code": "not_convinced", "reason": "The address needs proof."}


def _intake(world: World, application: Application, **words: Any) -> Case:
    return Case(application, making.intake_of(application), words)


def _withdrawn(world: World, application: Application) -> None:
    actions.withdraw(application, by=making.intake_of(application))


def _submitted(world: World, application: Application) -> None:
    actions.submit(application, by=making.intake_of(application))


def _held(world: World, **words: Any) -> Case:
    by = world.actor("kyc_reviewer")
    return Case(making.claimed(world.entity, by), by, words)


def _deciding(world: World, **words: Any) -> Case:
    """On it, with everything before their eyes."""
    case = _held(world)
    return Case(case.record, case.by, {**words, "seen": making.seen(case.record)})


def _released(world: World, application: Application) -> None:
    holder = making.fresh(application).claimed_by
    assert holder
    actions.release_claim(application, by=Actor.of(holder))


def _second(world: World, **words: Any) -> Case:
    by = world.actor("mlro")
    waiting = making.awaiting_second(world.entity, world.actor("kyc_reviewer"))
    return Case(actions.claim(waiting, by=by), by, {**words, "seen": making.seen(waiting)})


def _results(world: World) -> Case:
    application = making.submitted(world.entity)
    taken = actions.lease(application, READING)
    assert taken
    results = {kind: Result("passed") for kind in taken.kinds}
    return Case(application, making.CHECKS, {"token": taken.token, "results": results})


def _check(world: World) -> Case:
    application = making.submitted(world.entity)
    taken = actions.lease(application, READING)
    assert taken
    check = application.checks.get(kind=Check.Kind.MRZ)
    return Case(check, making.CHECKS, {"token": taken.token, "result": Result("passed")})


def _replaced(world: World, check: Check) -> None:
    Check.all_unrestricted.filter(pk=check.pk).update(replaced_at=clock.now())


def _lapsed(world: World) -> Case:
    application = making.claimed(world.entity, world.actor("kyc_reviewer"))
    Application.all_unrestricted.filter(pk=application.pk).update(claimed_until=clock.now() - timedelta(seconds=1))
    return Case(application, making.EXPIRY)


def _still_held(world: World, application: Application) -> None:
    Application.all_unrestricted.filter(pk=application.pk).update(claimed_until=clock.now() + timedelta(minutes=1))


def _past_patience(world: World) -> Case:
    application = making.opened(world.entity)
    Application.all_unrestricted.filter(pk=application.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    return Case(application, making.EXPIRY)


def _open_words(world: World) -> dict[str, Any]:
    return {"entity": world.entity, "reference": "X-new", **making.DETAILS}


def _applies_again(world: World) -> Case:
    application = making.opened(world.entity)
    _withdrawn(world, application)
    return Case(application.customer, making.intake_of(application), {**making.DETAILS, "document_number": "L1"})


def _applied_again(world: World, customer: Customer) -> None:
    by, entity = making.intake_of(customer.applications.get()), customer.entity
    actions.open_application(by=by, entity=entity, reference=customer.reference, **making.DETAILS)


def _brought_in(world: World) -> Case:
    case = work_sweep._applying(world)
    values = dict(zip(bringing.FIELDS, bringing.ANA, strict=True)) | {"birth_date": date(1990, 1, 31)}
    return Case(case.record, case.by, {"rows": [targets.Row(2, values)], "handled": 1, "digest": "d"})


def _applied(world: World, intake: Intake) -> None:
    jobs.work_off()


ROWS = {
    "kyc.import_customers": Row(_brought_in, spoil=_applied),
    "kyc.open_application": Row(
        lambda world: Case(None, making.client_actor(), _open_words(world)), spoiled_words={"residence": "Atlantis"}
    ),
    "kyc.add_customer": Row(
        lambda world: Case(None, making.client_actor(), _open_words(world)), spoiled_words={"family_name": " "}
    ),
    "kyc.restate_customer": Row(_applies_again, spoil=_applied_again, spoiled_words={"family_name": " "}),
    "kyc.add_document": Row(
        lambda world: _intake(
            world, making.collected(world.entity), kind="passport", side="front", **making.kept(b"better")
        ),
        spoil=_submitted,
        spoiled_words={"side": "back"},
    ),
    "kyc.submit": Row(lambda world: _intake(world, making.collected(world.entity)), spoil=_withdrawn),
    "kyc.withdraw": Row(lambda world: _intake(world, making.submitted(world.entity)), spoil=_withdrawn),
    "kyc.expire_application": Row(_past_patience, spoil=_withdrawn),
    "kyc.record_results": Row(_results, spoil=_withdrawn),
    "kyc.record_check": Row(_check, spoil=_replaced),
    "kyc.keep_reading": Row(
        lambda world: Case(
            making.submitted(world.entity).documents.get(kind="passport"), making.CHECKS, {"reading": {"fields": {}}}
        )
    ),
    "kyc.reassess": Row(lambda world: Case(making.checked(world.entity), making.CHECKS), spoil=_withdrawn),
    "kyc.claim": Row(lambda world: Case(making.checked(world.entity), world.actor("kyc_reviewer")), spoil=_withdrawn),
    "kyc.extend_claim": Row(_held, spoil=_released),
    "kyc.release_claim": Row(_held, spoil=_released),
    "kyc.free_claim": Row(
        lambda world: Case(_held(world).record, world.actor("senior_kyc_reviewer"), {"reason": "On holiday."}),
        spoil=_released,
        spoiled_words={"reason": " "},
    ),
    "kyc.expire_claim": Row(_lapsed, spoil=_still_held),
    "kyc.approve": Row(
        lambda world: _deciding(world, **YES), spoil=_released, spoiled_words={"code": "document_forged"}
    ),
    "kyc.reject": Row(lambda world: _deciding(world, **NO), spoil=_released, spoiled_words={"reason": " "}),
    "kyc.ask": Row(lambda world: _deciding(world, **AGAIN), spoil=_released, spoiled_words={"wanted": []}),
    "kyc.approve_second": Row(
        lambda world: _second(world, **YES), spoil=_released, spoiled_words={"code": "not_convinced"}
    ),
    "kyc.send_back": Row(lambda world: _second(world, **BACK), spoil=_released, spoiled_words={"reason": ""}),
    "kyc.view_picture": Row(
        lambda world: Case(
            Picture.all_unrestricted.filter(document__application=making.checked(world.entity)).first(),
            world.actor("kyc_reviewer"),
        )
    ),
}
