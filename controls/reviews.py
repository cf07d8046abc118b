"""The access review: opened once a quarter, answered by whoever owns the role, closed when nothing is left to answer.

What nobody confirmed in 14 days lapses; but for what is needed so that two people can still give power back. That
stands, and is told in red until somebody answers (docs/decisions/0120).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from base.locks import only_one
from controls import leaving, owners, unit, wayback
from controls.actions import action
from controls.actor import Actor
from controls.models import AccessReview, ApiClient, ReviewedGrant, RoleGrant
from controls.models.reviews import own
from controls.roles import ROLES
from controls.staff import with_reason

ANSWERED_WITHIN = timedelta(days=14)
SOON = timedelta(days=4)  # before a grant lapses everybody who sees the staff is told
TOLD_FOR = timedelta(days=7)  # and after it lapsed
BATCH = 500
Status = ReviewedGrant.Status
FIGURES = tuple(state.value for state in Status)  # of a review: how many of its grants are in each state


def quarter_of(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def began(quarter: str) -> datetime:
    year, _dash, number = quarter.partition("-Q")
    return make_aware(datetime.combine(date(int(year), 3 * int(number) - 2, 1), time()), timezone=clock.now().tzinfo)


# --- opened -------------------------------------------------------------------------------------------------------


@action("controls.run_reviews")
def open_review(*, by: Actor, quarter: str) -> AccessReview:
    """Every grant in force at this moment. What is granted later is in the next one."""
    only_one("access review")
    if quarter != quarter_of(clock.today()):
        raise Invalid(_("A review is opened in its quarter."), field="quarter")
    if AccessReview.all_unrestricted.filter(quarter=quarter).exists():
        raise WrongState(_("The review of this quarter was opened before."))
    grants, programs = _in_force()
    now, held = clock.now(), holders()
    review = AccessReview.all_unrestricted.create(
        quarter=quarter, opened_at=now, due_at=now + ANSWERED_WITHIN, size=len(grants) + len(programs)
    )
    rows = [_row(review, grant.person_id, grant.role, held, grant=grant) for grant in grants]
    rows += [_row(review, client.owner_id, client.role, held, client=client) for client in programs]
    ReviewedGrant.all_unrestricted.bulk_create(rows, batch_size=BATCH)
    return review


def _in_force() -> tuple[list[RoleGrant], list[ApiClient]]:
    return (
        list(RoleGrant.all_unrestricted.in_force().order_by("pk")),
        list(ApiClient.all_unrestricted.usable().order_by("pk")),
    )


def _row(review: AccessReview, person: UUID, role: str, held: dict[str, set[UUID]], **of: Any) -> ReviewedGrant:
    answers = owners.answering(role, person, held)
    return ReviewedGrant(review=review, person_id=person, role=role, owner_role=answers, **of)


def holders() -> dict[str, set[UUID]]:
    """Who holds which role, of those who can sign in: one query."""
    found: dict[str, set[UUID]] = {}
    for role, person in (
        RoleGrant.all_unrestricted.in_force().filter(person__is_active=True).values_list("role", "person_id")
    ):
        found.setdefault(role, set()).add(person)
    return found


# --- answered -----------------------------------------------------------------------------------------------------


def _answerable(reviewed: ReviewedGrant, by: Actor) -> str | RuleError | None:
    if reviewed.person_id in own(by):
        return NotPermitted(_("Nobody reviews what they hold themselves; another must answer."), code="own_grant")
    if reviewed.owner_role not in by.roles | {role for role, _of in by.borrowed}:
        return NotPermitted(_("%(role)s answers for this.") % {"role": ROLES[reviewed.owner_role].name})
    return _pending(reviewed, by)


def _pending(reviewed: ReviewedGrant, by: Actor) -> str | None:
    if reviewed.status == Status.PENDING:
        return None
    return _("This grant is answered: %(state)s.") % {"state": reviewed.get_status_display()}


@action("controls.review_access", when=_answerable)
def confirm_grant(reviewed: ReviewedGrant, *, by: Actor) -> ReviewedGrant:
    """The person still needs it."""
    _still_held(reviewed, by)
    return _answered(reviewed, Status.CONFIRMED, by)


@action("controls.review_access", when=_answerable)
def remove_grant(reviewed: ReviewedGrant, *, by: Actor, reason: str) -> ReviewedGrant:
    """Ends the role, or the program with its keys, at once and for good."""
    with_reason(reason)
    held = _still_held(reviewed, by)
    if isinstance(held, RoleGrant):
        wayback.keep(held.person, held.person.roles() - {held.role}, by=by)
    _end(held, by)
    return _answered(reviewed, Status.REMOVED, by)


def confirm_all(reviewed: ReviewedGrant, *, by: Actor) -> ReviewedGrant:
    """Everything of the same person that this one may answer in the review: each an answer and an entry of its own, all
    of them or none."""
    rows = ReviewedGrant.objects.visible_to(by).to_answer(by)
    rows = rows.filter(review_id=reviewed.review_id, person_id=reviewed.person_id).order_by("pk")
    unit.outermost(lambda: [confirm_grant(row, by=by) for row in list(rows) or [reviewed]])
    return reviewed


def _still_held(reviewed: ReviewedGrant, by: Actor) -> RoleGrant | ApiClient:
    """The grant itself under lock, if it is in force and not the actor's own by now."""
    rows: Any = RoleGrant.all_unrestricted.in_force() if reviewed.grant_id else ApiClient.all_unrestricted.usable()
    key = reviewed.grant_id or reviewed.client_id
    held: RoleGrant | ApiClient | None = rows.select_for_update(no_key=True, of=("self",)).filter(pk=key).first()
    if held is None:
        raise WrongState(_("This grant has ended in the meantime."))
    if isinstance(held, ApiClient) and held.owner_id in own(by):
        raise NotPermitted(_("Nobody reviews what they hold themselves; another must answer."), code="own_grant")
    return held


def _end(held: RoleGrant | ApiClient, by: Actor) -> None:
    """As it ends otherwise, with an entry of its own that names this answer as its cause."""
    if isinstance(held, RoleGrant):
        leaving.end(held, leaving.ROLES, by)
    else:
        leaving.end(held, leaving.CLIENTS, by)


def _answered(reviewed: ReviewedGrant, status: str, by: Actor) -> ReviewedGrant:
    reviewed.move_to(status)
    reviewed.answered_by_id, reviewed.answered_at = by.person_id, clock.now()
    reviewed.save(update_fields=["status", "answered_by", "answered_at"])
    return reviewed


# --- not answered -------------------------------------------------------------------------------------------------


def _due(reviewed: ReviewedGrant, by: Actor) -> str | None:
    if reviewed.review.due_at > clock.now():
        return _("There is still time to answer.")
    return _pending(reviewed, by)


@action("controls.run_reviews", when=_due)
def lapse_grant(reviewed: ReviewedGrant, *, by: Actor) -> ReviewedGrant:
    """Nobody confirmed it in time. The last way back is not taken by a clock."""
    held = _still_held(reviewed, by)
    only_one("way back")
    if isinstance(held, RoleGrant) and wayback.would_go(held.person_id, held.role):
        raise WrongState(_("Nobody could give power back then; somebody must answer."), code="last_way_back")
    _end(held, by)
    return _answered(reviewed, Status.LAPSED, by)


@action("controls.run_reviews", when=_pending)
def pass_on(reviewed: ReviewedGrant, *, by: Actor) -> ReviewedGrant:
    """Nobody but the holder holds the role that answered: the next one answers."""
    answers = owners.answering(reviewed.role, reviewed.person_id, holders())
    if answers == reviewed.owner_role:
        raise WrongState(_("It is with the role that answers for it."))
    reviewed.owner_role = answers
    reviewed.save(update_fields=["owner_role"])
    return reviewed


def _closable(review: AccessReview, by: Actor) -> str | None:
    return None if review.status == AccessReview.Status.OPEN else _("This review is closed.")


@action("controls.run_reviews", when=_closable)
def close_review(review: AccessReview, *, by: Actor) -> AccessReview:
    """Nothing is left to answer. What ended in another way meanwhile is marked so."""
    if review.grants.pending().exists():
        raise WrongState(_("Grants of this review wait for an answer."))
    now = clock.now()
    review.grants.over().update(status=Status.ENDED, answered_at=now)
    review.move_to(AccessReview.Status.CLOSED)
    review.closed_at = now
    review.save(update_fields=["status", "closed_at"])
    return review


# --- swept --------------------------------------------------------------------------------------------------------


def sweep(*, by: Actor) -> None:
    """Safe to repeat. Each step asks first: a refusal a run would fill the log of attempts."""
    _open(by)
    for review in AccessReview.objects.visible_to(by).open().order_by("opened_at"):
        _pass_on(review, by)
        if review.due_at <= clock.now():
            _lapse(review, by)
        if not review.grants.pending().exists():
            with suppress(RuleError):
                close_review(review, by=by)


def _open(by: Actor) -> None:
    """Once a quarter; not before anything is older than the quarter, as in the first weeks of an installation."""
    quarter = quarter_of(clock.today())
    start = began(quarter)
    older = RoleGrant.all_unrestricted.in_force().filter(granted_at__lt=start).exists()
    if older and not AccessReview.objects.visible_to(by).filter(quarter=quarter).exists():
        with suppress(RuleError):  # another sweep was faster
            open_review(by=by, quarter=quarter)


def _pass_on(review: AccessReview, by: Actor) -> None:
    held = holders()
    for reviewed in ReviewedGrant.objects.visible_to(by).pending().filter(review=review).order_by("pk"):
        if owners.answering(reviewed.role, reviewed.person_id, held) != reviewed.owner_role:
            with suppress(RuleError):
                pass_on(reviewed, by=by)


def _lapse(review: AccessReview, by: Actor) -> None:
    """The youngest first: what is kept for the way back is what people have held longest."""
    rows = ReviewedGrant.objects.visible_to(by).pending().filter(review=review).select_related("review")
    for reviewed in rows.order_by("-grant__granted_at", "-pk"):
        if reviewed.grant_id is None or not wayback.would_go(reviewed.person_id, reviewed.role):
            with suppress(RuleError):  # answered in this very moment
                lapse_grant(reviewed, by=by)


# --- told ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """Counts: grants past their time that stand, that lapse soon, that lapsed of late."""

    overdue: int
    soon: int
    lapsed: int


def waiting() -> Waiting:
    now, rows = clock.now(), ReviewedGrant.all_unrestricted
    soon = rows.pending().filter(review__due_at__gt=now, review__due_at__lte=now + SOON)
    lapsed = rows.filter(status=Status.LAPSED, answered_at__gt=now - TOLD_FOR)
    return Waiting(rows.overdue().count(), soon.count(), lapsed.count())
