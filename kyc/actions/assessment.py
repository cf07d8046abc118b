"""What time does to an application: documents expire, applicants come of age, lists change, another customer turns up
with the same number. Whoever decides, decides on what holds now."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from base import clock
from base.errors import RuleError
from controls.actions import action
from controls.actor import Actor
from controls.policies import policy
from kyc import judging, risk, telling
from kyc.actions.inputs import inputs
from kyc.models import Application, Check, Customer
from kyc.models.applications import AT_THE_DESK, Status
from kyc.policies import RISK
from kyc.results import Result

EVERY = timedelta(minutes=5)
BATCH = 100


@dataclass(frozen=True)
class Standing:
    """What holds at this moment. `expiry` takes the place of the recorded result; None while that one still holds."""

    risk: risk.Assessment
    expiry: Result | None


def _at_the_desk(application: Application, by: Actor) -> str | None:
    if application.status in AT_THE_DESK:
        return None
    return _("This application is %(status)s.") % {"status": application.get_status_display()}


@action("kyc.record_checks", when=_at_the_desk)
def reassess(application: Application, *, by: Actor) -> Application:
    """Risk and expiry as they are now. What has not moved on stays as it is."""
    keep_up(application)
    return application


def look_again(application: Application) -> bool:
    """What has moved on at the desk is recorded, by the job and in an entry of its own, before anybody sees it. Says
    whether something had."""
    if application.status not in AT_THE_DESK or not moved_on(application):
        return False
    with suppress(RuleError):  # somebody was faster
        reassess(application, by=Actor.job("kyc.checks"))
    return True


def look_again_at_the_desk(most: int = BATCH) -> int:
    """A batch of what waits at the desk, the longest not looked at first. That it was looked at is no business state,
    and is noted before: one that cannot be assessed does not keep the others from their turn."""
    due = Application.all_unrestricted.not_assessed_since(clock.now() - EVERY)
    batch = list(due.select_related("customer__entity")[:most])
    for application in batch:
        Application.all_unrestricted.filter(pk=application.pk).update(assessed_at=clock.now())
        look_again(application)
    return len(batch)


def moved_on(application: Application) -> bool:
    """Whether risk or expiry are no longer as they were recorded."""
    return _differs(application, _standing(application))


def keep_up(application: Application) -> None:
    """Records what holds now, for whoever has the row locked. What a first person approved is then no longer what lies
    here: a reviewer looks again, from the start, and it keeps its place in the queue."""
    found = _standing(application)
    if not _differs(application, found):
        return
    assess(application, found)
    if application.status == Status.AWAITING_SECOND:
        application.approved_by = application.claimed_by = application.claimed_until = None
        application.round += 1
        telling.moved(application, Status.AWAITING_REVIEW)
    application.save()


def assess(application: Application, found: Standing | None = None) -> None:
    """Puts risk and expiry on an application that its caller saves."""
    found = found or _standing(application)
    if found.expiry:
        _supersede(application, found.expiry)
    application.risk_points, application.risk_band = found.risk.points, found.risk.band
    application.risk_reasons = found.risk.reasons
    application.assessed_at = clock.now()


def _differs(application: Application, found: Standing) -> bool:
    recorded = risk.Assessment(application.risk_points, application.risk_band, application.risk_reasons)
    return found.expiry is not None or found.risk != recorded


def _standing(application: Application) -> Standing:
    checks = {check.kind: check for check in application.checks.current()}
    outcomes = {kind: check.outcome for kind, check in checks.items()}
    today = clock.today(application.customer.entity.zone)
    expiry = _expiry_now(application, checks.get(Check.Kind.EXPIRY), today)
    if expiry:
        outcomes[Check.Kind.EXPIRY] = expiry.outcome
    facts = _facts(application.customer, outcomes, today)
    return Standing(risk.assess(facts, policy(RISK).value), expiry)


def _facts(customer: Customer, outcomes: Mapping[str, str], today: date) -> risk.Facts:
    return risk.Facts(
        residence=customer.residence,
        nationality=customer.nationality,
        age_years=_age(customer.birth_date, today),
        outcomes=outcomes,
        number_seen_elsewhere=Customer.all_unrestricted.sharing_a_number_with(customer).count(),
    )


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _expiry_now(application: Application, check: Check | None, today: date) -> Result | None:
    """The date that was read, against today. Where none was read there is nothing that time could change."""
    if check is None or check.outcome == Check.Outcome.ERROR:
        return None
    documents = application.documents.current().of_identity().order_by("side")
    pages = [page for document in documents for page in (document.reading or {}).get("pages", [])]
    read = judging.best_fields(pages).get("expiry_date")
    now = judging.expiry(read, today) if read else None
    return now if now and (now.outcome, now.reasons) != (check.outcome, check.reasons) else None


def _supersede(application: Application, result: Result) -> None:
    now = clock.now()
    application.checks.current().filter(kind=Check.Kind.EXPIRY).update(replaced_at=now)
    Check.all_unrestricted.create(
        application=application,
        kind=Check.Kind.EXPIRY,
        outcome=result.outcome,
        input_hash=inputs(application)[Check.Kind.EXPIRY],
        reasons=result.reasons,
        scores=result.scores,
        thresholds=result.thresholds,
        details=result.details,
        made_at=now,
        computed_at=now,
    )
