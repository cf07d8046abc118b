"""Somebody leaves: one action ends everything they hold here, at once, by one person. Coming back takes two, and gives
back nothing but the account: roles are given anew.

What there is to hold is declared, here and by apps above in their `ready()`: `HOLDINGS.append(Holding(...))`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from controls import entries, unit, wayback
from controls.actions import action
from controls.actor import Actor
from controls.models import (
    ApiClient,
    ClientKey,
    EmergencyRight,
    Examination,
    Person,
    Proposal,
    ReportSight,
    RoleGrant,
    Session,
    StandIn,
)
from controls.staff import with_reason


@dataclass(frozen=True)
class Holding:
    """Something a person holds while they work here: which rows, and how one of them ends, in the fields named. Each
    leaves an entry under the name of the action that ends it otherwise."""

    title: Any
    action: str
    rows: Callable[[Person], Any]
    end: Callable[[Any], None]
    fields: tuple[str, ...]


def _at(field: str) -> Callable[[Any], None]:
    return lambda record: setattr(record, field, clock.now())


def _left(session: Session) -> None:
    session.ended_at, session.ending = clock.now(), Session.Ending.LEFT


def _withdrawn(proposal: Proposal) -> None:
    proposal.move_to(Proposal.Status.WITHDRAWN)
    proposal.decided_at = clock.now()


ROLES = Holding(
    gettext_lazy("Roles"),
    "controls.end_role",
    lambda person: RoleGrant.all_unrestricted.filter(person=person, ended_at=None),
    _at("ended_at"),
    ("ended_at",),
)
CLIENTS = Holding(  # a leaver's stand still and can be handed over; a review ends them
    gettext_lazy("API clients"),
    "controls.revoke_client",
    lambda person: ApiClient.all_unrestricted.filter(owner=person, revoked_at=None),
    _at("revoked_at"),
    ("revoked_at",),
)
HOLDINGS = [
    Holding(
        gettext_lazy("Sessions"),
        "controls.end_session",
        lambda person: Session.all_unrestricted.of(person).filter(ended_at=None),
        _left,
        ("ended_at", "ending"),
    ),
    Holding(
        gettext_lazy("Keys of API clients"),
        "controls.end_key",
        lambda person: ClientKey.all_unrestricted.in_force().filter(client__owner=person),
        _at("ends_at"),
        ("ends_at",),
    ),
    Holding(
        gettext_lazy("Proposals that wait"),
        "controls.withdraw",
        lambda person: Proposal.all_unrestricted.waiting().filter(proposed_by=person),
        _withdrawn,
        ("status", "decided_at"),
    ),
    Holding(
        gettext_lazy("Sight of reports"),
        "controls.end_report_sight",
        lambda person: ReportSight.all_unrestricted.filter(person=person, ended_at=None),
        _at("ended_at"),
        ("ended_at",),
    ),
    Holding(
        gettext_lazy("Emergency rights"),
        "controls.end_emergency",
        lambda person: EmergencyRight.all_unrestricted.in_force().filter(person=person),
        _at("ended_at"),
        ("ended_at",),
    ),
    Holding(
        gettext_lazy("Stands in for somebody, or is stood in for"),
        "controls.end_stand_in",
        lambda person: StandIn.all_unrestricted.running().filter(Q(person=person) | Q(absent=person)),
        _at("ended_at"),
        ("ended_at",),
    ),
    Holding(
        gettext_lazy("Examinations"),
        "controls.end_examination",
        lambda person: Examination.all_unrestricted.running().filter(person=person),
        _at("ended_at"),
        ("ended_at",),
    ),
    ROLES,
]


def held(person: Person) -> list[tuple[Any, int]]:
    """What would end, counted."""
    return [(holding.title, holding.rows(person).count()) for holding in HOLDINGS]


def _here(person: Person, by: Actor) -> str | None:
    return _("%(name)s has left already.") % {"name": person.name} if person.left_at else None


@action("controls.suspend", when=_here)
def see_off(person: Person, *, by: Actor, reason: str) -> Person:
    """Works at once, of who is suspended too. A program of theirs stands still until two people give it another
    owner, who issues a key that the leaver has never seen."""
    with_reason(reason)
    wayback.keep(person, frozenset(), by=by)
    person.is_active, person.left_at = False, clock.now()
    person.save(update_fields=["is_active", "left_at"])
    for holding in HOLDINGS:
        for record in holding.rows(person).select_for_update(no_key=True, of=("self",)).order_by("pk"):
            end(record, holding, by)
    return person


def end(record: Any, holding: Holding, by: Actor) -> None:
    """Part of an action: one of them ends, with an entry that names the action as its cause."""
    before = entries.snapshot(record)
    holding.end(record)
    record.save(update_fields=holding.fields)
    changed = entries.changes(record, before, entries.snapshot(record))
    cause = unit.current().causes[-1]
    entries.write(ref=uuid4(), by=by, action=holding.action, record=record, changed=changed, cause=cause)
