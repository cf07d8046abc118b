"""Looking at a picture is an event: who saw which, when."""

from controls.actions import action
from controls.actor import Actor
from kyc.models import Picture


@action("kyc.view_document")
def view_picture(picture: Picture, *, by: Actor) -> Picture:
    """Changes nothing; its entry says that the picture was looked at."""
    return picture
