"""Customers whose relationship has ended, and whose time is over."""

from datetime import timedelta
from typing import Any

from base import clock
from controls.actor import Actor
from controls.models import LegalEntity
from kyc import actions as kyc
from kyc.models import Application
from privacy import actions
from privacy.models import Subject
from tests.kyc import making

ERASURE = Actor.job("privacy.erasure")
LONG_AGO = timedelta(days=366 * 12)


def ended(entity: LegalEntity, **details: Any) -> Application:
    application = making.submitted(entity, **details)
    done: Application = kyc.withdraw(application, by=making.intake_of(application), reason="Found another.")
    return done


def tracked(application: Application) -> Subject:
    subject: Subject = actions.track(by=ERASURE, model="kyc.customer", person=application.customer_id)
    return subject


def due(application: Application) -> Subject:
    """As if it had ended long ago."""
    subject = tracked(application)
    make_due(subject)
    return Subject.all_unrestricted.get(pk=subject.pk)


def make_due(subject: Subject) -> None:
    before = clock.now() - LONG_AGO
    Application.all_unrestricted.filter(customer=subject.person).update(decided_at=before)
    actions.track(by=ERASURE, model=subject.model, person=subject.person)
