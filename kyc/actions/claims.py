"""Who is on an application: a claim is a lock that everybody sees, and that ends by itself."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from base.errors import NotPermitted, RuleError, WrongState
from controls import unit
from controls.actions import action
from controls.actor import Actor
from controls.leaving import Holding
from controls.staff import with_reason
from kyc.actions.assessment import keep_up
from kyc.models import Application
from kyc.models.applications import AT_THE_DESK, CLAIM


def claim_next(*, by: Actor) -> Application | None:
    """The application this person is on, else the one that waits longest and that nobody has taken; None when
    nothing waits. Two people asking at once get two different ones."""
    if not by.may("kyc.claim"):
        raise NotPermitted(_("Your role does not allow this."))

    result: Application | None = unit.outermost(lambda: _next(by))
    return result


def _next(by: Actor) -> Application | None:
    """One that turns out to be another's to decide is left to them, and the next is looked at."""
    visible = Application.objects.visible_to(by).only("pk")  # claim() reads the row anew; keys are sorted faster
    while True:
        held = visible.held_by(by).decidable_by(by).longest_waiting_first().first()
        rows = visible.claimable_by(by).longest_waiting_first()
        found = held or rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
        claimed: Application | None = found and claim(found, by=by)
        if claimed is None or claimed.is_held_by(by):
            return claimed


def _claimable(application: Application, by: Actor) -> str | RuleError | None:
    if refused := _not_theirs(application, by):
        return refused
    if application.is_claimed() and not application.is_held_by(by):
        return somebody_is_on_it(application)
    return None


def _not_theirs(application: Application, by: Actor) -> str | RuleError | None:
    if application.status not in AT_THE_DESK:
        return _("This application is %(status)s.") % {"status": application.get_status_display()}
    if application.status == Application.Status.AWAITING_REVIEW:
        return None if by.may("kyc.approve") else NotPermitted(_("This waits for a reviewer."))
    if not by.may("kyc.approve_high_risk"):
        return NotPermitted(_("This waits for a second person who may approve high risk."))
    if application.approved_by_id == by.person_id or application.approved_by_id in by.stands_in_for():
        return NotPermitted(_("You were the first person; another must decide."), code="same_person")
    return None


@action("kyc.claim", when=_claimable)
def claim(application: Application, *, by: Actor) -> Application:
    """What moved on while it waited is recorded first. Where that makes it another's to decide, nobody is on it."""
    return _with_what_holds_now(application, by)


def held(application: Application, by: Actor) -> RuleError | None:
    """None when `by` is on it; else who is."""
    if application.is_held_by(by):
        return None
    if application.is_claimed():
        return somebody_is_on_it(application)
    return WrongState(_("Take the application on first."), code="not_claimed")


@action("kyc.claim", when=held)
def extend_claim(application: Application, *, by: Actor) -> Application:
    return _with_what_holds_now(application, by)


@action("kyc.claim", when=held)
def release_claim(application: Application, *, by: Actor) -> Application:
    """Back into the queue, at its old place."""
    return _free(application)


def _claimed(application: Application, by: Actor) -> str | None:
    return None if application.is_claimed() else _("Nobody is on it.")


@action("kyc.release_claim", when=_claimed)
def free_claim(application: Application, *, by: Actor, reason: str) -> Application:
    """Takes it off a colleague, who is away for instance."""
    with_reason(reason)
    return _free(application)


def _taken(application: Application, by: Actor) -> str | None:
    return _("Nobody is on it.") if application.claimed_until is None else None


@action("kyc.expire", when=_taken)
def expire_claim(application: Application, *, by: Actor) -> Application:
    """Of who let the time pass, or may no longer decide it: was suspended, or lost the role."""
    if not Application.all_unrestricted.claim_lapsed().filter(pk=application.pk).exists():
        raise WrongState(_("The claim still holds."))
    return _free(application)


def somebody_is_on_it(application: Application) -> WrongState:
    assert application.claimed_by is not None
    assert application.claimed_until is not None
    until = timezone.localtime(application.claimed_until)
    words = {"name": application.claimed_by.name, "time": f"{until:%H:%M %Z}"}
    return WrongState(_("%(name)s is on it until %(time)s.") % words, code="claimed")


def _with_what_holds_now(application: Application, by: Actor) -> Application:
    keep_up(application)
    return application if _not_theirs(application, by) else _until(application, by)


def _until(application: Application, by: Actor) -> Application:
    application.claimed_by_id = by.person_id
    application.claimed_until = clock.now() + CLAIM
    application.save(update_fields=["claimed_by", "claimed_until"])
    return application


def _free(application: Application) -> Application:
    _nobodys(application)
    application.save(update_fields=HELD.fields)
    return application


def _nobodys(application: Application) -> None:
    application.claimed_by = application.claimed_until = None


HELD = Holding(
    gettext_lazy("Applications they are on"),
    "kyc.free_claim",
    lambda person: Application.all_unrestricted.filter(claimed_by=person),
    _nobodys,
    ("claimed_by", "claimed_until"),
)
