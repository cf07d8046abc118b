"""Examinations: an external auditor or a supervisory examiner reads certain records for a time, and does nothing else.

What can be examined is declared by the app that keeps it, in its `ready()`: RECORDS names a kind of record, ADDRESSES
the addresses at which it is read. Every other address is closed to an examiner (controls.examined).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, RuleError, WrongState
from base.locks import only_one
from controls import entries, unit
from controls.actions import action
from controls.actor import Actor
from controls.models.clients import ApiClient
from controls.models.examinations import Examination
from controls.models.people import LegalEntity, Person
from controls.models.sessions import Session
from controls.models.standing import StandIn
from controls.staff import AGREED_BY_ANOTHER, ready, with_reason

MOST_DAYS = 184
LOOK = "controls.examine"
BETWEEN = re.compile(r"[\s,;]+")
FIXED = (
    *("number", "person_id", "kind", "firm", "purpose", "records", "entity_id", "listed", "records_from", "records_to"),
    *("first_day", "last_day", "granted_by_id", "agreed_by_id"),
)


@dataclass(frozen=True)
class Address:
    """Where records of the kind `records` are read. `model` is what a look at it is about; `key` the part of the
    address that names the record, empty for a list."""

    records: str
    model: type[models.Model]
    key: str = ""


RECORDS: dict[str, Any] = {}  # model label: what it is called in the plural
ADDRESSES: dict[str, Address] = {}  # by the name of the address


def choices() -> list[tuple[str, Any]]:
    return list(RECORDS.items())


def _may_come(person: Person, by: Actor) -> str | RuleError | None:
    return None if person.is_active else _("%(name)s is suspended.") % {"name": person.name}


@action("controls.manage_staff", quorum=AGREED_BY_ANOTHER, when=_may_come)
def grant_examination(
    person: Person,
    *,
    by: Actor,
    kind: str,
    firm: str,
    purpose: str,
    records: list[str],
    records_from: date,
    records_to: date,
    first_day: date,
    last_day: date,
    entity: LegalEntity | None = None,
    listed: str = "",
) -> Examination:
    """`person` reads records of these kinds, opened or decided in the period, from the first day to the last (UTC)."""
    assert by.person_id is not None, "only a signed-in person proposes"
    if person.pk == by.person_id:
        raise Invalid(_("Nobody proposes this for themselves."), field="person")
    if kind not in Examination.Kind.values:
        raise Invalid(_("There is no such kind of examination."), field="kind")
    if not firm.strip() or not purpose.strip():
        raise Invalid(_("Say for whom and why."), field="purpose" if firm.strip() else "firm")
    if not records or not set(records) <= set(RECORDS):
        raise Invalid(_("Name the kinds of record."), field="records")
    if records_from > records_to:
        raise Invalid(_("The period ends before it begins."), field="records_to")
    if not clock.today() <= first_day <= last_day <= first_day + timedelta(days=MOST_DAYS):
        raise Invalid(_("From today on, %(most)s days at most.") % {"most": MOST_DAYS}, field="last_day")
    if refused := ready(person):
        raise refused
    _refuse_beside(person)
    only_one("numbers of examinations")
    last = Examination.all_unrestricted.aggregate(last=Max("number"))["last"] or 0
    return Examination.all_unrestricted.create(
        number=last + 1,
        person=person,
        kind=kind,
        firm=firm.strip(),
        purpose=purpose.strip(),
        records=sorted(set(records)),
        entity=entity,
        listed=_ids(listed),
        records_from=records_from,
        records_to=records_to,
        first_day=first_day,
        last_day=last_day,
        granted_by_id=by.person_id,
        agreed_by_id=unit.agreed_by(),
    )


def _ids(listed: str) -> list[str]:
    """By id and not by reference: what tells of a customer who is erased one day must not stand here, nor in the
    proposal."""
    try:
        return sorted({str(UUID(key)) for key in BETWEEN.split(listed) if key})
    except ValueError as error:
        raise Invalid(
            _("One of these is no id; the address of a customer's page ends with it."), field="listed"
        ) from error


def _refuse_beside(person: Person) -> None:
    """Who examines holds nothing else. Under the lock that giving a role takes, so that neither overtakes the other."""
    only_one(f"roles of {person.pk}")
    held = (
        person.grants.filter(ended_at=None),
        StandIn.all_unrestricted.running().filter(person=person),
        ApiClient.all_unrestricted.usable().filter(owner=person),
        person.report_sights.filter(ended_at=None),
    )
    if any(rows.exists() for rows in held):
        text = _("%(name)s holds a role, a program or sight of reports; who works here does not examine.")
        raise WrongState(text % {"name": person.name}, code="examines")
    if person.examinations.running().exists():
        raise WrongState(_("%(name)s examines already.") % {"name": person.name})


def _running(grant: Examination, by: Actor) -> str | None:
    return None if grant.is_running() else _("This has ended.")


@action("controls.suspend", when=_running)
def end_examination(grant: Examination, *, by: Actor, reason: str) -> Examination:
    """Sooner than by itself: the examiner is out at the next request."""
    with_reason(reason)
    grant.ended_at = clock.now()
    grant.save(update_fields=["ended_at"])
    Session.all_unrestricted.of(grant.person).end(Session.Ending.REVOKED)
    return grant


# --- reading ------------------------------------------------------------------------------------------------------


def is_over(actor: Actor) -> bool:
    """Whether somebody is signed in who came to examine and, today, does not."""
    if actor.kind != "person" or actor.roles or actor.borrowed:
        return False
    return Examination.all_unrestricted.filter(person=actor.person_id).exists()


def of(actor: Actor) -> Examination | None:
    """The examination as it stands at this moment; None once it is over."""
    rows = Examination.all_unrestricted.in_force().select_related("person")
    return rows.filter(pk=actor.examination).first()


def note_look(by: Actor, about: models.Model, name: str, asked: str) -> bool:
    """The entry of one look. False, and no entry, where the examination ended meanwhile: the row is held until commit,
    so that no look is noted after the end."""
    with transaction.atomic():
        rows = Examination.all_unrestricted.in_force().select_for_update(no_key=True, of=("self",))
        grant = rows.filter(pk=by.examination).first()
        if grant is None:
            return False
        changed = {"filter": entries.Change(None, asked)} if asked else {}
        facts = {"examination": grant.number, "address": name}
        entries.write(ref=uuid4(), by=by, action=LOOK, record=about, changed=changed, facts=facts)
    return True


def mark(grant: Examination) -> str:
    """What stands across everything the examiner sees."""
    said = {
        "number": grant.number,
        "name": grant.person.name,
        "firm": grant.firm,
        "time": f"{clock.now():%Y-%m-%d %H:%M}",
    }
    return _("Examination %(number)s · %(name)s · %(firm)s · %(time)s UTC") % said
