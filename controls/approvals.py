"""Four eyes for changes without a proposed state of their own: propose, decide, withdraw, expire.

A proposal stores the action's arguments and the difference they make, found by running the action in a block that
is rolled back. The decision that completes the quorum runs it for real, with the maker's rights of that moment, and
refuses when the difference is no longer the one that was agreed to.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models, transaction
from django.utils.translation import gettext as _

from base import clock
from base.canonical import plain
from base.errors import Invalid, NotFound, NotPermitted, RuleError, WrongState
from controls import apart, difference, unit
from controls.actions import REGISTRY, Action, action
from controls.actor import Actor
from controls.models.approvals import VALID, Proposal, Vote
from controls.models.people import Person
from controls.models.standing import Standing, standing_of

QUORUMS: dict[str, Callable[[dict[str, Any]], dict[str, int]]] = {}  # where who agrees depends on what is proposed


@action("controls.propose", sensitive=True)
def propose(*, by: Actor, name: str, record: models.Model | None, arguments: dict[str, Any], reason: str) -> Proposal:
    """Proposes the registered action `name`. Raises what the action would raise."""
    if not reason.strip():
        raise Invalid(_("Say why you propose this."), field="reason")
    found = REGISTRY[name]
    assert found.quorum, f"{name} needs no proposal"
    assert by.person_id is not None, "only a signed-in person passes `sensitive`"
    made = _dry_run(found, record, arguments, by)
    now = clock.now()
    about = {
        "action": name,
        "record_model": "" if record is None else record._meta.label_lower,
        "record_id": "" if record is None else str(record.pk),
    }
    stored = {key: _stored(value) for key, value in arguments.items()}
    waiting = Proposal.all_unrestricted.waiting().filter(**about, expires_at__gt=now)
    if any(one.arguments == stored for one in waiting):
        raise WrongState(_("This is proposed already, and waits for others to agree."), code="proposed_already")
    return Proposal.all_unrestricted.create(
        **about,
        arguments=stored,
        difference=made,
        quorum=QUORUMS[name](arguments) if name in QUORUMS else found.quorum,
        reason=reason.strip(),
        proposed_by_id=by.person_id,
        proposed_by_actor=by.label,
        proposed_at=now,
        expires_at=now + VALID,
    )


def _answerable(proposal: Proposal, by: Actor) -> str | RuleError | None:
    if not any(by.may(permission) for permission in proposal.quorum):
        return NotPermitted(_("This waits for people of another role."))
    if proposal.status != Proposal.Status.PROPOSED:
        return _("This proposal is %(status)s.") % {"status": proposal.get_status_display()}
    if proposal.expires_at <= clock.now():
        return _("This proposal has expired; it can be proposed again.")
    return None


CONCERNED = ("person", "owner")


def _gain(proposal: Proposal, record: models.Model | None) -> set[UUID]:
    """Whom a proposal is about: the person, who holds the role, who owns the client or will. They may not agree to
    it."""
    named = [record.pk] if isinstance(record, Person) else [getattr(record, f"{who}_id", None) for who in CONCERNED]
    given = [value["key"] for value in proposal.arguments.values() if isinstance(value, dict) and "key" in value]
    return {UUID(str(key)) for key in [*named, *given] if key}


def _refuse_concerned(proposal: Proposal, by: Actor) -> None:
    """Who gains does not agree. Nor does, before somebody's first role, who made that person or issued a password to
    them: it could be their own second face."""
    model = apps.get_model(proposal.record_model) if proposal.record_id else None
    record = model._base_manager.filter(pk=proposal.record_id).first() if model else None
    if by.person_id in _gain(proposal, record):
        raise NotPermitted(_("This gives you power; people it does not concern must agree."), code="concerned")
    if not isinstance(record, Person) or record.grants.exists():
        return
    if by.person_id in (record.created_by_id, record.password_issued_by_id):
        text = _("You created %(name)s or issued their password; another must agree to their first role.")
        raise NotPermitted(text % {"name": record.name}, code="concerned")


@action("controls.decide", maker="proposed_by", when=_answerable, sensitive=True)
def decide(proposal: Proposal, *, by: Actor, agrees: bool, reason: str) -> Proposal:
    """One person's vote. The first that declines ends the proposal; the one that completes the quorum does it."""
    if not reason.strip():
        raise Invalid(_("Say why you decide so."), field="reason")
    assert by.person_id is not None, "only a signed-in person passes `maker`"
    _refuse_concerned(proposal, by)
    # a reason opens only where our keys closed it for this very vote: one put in by SQL stops here
    votes = [vote for vote in proposal.votes.all() if vote.reason]
    if any(vote.person_id == by.person_id for vote in votes):
        raise WrongState(_("You have voted on this already."))
    if any(vote.person_id in by.stands_in_for() for vote in votes):
        raise WrongState(_("The person you stand in for has voted on this already."))
    missing = _missing(proposal, votes) or proposal.quorum
    serves = next((permission for permission in missing if by.may(permission)), None)
    if serves is None:
        raise NotPermitted(_("The votes your role can give are complete; another role's are awaited."))
    vote = Vote.all_unrestricted.create(
        proposal=proposal,
        person_id=by.person_id,
        maker_id=proposal.proposed_by_id,
        permission=serves,
        agrees=agrees,
        reason=reason.strip(),
    )
    if not agrees:
        return _close(proposal, Proposal.Status.DECLINED)
    votes.append(vote)
    if _missing(proposal, votes):
        return proposal
    _carry_out(proposal, by.person_id)
    if _missing(proposal, votes):  # asked again: carrying it out may have waited for its record
        raise WrongState(_("Somebody who agreed has just lost the right to. Decide again."))
    return _close(proposal, Proposal.Status.AGREED)


def _own(proposal: Proposal, by: Actor) -> str | RuleError | None:
    if proposal.proposed_by_id != by.person_id:
        return NotPermitted(_("Only who proposed this can withdraw it."))
    return None if proposal.may_move_to(Proposal.Status.WITHDRAWN) else _("This proposal is closed.")


@action("controls.propose", when=_own)
def withdraw(proposal: Proposal, *, by: Actor, reason: str = "") -> Proposal:
    return _close(proposal, Proposal.Status.WITHDRAWN)


def _past(proposal: Proposal, by: Actor) -> str | None:
    if not proposal.may_move_to(Proposal.Status.EXPIRED):
        return _("This proposal is closed.")
    return None if proposal.expires_at <= clock.now() else _("This proposal has not expired yet.")


@action("controls.expire", when=_past)
def expire(proposal: Proposal, *, by: Actor) -> Proposal:
    return _close(proposal, Proposal.Status.EXPIRED)


def _close(proposal: Proposal, status: str) -> Proposal:
    proposal.move_to(status)
    proposal.decided_at = clock.now()
    proposal.save(update_fields=["status", "decided_at"])
    return proposal


def _missing(proposal: Proposal, votes: list[Vote]) -> dict[str, int]:
    """What the quorum still lacks. A vote counts while who gave it works here, holds the right it was given by, and is
    not related to whom it is about."""
    missing, rights = dict(proposal.quorum), _rights({vote.person_id for vote in votes}, proposal)
    for vote in votes:
        missing[vote.permission] -= vote.permission in rights[vote.person_id]
    return {permission: needed for permission, needed in missing.items() if needed > 0}


def _rights(people: set[UUID], proposal: Proposal) -> dict[UUID, frozenset[str]]:
    """What these people may do about it at this moment; nothing for who is suspended."""
    held = {key: found for key, found in standing_of(people).items() if not apart.concerns(proposal, found.away)}
    return {key: held.get(key, Standing()).permissions for key in people}


# --- what it would do, and doing it ------------------------------------------------------------------------------


class _Enough(Exception):
    """Ends a dry run."""


def _dry_run(found: Action, record: models.Model | None, arguments: dict[str, Any], by: Actor) -> list[dict[str, Any]]:
    start = len(unit.current().written)
    try:
        with transaction.atomic():
            made = _run(found, record, arguments, by, unit.NOBODY_YET)
            raise _Enough
    except _Enough:
        return made
    finally:
        del unit.current().written[start:]


def _carry_out(proposal: Proposal, agreed_by: UUID) -> None:
    """The agreed action, as its maker. A changed difference or a lost right undoes everything, the vote too."""
    maker = Actor.of(proposal.proposed_by)
    arguments = {key: _restored(value, maker) for key, value in proposal.arguments.items()}
    made = _run(REGISTRY[proposal.action], _record(proposal, maker), arguments, maker, agreed_by)
    if made != proposal.difference:
        raise WrongState(
            _("What this would change is no longer what was proposed. Propose it again."),
            code="difference_changed",
        )


def _run(
    found: Action, record: models.Model | None, arguments: dict[str, Any], by: Actor, agreed_by: UUID
) -> list[dict[str, Any]]:
    """Runs it as agreed, and tells the difference it made."""
    written, began = unit.current().written, clock.now()
    start = len(written)
    with unit.agreement(agreed_by):
        found.run(record, by, arguments)
    given = {value for argument in arguments.values() if isinstance(value := _text(argument), str)}
    return difference.told(written[start:], began, clock.now(), given, agreed_by)


def _text(argument: Any) -> Any:
    return None if isinstance(argument, models.Model) else plain(argument)


def _record(proposal: Proposal, by: Actor) -> models.Model | None:
    if not proposal.record_model:
        return None
    return _known(proposal.record_model, proposal.record_id, by)


def _known(label: str, key: str, by: Actor) -> models.Model:
    model: Any = apps.get_model(label)
    found: models.Model | None = model.objects.visible_to(by).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such record."))
    return found


def _stored(value: Any) -> Any:
    if isinstance(value, models.Model):
        return {"model": value._meta.label_lower, "key": str(value.pk)}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, UUID):
        return {"uuid": str(value)}
    if isinstance(value, dict):
        return {"json": value}
    assert value is None or isinstance(value, bool | int | str | list), "an argument of no known type"
    return value


def _restored(value: Any, by: Actor) -> Any:
    if not isinstance(value, dict):
        return value
    if "model" in value:
        return _known(value["model"], value["key"], by)
    (kind, kept), *_rest = value.items()
    return RESTORE[kind](kept)


RESTORE: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
    "json": dict,
}
