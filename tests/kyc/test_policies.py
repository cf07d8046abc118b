"""What people agree on and KYC follows: reason codes with the applicant's words, and the bands of faces."""

from copy import deepcopy
from typing import Any

import pytest
from django.utils import translation

from base import clock
from base.errors import Invalid
from controls import approvals, policies
from controls.actor import Actor
from controls.models import LegalEntity
from controls.policies import policy
from kyc import actions, reasons
from kyc.guidance import guidance
from kyc.models import Application
from kyc.policies import FACE_BANDS, REASONS
from tests.kyc import making

pytestmark = pytest.mark.django_db


def change(name: str, document: dict[str, Any], proposer: Actor, agreeing: Actor) -> None:
    words = {"name": name, "document": document, "effective_on": clock.today()}
    made = approvals.propose(by=proposer, name="controls.change_policy", record=None, arguments=words, reason="Agreed.")
    approvals.decide(made, by=agreeing, agrees=True, reason="Agreed in the committee.")


def other_words(code: str, **applicant: str) -> dict[str, Any]:
    document = deepcopy(dict(policies.KINDS[REASONS].default))
    next(each for each in document["reasons"] if each["code"] == code)["applicant"] = applicant
    return document


def rejected(entity: LegalEntity, reviewer: Actor, number: int) -> Application:
    application = making.claimed(entity, reviewer, reference=f"A-{number}")
    words = {"code": "document_forged", "reason": "The font is wrong.", "seen": application.seen_digest()}
    decision: Any = actions.reject(application, by=reviewer, **words)
    return making.fresh(decision.application)


def test_the_applicant_reads_the_words_that_held_when_it_was_decided(
    entity: LegalEntity, reviewer: Actor, officer: Actor, mlro: Actor
) -> None:
    before = rejected(entity, reviewer, 1)
    assert before.decisions.get().policies[REASONS] == policy(REASONS).digest
    change(REASONS, other_words("document_forged", en="We must end here.", lt="Čia baigiame."), officer, mlro)
    after = rejected(entity, reviewer, 2)
    assert guidance(before)["text"] == "We cannot open an account for you."
    assert guidance(after)["text"] == "We must end here."
    with translation.override("lt"):
        assert guidance(after)["text"] == "Čia baigiame."
    with translation.override("de"):
        assert guidance(after)["text"] == "We must end here."


def test_a_code_that_was_struck_off_is_no_reason_any_more(
    entity: LegalEntity, reviewer: Actor, officer: Actor, mlro: Actor
) -> None:
    document = deepcopy(dict(policies.KINDS[REASONS].default))
    document["reasons"] = [each for each in document["reasons"] if each["code"] != "document_forged"]
    before = rejected(entity, reviewer, 1)
    change(REASONS, document, officer, mlro)
    with pytest.raises(Invalid) as refused:
        rejected(entity, reviewer, 2)
    assert refused.value.field == "code"
    assert guidance(before)["text"] == "We cannot open an account for you."


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda found: found["reasons"].append(dict(found["reasons"][0])), "twice"),
        (lambda found: found["reasons"][0].update(verdict="reject"), "all_in_order"),
        (lambda found: found["reasons"][3].update(applicant={"lt": "Neaišku."}), "English"),
        (lambda found: found.update(reasons=[each for each in found["reasons"] if each["verdict"] != "ask"]), "ask"),
        (lambda found: found["reasons"][0].update(verdict="perhaps"), "perhaps"),
        (lambda found: found["reasons"][0].update(code="Not A Code"), "Not A Code"),
    ],
)
def test_a_list_of_reasons_that_the_desk_could_not_work_with_is_refused(wrong: Any, says: str) -> None:
    document = deepcopy(dict(policies.KINDS[REASONS].default))
    wrong(document)
    with pytest.raises(Invalid, match=says):
        policies.checked(policies.KINDS[REASONS], document)


def test_a_language_falls_back_to_its_family_and_then_to_english() -> None:
    reason = reasons.Reason("odd", "ask", "Odd", {"en": "Odd.", "pt": "Estranho."})
    assert [reason.told(each) for each in ("pt-br", "pt", "fr", "")] == ["Estranho.", "Estranho.", "Odd.", "Odd."]


def test_a_match_must_end_before_a_mismatch_begins() -> None:
    with pytest.raises(Invalid, match="match"):
        policies.checked(policies.KINDS[FACE_BANDS], {"match": 0.7, "mismatch": 0.6, "eyes_px": 30})


def test_bands_of_faces_follow_what_was_agreed(officer: Actor, mlro: Actor) -> None:
    assert policy(FACE_BANDS).value.of(0.55) == "review"
    change(FACE_BANDS, {"match": 0.56, "mismatch": 0.6, "eyes_px": 30.0}, officer, mlro)
    assert [policy(FACE_BANDS).value.of(each) for each in (0.56, 0.58, 0.61)] == ["match", "review", "mismatch"]
