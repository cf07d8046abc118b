"""The only way a picture reaches a browser: asked for by its random name, allowed, and noted."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from base.errors import NotFound, NotPermitted
from base.requests import FILE_HEADERS
from controls import examinations
from controls.actor import Actor
from kyc import actions, files, marking
from kyc.models import Picture

ENDINGS = {"image/jpeg": "jpg", "image/png": "png"}


@require_GET
def picture(request: HttpRequest, key: UUID) -> HttpResponse:
    """The copy that was rebuilt from pixels. One that is not there and one the reader may not know of look the same."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = Picture.objects.visible_to(actor).filter(pk=key).first()
    if found is None or found.file is None:
        raise Http404
    if actor.examines:  # carries no action out: the look is noted with every other of theirs (controls.examined)
        shown = _marked(found, actor)
    else:
        _note(found, actor)
        shown = files.read(found.file)
    response = HttpResponse(shown, content_type=found.content_type, headers=FILE_HEADERS)
    response["Content-Disposition"] = f'attachment; filename="picture.{ENDINGS[found.content_type]}"'
    return response


def _note(found: Picture, actor: Actor) -> None:
    try:
        actions.view_picture(found, by=actor)
    except NotFound as gone:
        raise Http404 from gone
    except NotPermitted as refused:
        raise PermissionDenied(refused.text) from refused


def _marked(found: Picture, actor: Actor) -> bytes:
    """With the name of its reader in the pixels: the copy may leave with them."""
    grant = examinations.of(actor)
    if grant is None or found.file is None:
        raise Http404
    return marking.marked(files.read(found.file), examinations.mark(grant), found.content_type)
