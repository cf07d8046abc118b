"""Demonstration people who are enrolled already."""

from base import clock
from controls.actor import Actor
from controls.models.factors import Authenticator, RecoverySheet
from controls.models.people import Person
from controls.signin.actions import (
    confirm_recovery_codes,
    enrol_authenticator,
    new_key,
    new_recovery_codes,
    sign_in,
    sign_out,
)


def enrol_for_demo(person: Person) -> None:
    """The password the person was given stays. Runs what the pages run, so that `manage.py otp` and the sign-in page
    work for this person at once. The code of the step in which this ran is good once more: nobody has used it."""
    person.password_is_temporary = False
    person.save(update_fields=["password_is_temporary"])
    by = Actor.of(person, confirmed_at=clock.now())
    key = new_key()
    enrolled = enrol_authenticator(person, by=by, key=key, code=Authenticator(user=person, key=key).code())
    codes = new_recovery_codes(person, by=by)
    sheet = RecoverySheet.all_unrestricted.of(person).get(confirmed=False, removed_at=None)
    confirm_recovery_codes(sheet, by=by, code=codes[0])
    sign_out(sign_in(person, by=by, address="127.0.0.1", browser=""), by=by)
    Authenticator.all_unrestricted.filter(pk=enrolled.pk).update(last_step=-1)
