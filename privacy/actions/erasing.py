"""Erasure, in two steps that a crash may part: the rows in one transaction with the certificate, then the files, then
the line in the log that a restored backup replays."""

from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from base import clock
from base.errors import WrongState
from controls import shredding
from controls.actions import action
from controls.actor import Actor
from outbox.models import Event
from privacy import keepings, log
from privacy.models import Certificate, Hold, Subject
from privacy.models.subjects import Status
from work.actions.jobs import forget_result


def _erasable(subject: Subject, by: Actor) -> str | None:
    if not subject.may_move_to(Status.ERASING):
        return _("This is %(status)s.") % {"status": subject.get_status_display()}
    if subject.retain_until is None or subject.retain_until >= clock.today():
        return _("The law still asks to keep this.")
    return None


@action("privacy.erase", when=_erasable)
def erase(subject: Subject, *, by: Actor) -> Certificate:
    """The time is over. Asked once more under the lock: whether they came back, whether somebody holds them."""
    if Hold.all_unrestricted.in_force().filter(subject=subject).exists():
        raise WrongState(_("A legal hold keeps this."), code="held")
    found = _locked(subject)
    until = keepings.time_of(found)[0] if found else subject.retain_until
    if until is None or until >= clock.today():
        raise WrongState(_("The law still asks to keep this."))
    return _empty(subject, Certificate.Rule.DUE, found, until)


@action("privacy.replay")
def replay(*, by: Actor, model: str, person: UUID) -> Certificate:
    """Was erased after the backup was taken that brought it back: the log says so, and no time is asked for."""
    subject, _made = Subject.all_unrestricted.select_for_update(no_key=True).get_or_create(
        model=model, person=person, defaults={"country": "", "policy": ""}
    )
    found = _locked(subject)
    if not subject.may_move_to(Status.ERASING):
        raise WrongState(_("This is %(status)s.") % {"status": subject.get_status_display()})
    return _empty(subject, Certificate.Rule.REPLAYED, found, subject.retain_until)


def _locked(subject: Subject) -> keepings.Whole | None:
    """What is kept, as it will stay until commit."""
    for keeping in keepings.of(subject.model):
        keeping.lock(str(subject.person))
    return keepings.kept(subject.model, str(subject.person))


def _empty(subject: Subject, rule: str, found: keepings.Whole | None, until: Any) -> Certificate:
    """The certificate first: the database empties evidence only where one stands."""
    whole = keepings.with_own(subject, found)
    certificate = Certificate.all_unrestricted.create(
        subject=subject,
        model=subject.model,
        person=subject.person,
        rule=rule,
        policy=subject.policy,
        retained_until=until,
        counts=whole.counts() | {"audited_values": shredding.count(whole.rows, whole.words)},
        digest=whole.digest(),
    )
    _empty_own(subject)
    for keeping in keepings.of(subject.model):
        keeping.erase(str(subject.person))
    shredding.shred(whole.rows, whole.words)
    subject.move_to(Status.ERASING)
    subject.erased_at, subject.leftover = certificate.at, list(whole.files)
    subject.save(update_fields=["status", "erased_at", "leftover"])
    return certificate


def _empty_own(subject: Subject) -> None:
    """What was told of them, why they were held, and bundles that were made for them."""
    Event.objects.filter(about=subject.person).update(payload=None)
    keepings.relations_to(subject).update(reference=None, words=None)
    for hold in subject.holds.all():
        hold.words = ""
        hold.save(update_fields=["words"])
    for request in subject.access_requests.select_related("job"):
        if request.job.is_live:
            raise WrongState(_("A bundle for them is being made."), code="bundle_under_way")
        forget_result(request.job)


def _leftover(subject: Subject, by: Actor) -> str | None:
    if subject.status != Status.ERASING:
        return _("This is %(status)s.") % {"status": subject.get_status_display()}
    return None


@action("privacy.erase", when=_leftover)
def finish_erasure(subject: Subject, *, by: Actor) -> Subject:
    """The files, which no row names any more, then the line in the log. Killed in between, it is done again: a file
    that is gone is gone, and a second line says the same."""
    for name in subject.leftover:
        default_storage.delete(name)
    log.note(subject.model, subject.person, subject.certificate)
    subject.move_to(Status.ERASED)
    subject.leftover = []
    subject.save(update_fields=["status", "leftover"])
    return subject
