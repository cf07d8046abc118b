"""What people decide: each by who is on the application, with a reason code and words, on what they saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, RuleError, WrongState
from controls.actions import action
from controls.actor import Actor
from controls.policies import policy
from kyc import reasons, telling
from kyc.actions.assessment import moved_on
from kyc.actions.claims import held
from kyc.actions.uploads import check_slot
from kyc.models import Application, Check, Decision, Document
from kyc.models.applications import PATIENCE, Band, Status
from kyc.policies import REASONS, RISK

LONGEST_WORDS = 2000
APPROVING = (Decision.Kind.APPROVE, Decision.Kind.APPROVE_SECOND)


def _reviewed(application: Application, by: Actor) -> str | RuleError | None:
    return _in_state(application, Status.AWAITING_REVIEW) or held(application, by)


def _approvable(application: Application, by: Actor) -> str | RuleError | None:
    if refused := _reviewed(application, by):
        return refused
    if application.risk_band == Band.PROHIBITED:
        return _("The risk is prohibited: this can only be rejected.")
    return None


@action("kyc.approve", when=_approvable)
def approve(application: Application, *, by: Actor, code: str, reason: str, seen: str) -> Decision:
    """Let in, as far as documents go: names are screened next. High risk waits for a second person first."""
    why = _why(code, reasons.APPROVE)
    open_questions = application.checks.current().exclude(outcome=Check.Outcome.PASSED)
    if code == reasons.ALL_IN_ORDER and open_questions.exists():
        raise Invalid(_("Not every check passed: choose another reason."), field="code")
    decision = _decide(application, Decision.Kind.APPROVE, by, why, reason, seen)
    application.approved_by_id = by.person_id
    high = application.risk_band == Band.HIGH
    return _moved(decision, Status.AWAITING_SECOND if high else Status.AWAITING_SCREENING)


@action("kyc.reject", when=_reviewed)
def reject(application: Application, *, by: Actor, code: str, reason: str, seen: str) -> Decision:
    why = _why(code, reasons.REJECT)
    return _moved(_decide(application, Decision.Kind.REJECT, by, why, reason, seen), Status.REJECTED)


@action("kyc.ask", when=_reviewed)
def ask(
    application: Application,
    *,
    by: Actor,
    code: str,
    reason: str,
    wanted: Sequence[Mapping[str, str]],
    seen: str,
) -> Decision:
    """Another picture is needed. `wanted`: [{"kind", "side"}]; the applicant reads the text of the reason code."""
    why = _why(code, reasons.ASK)
    slots = [_slot(each) for each in wanted]
    if not slots:
        raise Invalid(_("Say which picture is needed."), field="wanted")
    if len({slot["kind"] for slot in slots} - {Document.Kind.SELFIE.value}) > 1:  # each would replace the other
        raise Invalid(_("Ask for one identity document at a time."), field="wanted")
    decision = _decide(application, Decision.Kind.ASK, by, why, reason, seen, wanted=slots)
    application.expires_at = clock.now() + PATIENCE
    return _moved(decision, Status.COLLECTING)


def _second(application: Application, by: Actor) -> str | RuleError | None:
    return _in_state(application, Status.AWAITING_SECOND) or held(application, by)


@action("kyc.approve_high_risk", maker="approved_by", when=_second, sensitive=True)
def approve_second(application: Application, *, by: Actor, code: str, reason: str, seen: str) -> Decision:
    """The second person agrees to a high-risk applicant."""
    why = _why(code, reasons.APPROVE)
    decision = _decide(application, Decision.Kind.APPROVE_SECOND, by, why, reason, seen)
    application.agreed_by_id = by.person_id
    return _moved(decision, Status.AWAITING_SCREENING)


@action("kyc.approve_high_risk", maker="approved_by", when=_second)
def send_back(application: Application, *, by: Actor, code: str, reason: str, seen: str) -> Decision:
    """The second person does not agree: a reviewer looks again, from the start."""
    why = _why(code, reasons.SEND_BACK)
    decision = _decide(application, Decision.Kind.SEND_BACK, by, why, reason, seen)
    application.approved_by = None
    application.round += 1
    return _moved(decision, Status.AWAITING_REVIEW)


def _in_state(application: Application, status: Status) -> str | None:
    if application.status == status:
        return None
    return _("This application is %(status)s.") % {"status": application.get_status_display()}


@dataclass(frozen=True)
class Why:
    """A reason code, and the digest of the policy in which it stands."""

    code: str
    digest: str


def _why(code: str, verdict: str) -> Why:
    known = policy(REASONS)
    return Why(reasons.needed(known.value, code, verdict).code, known.digest)


def _decide(application: Application, kind: str, by: Actor, why: Why, words: str, seen: str, **more: Any) -> Decision:
    """The row. `seen` is the digest that was shown: nobody decides on what they did not see, and who decides on what
    has changed since is told to look again. An approval also asks whether risk and expiry still are what they were."""
    words = words.strip()
    if not words:
        raise Invalid(_("Say in words why."), field="reason")
    if len(words) > LONGEST_WORDS:
        raise Invalid(_("At most %(longest)d characters.") % {"longest": LONGEST_WORDS}, field="reason")
    if not seen:
        raise Invalid(_("Send the digest of what you saw."), field="seen")
    digest = application.seen_digest()
    if seen != digest or (kind in APPROVING and moved_on(application)):
        raise WrongState(_("Something changed since you opened it. Look again."), code="changed_since")
    assert by.person_id is not None, "only people hold a claim"
    second = kind in (Decision.Kind.APPROVE_SECOND, Decision.Kind.SEND_BACK)
    return Decision.all_unrestricted.create(
        application=application,
        round=application.round,
        kind=kind,
        by_id=by.person_id,
        maker_id=application.approved_by_id if second else None,
        at=clock.now(),
        reason_code=why.code,
        words=words,
        seen=digest,
        policies={RISK: policy(RISK).digest, REASONS: why.digest},
        **more,
    )


def _moved(decision: Decision, status: Status) -> Decision:
    """The consequence: the next state, and the claim is over."""
    application, now = decision.application, clock.now()
    telling.moved(application, status)
    application.claimed_by = application.claimed_until = None
    application.waiting_since = now
    application.decided_at = now if status in (Status.AWAITING_SCREENING, Status.REJECTED) else None
    application.save()
    return decision


def _slot(each: Mapping[str, str]) -> dict[str, str]:
    kind, side = str(each.get("kind", "")), str(each.get("side", "front"))
    try:
        check_slot(kind, side)
    except Invalid as error:
        raise Invalid(error.text, field="wanted") from error
    return {"kind": kind, "side": side}
