"""Somebody who examines: given by two, as the actions leave it."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from base import clock
from controls import approvals
from controls.actor import Actor
from controls.models import Examination, Person, Proposal
from kyc import files
from kyc.models import Application, Picture
from tests.people import come_in

BOTH = ["kyc.application", "kyc.document"]


def row(who: Actor) -> Person:
    return Person.all_unrestricted.get(pk=str(who.person_id))


def proposed(who: Actor, by: Actor, **words: Any) -> Proposal:
    """From today, for three days, of everything opened from yesterday to tomorrow."""
    today, day = clock.today(), timedelta(days=1)
    given = {
        "kind": "supervisory_examiner",
        "firm": "Authority & Sons",
        "purpose": "Inspection 7.",
        "records": BOTH,
        "entity": None,
        "records_from": today - day,
        "records_to": today + day,
        "listed": "",
        "first_day": today,
        "last_day": today + 2 * day,
        **words,
    }
    come_in(row(who))
    made: Proposal = approvals.propose(
        by=by, name="controls.grant_examination", record=row(who), arguments=given, reason="Letter of 1 November."
    )
    return made


def examination(who: Actor, by: Actor, agrees: Actor, **words: Any) -> Examination:
    """Proposed and agreed."""
    approvals.decide(proposed(who, by, **words), by=agrees, agrees=True, reason="As announced.")
    found: Examination = Examination.all_unrestricted.latest("number")
    return found


def drawn(application: Application) -> Picture:
    """A picture of it that is one."""
    picture = Picture.all_unrestricted.filter(document__application=application).first()
    assert picture is not None
    out = BytesIO()
    Image.new("RGB", (900, 600), (120, 120, 120)).save(out, "JPEG")
    other = files.keep(out.getvalue(), "jpg")
    return Picture.all_unrestricted.create(
        document=picture.document,
        page=9,
        file=other.file,
        sha256=other.sha256,
        content_type="image/jpeg",
        width=900,
        height=600,
    )
