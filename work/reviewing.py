"""An open access review: a task for each role that has grants to answer, until it has answered them."""

from contextlib import suppress

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from base.errors import RuleError
from controls.actor import Actor
from controls.models import AccessReview, ReviewedGrant
from work import todo
from work.actions import todo as actions
from work.models import LINKED, Task

KIND = todo.Kind(
    "work.access_review",
    gettext_lazy("Grants to confirm or remove"),
    gettext_lazy("An access review waits for your role; what nobody confirms lapses."),
)
NEXT = "senior_management"


def register() -> None:
    """Called once, when the app is ready."""
    LINKED.append("controls.AccessReview")
    todo.register(KIND)


def watch(by: Actor) -> None:
    """One task a review and role. It is due when what is not confirmed lapses."""
    waiting = _waiting(by)
    known = set(Task.objects.visible_to(by).filter(key__in=waiting).values_list("key", flat=True))
    for key in sorted(waiting.keys() - known):
        review, role = waiting[key]
        with suppress(RuleError):  # another sweep was faster
            actions.raise_task(
                by=by,
                key=key,
                kind=KIND.name,
                words=_("Confirm or remove each grant you answer for, on the page Access review."),
                record=review,
                role=role,
                due_at=review.due_at,
                due_source=_("the access review"),
                escalate_to=NEXT,
            )


def answered(by: Actor) -> list[Task]:
    """Open tasks whose role has answered everything, or answers no more."""
    still = {f"access_review:{review}:{role}" for review, role in _pending(by)}
    rows = Task.objects.visible_to(by).open().filter(kind=KIND.name)
    return [task for task in rows.order_by("pk") if task.key not in still]


def _waiting(by: Actor) -> dict[str, tuple[AccessReview, str]]:
    open_ones = {each.pk: each for each in AccessReview.objects.visible_to(by).open().filter(due_at__gt=clock.now())}
    return {
        f"access_review:{review}:{role}": (open_ones[review], role)
        for review, role in _pending(by)
        if review in open_ones
    }


def _pending(by: Actor) -> set[tuple[object, str]]:
    rows = ReviewedGrant.objects.visible_to(by).pending().order_by()
    return set(rows.values_list("review", "owner_role").distinct())
