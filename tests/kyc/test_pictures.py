"""Looking at a picture: allowed, noted, and harmless to the browser."""

from collections.abc import Callable
from uuid import uuid4

from django.test import Client

from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity
from kyc.models import Picture
from tests.kyc import making

Api = Callable[[Actor], Client]


def address(key: object) -> str:
    return f"/admin/kyc/picture/{key}/"


def a_picture(entity: LegalEntity) -> Picture:
    application = making.checked(entity)
    found: Picture = Picture.all_unrestricted.get(document__application=application, document__kind="passport")
    return found


def test_it_comes_as_an_attachment_that_nobody_may_sniff_or_keep(
    entity: LegalEntity, reviewer: Actor, api: Api
) -> None:
    answer = api(reviewer).get(address(a_picture(entity).pk))
    assert (answer.status_code, answer.content) == (200, b"passport rebuilt")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == 'attachment; filename="picture.jpg"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_each_look_leaves_an_entry(entity: LegalEntity, reviewer: Actor, api: Api) -> None:
    picture = a_picture(entity)
    api(reviewer).get(address(picture.pk))
    entry = AuditEntry.all_unrestricted.get(action="kyc.view_picture")
    assert (entry.record_id, entry.actor) == (str(picture.pk), reviewer.label)


def test_one_that_may_not_be_known_looks_like_none(entity: LegalEntity, stranger: Actor, api: Api) -> None:
    picture, browser = a_picture(entity), api(stranger)
    hidden, none = browser.get(address(picture.pk)), browser.get(address(uuid4()))
    assert (hidden.status_code, none.status_code) == (404, 404)
    assert hidden.content == none.content
    assert not AuditEntry.all_unrestricted.filter(action="kyc.view_picture").exists()


def test_nobody_sees_it_without_signing_in(entity: LegalEntity, client: Client) -> None:
    answer = client.get(address(a_picture(entity).pk))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")
