"""A file on its way in: tried by one, applied by another, the same whether or not the worker is killed."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity
from kyc.models import Customer
from tests.conftest import SignInAs
from tests.work.bringing import ANA, GOOD, JONAS, MAPPING, applied, fresh, table, tried, uploaded
from work import files, intake, jobs
from work.actions import intake as actions
from work.models import Intake, Job
from work.targets import TARGETS

pytestmark = pytest.mark.django_db


class Dies(BaseException):
    """As if the process ended here."""


def many(count: int) -> bytes:
    return table(*((f"OLD-{number}", *ANA[1:]) for number in range(count)))


def test_a_file_is_tried_and_nothing_is_changed(officer: Actor, entity: LegalEntity) -> None:
    found = tried(officer, entity)
    assert (found.status, found.rows, found.wrong) == ("checked", 2, 0)
    assert (found.format, found.encoding, found.separator) == ("csv", "utf-8", ";")
    assert not Customer.all_unrestricted.exists()


def test_another_person_applies_it_and_one_entry_carries_count_and_digest(
    officer: Actor, mlro: Actor, entity: LegalEntity
) -> None:
    done = applied(officer, mlro, entity)
    assert (done.status, done.applied, done.application.counts["applied"]) == ("applied", 2, 2)  # type: ignore[union-attr]
    assert done.applied_digest == done.digest, "what was applied is what was tried"
    ana = Customer.all_unrestricted.get(reference="OLD-1")
    assert (ana.name, ana.residence, ana.brought_in, ana.opened_by) == ("Ana Example", "LT", done, mlro.label)
    entry = AuditEntry.all_unrestricted.get(action="kyc.import_customers")
    assert (entry.record_id, entry.actor) == (str(done.pk), mlro.label)


def test_who_uploaded_it_does_not_apply_it_not_even_by_sql(officer: Actor, entity: LegalEntity) -> None:
    intake = tried(officer, entity)
    with pytest.raises(NotPermitted) as refused:
        actions.apply_intake(intake, by=officer, reason="Mine.")
    assert refused.value.code == "same_person"
    with pytest.raises(DatabaseError), transaction.atomic():
        Intake.all_unrestricted.filter(pk=intake.pk).update(status="applying", applied_by=officer.person_id)


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-cmd", "+cmd|x", "\tx", " =1"])
def test_a_formula_is_refused_with_line_and_field(officer: Actor, entity: LegalEntity, text: str) -> None:
    found = tried(officer, entity, table(JONAS, ("OLD-9", text, *ANA[2:]), ANA))
    assert (found.wrong, found.errors) == (1, [[3, "given_names", "This begins like a formula."]])


@pytest.mark.parametrize("number", ["+370 600 12345", "-1", "+49 (30) 1234"])
def test_a_number_with_a_sign_is_no_formula(officer: Actor, entity: LegalEntity, number: str) -> None:
    assert tried(officer, entity, table((*ANA[:7], number))).wrong == 0


def test_every_error_is_told_with_its_line_and_field(officer: Actor, entity: LegalEntity) -> None:
    kyc_known = table(("OLD-0", *ANA[1:]))
    intake_of_before = tried(officer, entity, kyc_known)
    assert intake_of_before.wrong == 0
    content = table(
        ("", *ANA[1:]),
        ("OLD-3", "Ana", "Example", "31.01.1990", "Atlantis", "LT", "", ""),
        ANA,
        ANA,
        ("too", "short"),
    )
    found = tried(officer, entity, content)
    assert [(line, field) for line, field, _text in found.errors] == [
        (2, "reference"),
        (3, "birth_date"),
        (3, "residence"),
        (5, "reference"),
        (6, ""),
    ]
    assert (found.rows, found.wrong) == (5, 4)
    assert not any("Atlantis" in text for _line, _field, text in found.errors), "errors repeat no value"
    job = found.dry_run
    assert job
    with files.opened(job.result_file) as opened:
        listed = list(csv.reader(io.StringIO(opened.read().decode("utf-8-sig"))))
    assert listed[0] == ["line", "field", "error"]
    assert len(listed) == 6


def test_with_a_wrong_line_nothing_is_applied(officer: Actor, mlro: Actor, entity: LegalEntity) -> None:
    found = tried(officer, entity, table(ANA, ("", *JONAS[1:])))
    with pytest.raises(WrongState):
        actions.apply_intake(found, by=mlro, reason="Never mind.")
    assert not Customer.all_unrestricted.exists()


def test_what_became_wrong_since_it_was_tried_is_left_out_and_told(
    officer: Actor, mlro: Actor, entity: LegalEntity
) -> None:
    first, second = tried(officer, entity), tried(officer, entity, table(ANA))
    for each in (second, first):
        actions.apply_intake(each, by=mlro, reason="Reconciled.")
    jobs.work_off()
    assert (fresh(second).applied, fresh(first).applied) == (1, 1)
    job = fresh(first).application
    assert job
    assert job.counts == {"lines": 2, "applied": 1, "left_out": 1}
    assert job.result_file
    assert Customer.all_unrestricted.count() == 2


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "TOGETHER", 10)
    monkeypatch.setattr(intake, "KEPT_EVERY", 2)


def dying(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, at: int) -> None:
    """The call number `at` dies after it has done its work, before anything commits."""
    real, calls = getattr(where, name), []

    def call(*args: Any, **words: Any) -> Any:
        result = real(*args, **words)
        calls.append(1)
        if len(calls) == at:
            raise Dies
        return result

    monkeypatch.setattr(where, name, call)


def lapse() -> None:
    Job.all_unrestricted.live().update(lease_until=clock.now())


@pytest.mark.parametrize("at", range(1, 7))
def test_a_dry_run_that_was_killed_ends_like_one_that_was_not(
    officer: Actor, entity: LegalEntity, small_batches: None, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    rows = [(f"OLD-{number % 52}", *ANA[1:]) for number in range(55)]
    rows[33] = ("OLD-33", "=1", *ANA[2:])
    undisturbed = tried(officer, entity, table(*rows))
    killed = uploaded(officer, entity, table(*rows))
    actions.try_intake(killed, by=officer, mapping=MAPPING)
    dying(monkeypatch, intake, "_tried", at)
    with pytest.raises(Dies):
        jobs.work_off()
    lapse()
    jobs.work_off()
    again = fresh(killed)
    assert again.dry_run
    assert undisturbed.dry_run
    same = ("status", "rows", "wrong", "errors", "digest")
    assert [getattr(again, name) for name in same] == [getattr(undisturbed, name) for name in same]
    assert again.wrong == 4
    assert again.dry_run.result_sha256 == undisturbed.dry_run.result_sha256


@pytest.mark.parametrize("at", range(1, 5))
def test_applying_that_was_killed_ends_like_one_that_was_not(
    officer: Actor, mlro: Actor, entity: LegalEntity, small_batches: None, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    found = tried(officer, entity, many(35))
    actions.apply_intake(found, by=mlro, reason="Reconciled.")
    dying(monkeypatch, jobs.Run, "keep", at)
    with pytest.raises(Dies):
        jobs.work_off()
    assert Customer.all_unrestricted.count() == (at - 1) * 10, "a batch is there whole or not at all"
    lapse()
    jobs.work_off()
    again = fresh(found)
    assert (again.status, again.applied, again.applied_digest) == ("applied", 35, found.digest)
    assert Customer.all_unrestricted.count() == 35
    assert AuditEntry.all_unrestricted.filter(action="kyc.import_customers").count() == 4


def test_applying_that_was_cancelled_can_go_on(
    officer: Actor, mlro: Actor, entity: LegalEntity, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "OFTEN", 0.0)
    found = actions.apply_intake(tried(officer, entity, many(35)), by=mlro, reason="Reconciled.")
    real = jobs.Run.keep

    def keep(self: jobs.Run, *args: Any, **words: Any) -> None:
        real(self, *args, **words)
        if self.job.done == 0 and not self.job.cancel_asked_at:
            Job.all_unrestricted.filter(pk=self.job.pk).update(cancel_asked_at=clock.now())

    monkeypatch.setattr(jobs.Run, "keep", keep)
    jobs.work_off()
    assert fresh(found).handled == 10
    monkeypatch.setattr(jobs.Run, "keep", real)
    actions.apply_intake(fresh(found), by=mlro, reason="Go on.")
    jobs.work_off()
    assert (fresh(found).status, Customer.all_unrestricted.count()) == ("applied", 35)


def test_a_customer_of_the_former_system_applies_like_anybody(
    officer: Actor, mlro: Actor, entity: LegalEntity, reviewer: Actor
) -> None:
    applied(officer, mlro, entity)
    site = Actor("client", "00000000-0000-7000-8000-000000000001", "Site", officer.person_id, frozenset())
    object.__setattr__(site, "permissions", frozenset({"kyc.open_application", "kyc.view_own_intake"}))
    assert Customer.objects.visible_to(site).count() == 2
    assert Customer.objects.visible_to(officer).count() == 2
    assert Customer.objects.visible_to(reviewer).count() == 0, "reviewers see whom they review"


def test_the_columns_of_a_source_are_remembered(
    client: Client, signin_as: SignInAs, officer: Actor, entity: LegalEntity
) -> None:
    tried(officer, entity)
    signin_as(client, officer)
    page = client.get(f"/admin/work/intake/{uploaded(officer, entity).pk}/")
    assert {item["field"].name: item["chosen"] for item in page.context["fields"]} == MAPPING


def test_the_columns_that_are_called_like_fields_are_offered(officer: Actor) -> None:
    from work.targets import guessed

    found = guessed(TARGETS["kyc.customers"], ["Reference", "family-name", "BirthDate", "other"])
    assert found == {"reference": "Reference", "family_name": "family-name", "birth_date": "BirthDate"}


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({**MAPPING, "reference": ""}, "reference"),
        ({**MAPPING, "reference": "nowhere"}, "reference"),
        ({**MAPPING, "address": "Customer"}, "mapping"),
        ({**MAPPING, "salary": "Customer"}, "mapping"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(
    officer: Actor, entity: LegalEntity, mapping: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        actions.try_intake(uploaded(officer, entity), by=officer, mapping=mapping)
    assert refused.value.field == field


def test_what_cannot_be_read_is_no_intake_and_leaves_no_file(
    client: Client, signin_as: SignInAs, officer: Actor, entity: LegalEntity
) -> None:
    from tests.sweep import _files

    signin_as(client, officer)
    before = _files("")
    for content in (b"%PDF-1.7", b"", b"a;a\n1;2\n"):
        words = {
            "target": "kyc.customers",
            "entity": entity.pk,
            "source": "Old",
            "file": SimpleUploadedFile("x", content),
        }
        answer = client.post("/admin/work/intake/new/", words)
        assert answer.status_code == 422
    assert not Intake.all_unrestricted.exists()
    assert _files("") == before


def test_from_upload_to_result_by_hand(
    client: Client, signin_as: SignInAs, officer: Actor, mlro: Actor, entity: LegalEntity
) -> None:
    signin_as(client, officer)
    content = SimpleUploadedFile("customers.csv", GOOD)
    words = {"target": "kyc.customers", "entity": entity.pk, "source": "Old core", "file": content}
    page = client.post("/admin/work/intake/new/", words)["Location"]
    shown = client.get(page).content.decode()
    assert "CSV, utf-8, semicolon" in shown
    assert "Sample street 1" in shown
    client.post(f"{page}mapping/", {f"field-{name}": column for name, column in MAPPING.items()})
    assert "every 1s" in client.get(f"{page}progress/").content.decode()
    jobs.work_off()
    assert client.get(f"{page}progress/")["HX-Refresh"] == "true"
    assert "2</span> lines" in client.get(page).content.decode()
    other = Client()
    signin_as(other, mlro)
    assert other.post(f"{page}do/apply_intake/", {"reason": "Reconciled."}).status_code == 302
    jobs.work_off()
    link = f"/admin/kyc/customer/?intake={Intake.all_unrestricted.get().pk}"
    assert link in other.get(page).content.decode()
    assert "OLD-1" in other.get(link).content.decode()


def test_an_upload_needs_its_token(signin_as: SignInAs, officer: Actor, entity: LegalEntity) -> None:
    strict = Client(enforce_csrf_checks=True)
    signin_as(strict, officer)
    words = {"target": "kyc.customers", "entity": entity.pk, "source": "Old", "file": SimpleUploadedFile("x.csv", GOOD)}
    assert strict.post("/admin/work/intake/new/", words).status_code == 403
    assert not Intake.all_unrestricted.exists()


def test_an_upload_lies_on_no_disk_in_the_clear(officer: Actor, entity: LegalEntity) -> None:
    from work.uploads import SealedUpload

    upload = SealedUpload("customers.csv")
    for start in range(0, len(GOOD), 50):
        upload.add(GOOD[start : start + 50])
    assert b"".join(upload.chunks()) == GOOD
    upload.file.seek(0)  # type: ignore[union-attr]
    assert b"Example" not in upload.file.read()  # type: ignore[union-attr]
    upload.close()


def test_a_list_of_intakes_costs_the_same_queries_however_long(
    client: Client, signin_as: SignInAs, officer: Actor, entity: LegalEntity, django_assert_max_num_queries: Any
) -> None:
    signin_as(client, officer)
    for _each in range(4):
        tried(officer, entity)
    client.get("/admin/work/intake/")
    with django_assert_max_num_queries(9):
        assert client.get("/admin/work/intake/").status_code == 200


def test_who_may_bring_nothing_in_sees_no_intake(
    officer: Actor, reviewer: Actor, auditor: Actor, entity: LegalEntity, client: Client, signin_as: SignInAs
) -> None:
    found = uploaded(officer, entity)
    assert not Intake.objects.visible_to(reviewer).exists()
    with pytest.raises(RuleError):
        uploaded(reviewer, entity)
    signin_as(client, auditor)
    assert "Sample street 1" not in client.get(f"/admin/work/intake/{found.pk}/").content.decode()


def test_another_encoding_is_chosen_by_hand(officer: Actor, entity: LegalEntity) -> None:
    content = table(("OLD-1", "José", *ANA[2:])).decode().encode("cp1252")
    intake = uploaded(officer, entity, content)
    assert intake.encoding == "cp1252"
    read = actions.reshape_intake(intake, by=officer, encoding="iso-8859-1", separator=";")
    assert (read.encoding, read.preview[0][1]) == ("iso-8859-1", "José")


def test_the_api_tells_and_tries_and_applies(
    api: Callable[[Actor], Client], officer: Actor, mlro: Actor, entity: LegalEntity
) -> None:
    address = f"/api/v1/work/intakes/{uploaded(officer, entity).pk}"
    by = api(officer)
    assert by.post(f"{address}/try_lines", {"mapping": {"x": "y"}}, "application/json").status_code == 422
    assert by.post(f"{address}/try_lines", {"mapping": MAPPING}, "application/json").status_code == 200
    jobs.work_off()
    assert by.get(address).json()["rows"] == 2
    assert by.post(f"{address}/apply", {"reason": "Mine."}, "application/json").status_code == 403
    assert api(mlro).post(f"{address}/apply", {"reason": "Reconciled."}, "application/json").status_code == 200
    jobs.work_off()
    assert by.get(address).json()["applied"] == 2
