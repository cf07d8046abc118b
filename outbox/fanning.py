"""Puts events into the lines of those who hear of them.

Ids are handed out before commit, so the order of a line is the order in which events are found here: one worker at a
time takes what is visible, by number. Of two events of which one was committed before the other began, that one is
always found first, or in the same look with the smaller number.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from base import clock
from base.locks import only_one
from controls.models import Person
from outbox.events import KINDS
from outbox.mails import MAIL
from outbox.models import Delivery, Event, Receiver

AT_ONCE = 250


def waits() -> bool:
    return Event.objects.filter(fanned_at=None).exists()


def fan_out() -> int:
    """How many events were put in line. Safe at the same time as others, and after a crash: one transaction."""
    if not waits():
        return 0
    with transaction.atomic():
        only_one("outbox.fan_out")
        events = list(Event.objects.filter(fanned_at=None).order_by("id")[:AT_ONCE])
        people = {UUID(event.payload["person"]) for event in events if event.kind == MAIL.name}
        rows = Receiver.all_unrestricted.in_line().filter(Q(kind=Receiver.Kind.WEBHOOK) | Q(person__in=people))
        known = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
        mailboxes = {one.person_id: one for one in known if one.person_id}
        mailboxes |= _opened(people - set(mailboxes))
        lines: dict[Receiver, list[Event]] = defaultdict(list)
        for event in events:
            for receiver in _hearing(event, known, mailboxes):
                lines[receiver].append(event)
        _put(lines)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(fanned_at=clock.now())
    return len(events)


def _hearing(event: Event, known: Iterable[Receiver], mailboxes: dict[UUID, Receiver]) -> Iterable[Receiver]:
    if event.kind == MAIL.name:
        return [mailboxes[UUID(event.payload["person"])]]
    if event.only_id:
        return [one for one in known if one.pk == event.only_id]
    kind = KINDS.get(event.kind)
    return [one for one in known if kind and one.kind in kind.hears and event.kind in one.kinds]


def _opened(people: set[UUID]) -> dict[UUID, Receiver]:
    """The mailbox of somebody who has not been written to before."""
    found = {}
    for person in Person.all_unrestricted.filter(pk__in=people):
        found[person.pk] = Receiver.all_unrestricted.create(
            kind=Receiver.Kind.EMAIL, status=Receiver.Status.ACTIVE, person=person
        )
    return found


def _put(lines: dict[Receiver, list[Event]]) -> None:
    rows = []
    for receiver, events in lines.items():
        first = receiver.last_number + 1
        rows += [Delivery(event=event, receiver=receiver, number=number) for number, event in enumerate(events, first)]
        receiver.last_number += len(events)
        receiver.save(update_fields=["last_number"])
    Delivery.all_unrestricted.bulk_create(rows)
