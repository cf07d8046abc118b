"""What nobody has to think of: proposals that wait become tasks, late tasks go up, waiting notices become mail.

Rows are the queue: each sweep looks at what there is, is safe to repeat, and does no more than a batch at a time.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from base import clock
from base.calendars import Term, Unit
from base.errors import RuleError
from controls.actor import Actor
from controls.models import LegalEntity, Proposal
from work import reviewing, todo
from work.actions import notices
from work.actions import todo as actions
from work.models import Notice, NoticeChoice, Task

WAITS = timedelta(days=1)  # a proposal, before those who may decide it get a task
DECIDED_WITHIN = Term(1, Unit.BUSINESS_DAYS)
BATCH = 200


def sweep() -> None:
    by = Actor.job("work.watch")
    raise_for_proposals(by)
    close_for_proposals(by)
    reviewing.watch(by)
    close(reviewing.answered(by), by)
    escalate(by)
    mail_out(by)


def raise_for_proposals(by: Actor) -> None:
    """A task to those who may give each vote, but for who proposed it."""
    now = clock.now()
    waiting = Proposal.objects.visible_to(by).waiting().filter(proposed_at__lte=now - WAITS, expires_at__gt=now)
    rows = {_key(proposal, right): (proposal, right) for proposal in waiting for right in proposal.quorum}
    known = set(Task.objects.visible_to(by).filter(key__in=rows).values_list("key", flat=True))
    for key in sorted(rows.keys() - known)[:BATCH]:
        proposal, right = rows[key]
        at, source = todo.due(now, DECIDED_WITHIN, *_home())
        with suppress(RuleError):  # another sweep was faster
            actions.raise_task(
                by=by,
                key=key,
                kind=todo.PROPOSAL.name,
                words=_("Decide the proposal: agree or decline."),
                record=proposal,
                right=right,
                not_for=proposal.proposed_by,
                due_at=at,
                due_source=source,
                escalate_to="senior_management",
            )


def _key(proposal: Proposal, right: str) -> str:
    return f"proposal:{proposal.pk}:{right}"


def _home() -> tuple[str, str]:
    """Country and zone of the first company of the group."""
    entity = LegalEntity.all_unrestricted.order_by("pk").first()
    return (entity.country, entity.zone) if entity else (todo.ELSEWHERE, "UTC")


def close_for_proposals(by: Actor) -> None:
    waiting = Proposal.objects.visible_to(by).waiting().order_by().values("pk")
    rows = Task.objects.visible_to(by).open().filter(kind=todo.PROPOSAL.name).exclude(record_id__in=waiting)
    close(rows.order_by("pk"), by)


def close(tasks: Sequence[Task] | QuerySet[Task], by: Actor) -> None:
    """What a task waited for has happened."""
    for task in tasks[:BATCH]:
        with suppress(RuleError):
            actions.withdraw_task(task, by=by, reason=_("It does not wait any more."))


def escalate(by: Actor) -> None:
    for task in Task.objects.visible_to(by).to_escalate().order_by("pk")[:BATCH]:
        with suppress(RuleError):
            actions.escalate_task(task, by=by)


def mail_out(by: Actor) -> None:
    people = Notice.objects.visible_to(by).to_mail().order_by().values("person").distinct()
    for choice in NoticeChoice.objects.visible_to(by).filter(person__in=people).select_related("person").order_by("pk"):
        if notices.mail_notices.refusal(choice, by=by) is None:
            with suppress(RuleError):
                notices.mail_notices(choice, by=by)
