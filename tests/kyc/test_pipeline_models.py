"""The whole way with real models: an invented passport, photographed, and a selfie come to the desk with findings."""

from datetime import date

import pytest

from controls.actor import Actor
from controls.models import LegalEntity
from kyc import judging, pipeline, reports
from kyc.models import Application
from tests.kyc import making

pytestmark = pytest.mark.models


def test_a_photographed_passport_and_a_selfie_come_to_the_desk(entity: LegalEntity, reviewer: Actor) -> None:
    application = making.handed_in(entity)
    assert (pipeline.read_waiting(), pipeline.compare_waiting()) == (1, 1)
    application = making.fresh(application)
    assert application.status == Application.Status.AWAITING_REVIEW
    outcomes = dict(application.checks.current().values_list("kind", "outcome"))
    assert outcomes == dict.fromkeys(("quality", "mrz", "expiry", "agreement", "face"), "passed")
    fields = {field.name: field for field in reports.desk(application, reviewer).fields}
    assert all(fields[name].agrees for name in judging.COMPARED)
    assert fields["birth_date"].box
    face = application.checks.get(kind="face")
    assert face.models_used[0]["sha256"]
    assert face.scores["distance"] <= 0.5


def test_a_wrong_birth_date_is_found(entity: LegalEntity) -> None:
    application = making.handed_in(entity, birth_date=date(1960, 11, 19))
    pipeline.read_waiting()
    check = application.checks.get(kind="agreement")
    assert (check.outcome, check.reasons) == ("failed", [{"code": "differs", "field": "birth_date"}])
