"""Telling people: a row for each who may see what it is about, looked at again whenever it is shown or mailed.

That somebody has read a notice is nobody's business but theirs: it leaves no entry."""

from collections.abc import Iterable
from datetime import time

from django.apps import apps
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid
from controls.actions import action
from controls.actor import Actor
from controls.models import Person
from outbox import mails
from work import quiet
from work.models import Notice, NoticeChoice, Task

MAIL = "work.notices"


def tell(task: Task, what: str, people: Iterable[Person]) -> None:
    """In the transaction of what it tells of; twice is once."""
    label, key = (task.record_model, task.record_id) if task.record_model else (task._meta.label_lower, task.pk)
    model = apps.get_model(label)
    for person in people:
        reader = Actor.of(person)
        if task.raised_by == reader.label:
            continue
        if model.objects.visible_to(reader).filter(pk=key).exists():
            words = {"what": what.partition(":")[0], "record_model": label, "record_id": key, "task": task}
            Notice.all_unrestricted.get_or_create(person=person, key=f"task:{task.pk}:{what}", defaults=words)
            NoticeChoice.all_unrestricted.get_or_create(person=person)


def mark_read(actor: Actor, notices: Iterable[Notice] | None = None) -> int:
    rows = Notice.objects.visible_to(actor).unread()
    if notices is not None:
        rows = rows.filter(pk__in=[each.pk for each in notices])
    count: int = rows.update(read_at=clock.now())
    return count


@action("work.own_notices")
def choose_notices(
    *, by: Actor, cadence: str, quiet_from: time | None = None, quiet_to: time | None = None
) -> NoticeChoice:
    """How I want mail. Hours are those of my zone."""
    if cadence not in NoticeChoice.Cadence.values:
        raise Invalid(_("Choose how often."), field="cadence")
    if (quiet_from is None) != (quiet_to is None) or (quiet_from is not None and quiet_from == quiet_to):
        raise Invalid(_("Quiet hours have a beginning and another end."), field="quiet_to")
    assert by.person_id is not None, "a person's own"
    person = Person.all_unrestricted.get(pk=by.person_id)
    choice, _made = NoticeChoice.all_unrestricted.get_or_create(person=person)
    choice.cadence, choice.quiet_from, choice.quiet_to = cadence, quiet_from, quiet_to
    choice.save(update_fields=["cadence", "quiet_from", "quiet_to"])
    return choice


def wish(choice: NoticeChoice) -> quiet.Wish:
    return quiet.Wish(choice.cadence, choice.person.zone, choice.quiet_from, choice.quiet_to)


def _due(choice: NoticeChoice, by: Actor) -> str | None:
    return None if quiet.is_due(wish(choice), choice.mailed_at, clock.now()) else _("It is not their time for mail.")


@action("work.mail_notices", when=_due)
def mail_notices(choice: NoticeChoice, *, by: Actor) -> NoticeChoice:
    """One mail with how many wait, and a link. What the person has read or may not see any more is not counted."""
    waiting = Notice.all_unrestricted.to_mail().filter(person=choice.person)
    reader = Actor.of(choice.person)
    count = Notice.objects.visible_to(reader).to_mail().unread().count()
    waiting.update(mailed_at=clock.now())
    if count and choice.person.is_active and choice.person.email:
        choice.mailed_at = clock.now()
        choice.save(update_fields=["mailed_at"])
        mails.mail(choice.person, MAIL, count=count)
    return choice
