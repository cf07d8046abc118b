"""The API as an exchange's program and as staff see it."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from controls.actor import Actor
from controls.models import LegalEntity
from kyc import actions
from kyc.models import Application, Customer, Document, Picture
from tests.kyc import making

APPLICATIONS = "/api/v1/kyc/applications"
JSON = "application/json"
TYPED = {
    "reference": "X-1",
    "given_names": "Ana Maria",
    "family_name": "Example",
    "birth_date": "1990-08-12",
    "residence": "LTU",
    "nationality": "ES",
    "document_number": "L898902C3",
    "address": "Made-up street 1, Vilnius",
}
Api = Callable[[Actor], Client]


@pytest.fixture
def program(entity: LegalEntity, with_key: Callable[..., Client]) -> Client:
    return with_key("applicant_intake")


def picture(colour: str = "white", form: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (800, 600), colour).save(out, form)
    return out.getvalue()


def opened(program: Client, **typed: Any) -> str:
    answer = program.post(APPLICATIONS, TYPED | typed, JSON)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def send(program: Client, key: str, kind: str, data: bytes, name: str = "picture.jpg", side: str = "front") -> Any:
    body = {"kind": kind, "side": side, "file": SimpleUploadedFile(name, data)}
    return program.post(f"{APPLICATIONS}/{key}/upload", body)


def files() -> int:
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def test_an_applicant_is_created_uploads_and_hands_in(program: Client) -> None:
    key = opened(program)
    guidance = program.get(f"{APPLICATIONS}/{key}").json()["guidance"]
    assert [(each["kind"], each["side"]) for each in guidance["missing"]] == [
        ("passport", "front"),
        ("selfie", "front"),
    ]
    assert send(program, key, "passport", picture()).status_code == 200
    assert send(program, key, "selfie", picture("grey", "PNG"), "me.png").status_code == 200
    answer = program.post(f"{APPLICATIONS}/{key}/submit", {}, JSON)
    assert (answer.status_code, answer.json()["guidance"]["status"]) == (200, "awaiting_checks")
    assert Application.all_unrestricted.get(pk=key).checks.waiting().count() == 5


def test_countries_are_kept_as_iso_codes(program: Client) -> None:
    key = opened(program)
    customer = Customer.all_unrestricted.get(applications__pk=key)
    assert (customer.residence, customer.nationality) == ("LT", "ES")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("residence", "Atlantis"),
        ("nationality", "ZZ"),
        ("birth_date", "2999-01-01"),
        ("birth_date", "yesterday"),
        ("family_name", " "),
        ("document_number", "X" * 31),
        ("reference", ""),
        ("given_names", 7 * [1]),
    ],
)
def test_a_bad_input_is_named_and_nothing_is_written(program: Client, field: str, value: object) -> None:
    answer = program.post(APPLICATIONS, TYPED | {field: value}, JSON)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert not Customer.all_unrestricted.exists()


def test_a_reference_is_given_once(program: Client) -> None:
    opened(program)
    answer = program.post(APPLICATIONS, TYPED, JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "application_open")
    assert answer.json()["errors"][0]["field"] == "reference"


def test_after_withdrawing_they_apply_again_under_the_same_reference(program: Client) -> None:
    first = opened(program)
    program.post(f"{APPLICATIONS}/{first}/withdraw", {}, JSON)
    headers = {"Idempotency-Key": "again-1"}
    answers = [program.post(APPLICATIONS, TYPED, JSON, headers=headers) for _each in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"] != first
    assert Customer.all_unrestricted.count() == 1


def test_what_is_no_picture_is_refused_and_leaves_no_file(program: Client) -> None:
    key, before = opened(program), files()
    answer = send(program, key, "passport", b"<html><script>alert(1)</script></html>")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")
    assert files() == before
    assert not Document.all_unrestricted.exists()


def test_a_refused_upload_takes_its_files_back(program: Client) -> None:
    key, before = opened(program), files()
    answer = send(program, key, "passport", picture(), side="back")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "side")
    assert files() == before


def test_a_storage_that_fails_half_way_keeps_nothing(program: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from kyc import files as kept
    from tests.kyc.making import intake_of

    application = Application.all_unrestricted.get(pk=opened(program))
    before, keep = files(), kept.keep

    def full(data: bytes, ending: str = "bin") -> kept.Kept:
        if ending == "jpg":
            raise OSError("no space left")
        return keep(data, ending)

    monkeypatch.setattr(kept, "keep", full)
    file = actions.Upload.of("me.jpg", picture())
    with pytest.raises(OSError, match="no space"):
        actions.upload(application, by=intake_of(application), kind="selfie", side="front", file=file)
    assert files() == before


def test_the_same_bytes_again_are_the_same_document(program: Client) -> None:
    key = opened(program)
    first, before = send(program, key, "passport", picture()), files()
    again = send(program, key, "passport", picture())
    assert first.json()["id"] == again.json()["id"]
    assert (Document.all_unrestricted.count(), files()) == (1, before)


def test_another_picture_replaces_the_first_and_keeps_it(program: Client) -> None:
    key = opened(program)
    send(program, key, "passport", picture())
    send(program, key, "passport", picture("grey"))
    assert Document.all_unrestricted.filter(replaced_at=None).count() == 1
    assert Document.all_unrestricted.count() == 2


def test_another_kind_of_document_replaces_the_whole_first(program: Client) -> None:
    key = opened(program)
    send(program, key, "passport", picture())
    send(program, key, "identity_card", picture("grey"))
    missing = program.get(f"{APPLICATIONS}/{key}").json()["guidance"]["missing"]
    assert ("identity_card", "back") in [(each["kind"], each["side"]) for each in missing]
    assert Document.all_unrestricted.get(replaced_at=None).kind == "identity_card"


def test_what_is_served_is_rebuilt_and_the_original_is_kept(program: Client) -> None:
    from kyc import files as stored

    data = picture()
    marked = data[:2] + b"\xff\xfe\x00\x0d<?php 1; ?>" + data[2:]
    send(program, opened(program), "passport", marked)
    page, document = Picture.all_unrestricted.get(), Document.all_unrestricted.get()
    assert b"php" not in stored.read(page.file)
    assert stored.read(document.original_file) == marked


def test_handing_in_too_early_names_what_is_missing(program: Client) -> None:
    key = opened(program)
    send(program, key, "passport", picture())
    answer = program.post(f"{APPLICATIONS}/{key}/submit", {}, JSON)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "documents")
    assert "selfie" in answer.json()["detail"]


def test_the_applicant_reads_why_a_picture_is_asked_for_and_nothing_more(
    entity: LegalEntity, program: Client, reviewer: Actor
) -> None:
    application = making.claimed(entity, reviewer)
    actions.ask(
        application,
        by=reviewer,
        code="face_not_visible",
        reason="Suspects a mask.",
        wanted=[{"kind": "selfie", "side": "front"}],
        seen=making.seen(application),
    )
    Application.all_unrestricted.filter(pk=application.pk).update(opened_by=_label(program))
    told = program.get(f"{APPLICATIONS}/{application.pk}")
    assert told.json()["guidance"]["text"].startswith("Your face is not clearly visible")
    assert told.json()["review"] is None
    assert "mask" not in told.content.decode()


def test_a_program_cannot_learn_of_risk_or_review_by_filtering(program: Client) -> None:
    opened(program)
    for asked in ("status=awaiting_second", "risk_band=high"):
        assert program.get(f"{APPLICATIONS}?{asked}").status_code == 422
    assert len(program.get(f"{APPLICATIONS}?reference=X-1").json()["results"]) == 1


def test_a_program_does_not_see_decisions_and_their_codes(
    entity: LegalEntity, program: Client, reviewer: Actor
) -> None:
    application = making.claimed(entity, reviewer)
    seen = making.seen(application)
    actions.reject(application, by=reviewer, code="document_forged", reason="Glue.", seen=seen)
    Application.all_unrestricted.filter(pk=application.pk).update(opened_by=_label(program))
    assert "document_forged" not in program.get("/api/v1/kyc/decisions").content.decode()


def _label(program: Client) -> str:
    from controls.models import ApiClient

    return f"client:{ApiClient.all_unrestricted.exclude(name__startswith='intake').get().pk}"


def test_the_intake_of_others_does_not_exist(entity: LegalEntity, program: Client) -> None:
    application = making.collected(entity)
    answers = [
        program.get(f"{APPLICATIONS}/{application.pk}"),
        send(program, str(application.pk), "selfie", picture()),
        program.post(f"{APPLICATIONS}/{application.pk}/submit", {}, JSON),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert program.get(APPLICATIONS).json()["results"] == []


def test_a_program_decides_nothing(program: Client) -> None:
    key = opened(program)
    decision = {"code": "all_in_order", "reason": "Fine."}
    for verb, body in (("approve", decision), ("reject", decision), ("claim", {})):
        assert program.post(f"{APPLICATIONS}/{key}/{verb}", body, JSON).status_code == 403


def test_a_reviewer_takes_the_next_and_approves(entity: LegalEntity, api: Api, reviewer: Actor) -> None:
    making.checked(entity)
    staff = api(reviewer)
    taken = staff.post(f"{APPLICATIONS}/claim_next", {}, JSON).json()
    assert {"approve", "ask", "reject", "release_claim"} <= set(taken["available_actions"])
    body = {"code": "all_in_order", "reason": "Fine.", "seen": taken["review"]["seen"]}
    answer = staff.post(f"{APPLICATIONS}/{taken['id']}/approve", body, JSON)
    assert (answer.status_code, answer.json()["status"]) == (200, "awaiting_screening")


@pytest.mark.parametrize("verb", ["approve", "reject", "ask", "approve_second", "send_back"])
def test_a_decision_names_what_was_seen(entity: LegalEntity, api: Api, reviewer: Actor, mlro: Actor, verb: str) -> None:
    second = verb in ("approve_second", "send_back")
    by = mlro if second else reviewer
    waiting = making.awaiting_second(entity, reviewer) if second else making.checked(entity)
    application = actions.claim(waiting, by=by)
    body: dict[str, Any] = {"code": "unreadable", "reason": "Fine."}
    if verb == "ask":
        body["wanted"] = [{"kind": "selfie", "side": "front"}]
    for unseen in ({}, {"seen": ""}):
        answer = api(by).post(f"{APPLICATIONS}/{application.pk}/{verb}", body | unseen, JSON)
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["seen"])
    assert making.fresh(application).status == application.status


def test_nothing_waits_is_204(entity: LegalEntity, api: Api, reviewer: Actor) -> None:
    assert api(reviewer).post(f"{APPLICATIONS}/claim_next", {}, JSON).status_code == 204


def test_an_auditor_reads_and_may_nothing(entity: LegalEntity, api: Api, auditor: Actor) -> None:
    application = making.checked(entity)
    answer = api(auditor).get(f"{APPLICATIONS}/{application.pk}")
    assert (answer.status_code, answer.json()["available_actions"]) == (200, [])
    assert api(auditor).post(f"{APPLICATIONS}/{application.pk}/claim", {}, JSON).status_code == 403


def test_somebody_without_a_role_finds_nothing(entity: LegalEntity, api: Api, stranger: Actor) -> None:
    application = making.checked(entity)
    assert api(stranger).get(f"{APPLICATIONS}/{application.pk}").status_code == 404
    assert api(stranger).get(APPLICATIONS).json()["results"] == []
