"""How a list leaves: with a purpose, in three formats, as a job when it is long, agreed by another when it is many."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from base import clock, exporting
from base.export import FORMATS, About, as_xlsx
from controls import approvals, staff, timeline
from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity, Proposal, RoleGrant
from tests import people
from tests.conftest import Make, SignInAs
from tests.exports import table_of
from tests.work.bringing import ANA, applied, table
from work import exports, files, jobs
from work.models import Job

pytestmark = pytest.mark.django_db
LIST = "/admin/kyc/customer/"
PURPOSE = {"purpose": "Quarterly review by the board", "format": "csv"}


@pytest.fixture
def customers(officer: Actor, mlro: Actor, entity: LegalEntity) -> int:
    applied(officer, mlro, entity, table(*((f"OLD-{number}", *ANA[1:]) for number in range(7))))
    return 7


@pytest.fixture
def at_work(client: Client, signin_as: SignInAs, officer: Actor) -> Client:
    signin_as(client, officer)
    return client


def test_what_for_is_asked_first_and_nothing_leaves_without_it(at_work: Client, customers: int) -> None:
    assert "7</span> rows leave" in at_work.get(f"{LIST}export/").content.decode()
    refused = at_work.post(f"{LIST}export/", {"purpose": "  ", "format": "csv"})
    assert refused.status_code == 422
    assert "Say what it is for." in refused.content.decode()
    assert not AuditEntry.all_unrestricted.filter(action="controls.export").exists()


def test_the_file_says_who_took_it_when_in_which_zone_and_what_for(at_work: Client, customers: int) -> None:
    answer = at_work.post(f"{LIST}export/?residence=LT", PURPOSE)
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    said = dict(line for line in lines[:6])
    assert said["Exported by"] == "Carla Compliance"
    assert said["Purpose"] == PURPOSE["purpose"]
    assert said["Filter"] == "residence=LT"
    assert said["Rows"] == "7"
    assert said["Exported at"].endswith(" UTC")
    assert "customers" in answer["Content-Disposition"]
    assert f"{clock.now():%Y-%m-%d}" in answer["Content-Disposition"]
    assert "UTC" in answer["Content-Disposition"]
    assert not [cell for line in lines for cell in line if "." in cell and ":" in cell], "no microseconds"


def test_the_entry_holds_purpose_filter_count_and_digest(at_work: Client, customers: int, auditor: Actor) -> None:
    at_work.post(f"{LIST}export/?residence=LT", PURPOSE)
    entry = AuditEntry.all_unrestricted.get(action="controls.export")
    assert json.loads(entry.content)["facts"]["rows"] == 7
    (said,) = timeline.sentences([entry], auditor)
    assert {line.field: line.new for line in said.lines} == {
        "purpose": PURPOSE["purpose"],
        "filter": "residence=LT",
    }


def test_the_same_rows_in_every_format(at_work: Client, customers: int) -> None:
    found = {}
    for kind in FORMATS:
        body = at_work.post(f"{LIST}export/", {**PURPOSE, "format": kind}).content
        if kind == "csv":
            found[kind] = [list(row.values()) for row in table_of(body)]
        elif kind == "json":
            found[kind] = [list(row.values()) for row in json.loads(body)["rows"]]
        else:
            found[kind] = [list(row) for row in load_workbook(io.BytesIO(body))["Rows"].values][1:]
    assert found["csv"] == found["json"] == found["xlsx"]
    assert len(found["csv"]) == 7


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_a_formula_is_text_in_a_workbook_too(cell: str) -> None:
    about = About("List", "Ana Example", datetime(2026, 1, 1, tzinfo=UTC), "test", "", 1)
    book = load_workbook(io.BytesIO(b"".join(as_xlsx(about, ["=x"], [[cell]]))))
    assert {found.data_type for row in book["Rows"].iter_rows() for found in row} <= {"s", "inlineStr"}
    assert book["Rows"]["A2"].value == "'" + cell
    assert dict(book["About"].values)["Exported by"] == "Ana Example"


def test_a_workbook_costs_no_memory_by_its_length() -> None:
    about = About("List", "Ana Example", datetime(2026, 1, 1, tzinfo=UTC), "test", "", 1)
    pieces = list(as_xlsx(about, ["a", "b"], ([number, f"<text & {number}>"] for number in range(50_000))))
    assert max(len(piece) for piece in pieces) < sum(len(piece) for piece in pieces) / 10
    sheet = load_workbook(io.BytesIO(b"".join(pieces)), read_only=True)["Rows"]
    assert list(sheet.values)[-1] == (49_999, "<text & 49999>")


def test_a_long_list_becomes_a_job_with_the_same_rows(
    at_work: Client, customers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = table_of(at_work.post(f"{LIST}export/?o=1", PURPOSE).content)
    monkeypatch.setattr(exporting, "AT_ONCE", 3)
    monkeypatch.setattr(exports, "PART", 2)
    link = at_work.post(f"{LIST}export/?o=1", PURPOSE)["Location"]
    jobs.work_off()
    job = Job.all_unrestricted.get(kind="work.export")
    assert link == f"/admin/work/job/{job.pk}/"
    assert job.counts == {"rows": 7}
    assert job.result_name.startswith("customers ")
    with files.opened(job.result_file) as opened:
        assert table_of(opened.read()) == at_once
    assert AuditEntry.all_unrestricted.filter(action="controls.export").count() == 2


class Dies(BaseException):
    """As if the process ended here."""


@pytest.mark.parametrize("at", [1, 2, 4, 5])
def test_an_export_that_was_killed_holds_the_same_rows(
    at_work: Client, customers: int, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    at_once = table_of(at_work.post(f"{LIST}export/", PURPOSE).content)
    monkeypatch.setattr(exporting, "AT_ONCE", 3)
    monkeypatch.setattr(exports, "PART", 2)
    at_work.post(f"{LIST}export/", PURPOSE)
    real, calls = jobs.Run.keep, []

    def keep(self: Any, *args: Any, **words: Any) -> None:
        calls.append(1)
        if len(calls) == at:
            raise Dies
        real(self, *args, **words)

    monkeypatch.setattr(jobs.Run, "keep", keep)
    with pytest.raises(Dies):
        jobs.work_off()
    Job.all_unrestricted.live().update(lease_until=clock.now())
    jobs.work_off()
    job = Job.all_unrestricted.get(kind="work.export")
    with files.opened(job.result_file) as opened:
        assert table_of(opened.read()) == at_once


def test_many_customers_leave_when_another_person_agrees(
    at_work: Client,
    customers: int,
    officer: Actor,
    mlro: Actor,
    api: Callable[[Actor], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "CUSTOMERS_ALONE", 5)
    assert "another person agrees" in at_work.get(f"{LIST}export/").content.decode()
    answer = at_work.post(f"{LIST}export/", PURPOSE)
    assert answer["Location"] == "/admin/controls/proposal/"
    assert not Job.all_unrestricted.filter(kind="work.export").exists()
    proposal = Proposal.all_unrestricted.get()
    assert proposal.arguments["rows"] == 7
    approvals.decide(proposal, by=mlro, agrees=True, reason="The board asked for it.")
    jobs.work_off()
    job = Job.all_unrestricted.get(kind="work.export")
    assert (job.status, job.asked_by, job.counts) == ("done", officer.label, {"rows": 7})
    assert api(mlro).post(f"/api/v1/work/jobs/{job.pk}/result").status_code == 404, "the file is for who asked"


def test_the_limit_for_customers_is_not_one_for_other_lists(at_work: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "CUSTOMERS_ALONE", 0)
    assert at_work.post("/admin/controls/person/export/", PURPOSE).status_code == 200


def test_a_job_holds_what_its_asker_may_see_when_it_runs(
    at_work: Client,
    customers: int,
    officer: Actor,
    administrator: Actor,
    make_actor: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_actor("another_officer", "compliance_officer")  # nobody alone holds the way back
    monkeypatch.setattr(exporting, "AT_ONCE", 3)
    at_work.post(f"{LIST}export/", PURPOSE)
    grant = RoleGrant.all_unrestricted.get(person=officer.person_id)
    staff.end_role(grant, by=administrator, reason="Another desk.")
    people.hold(grant.person, "kyc_reviewer")  # who knows nobody without an application
    jobs.work_off()
    assert Job.all_unrestricted.get(kind="work.export").counts == {"rows": 0}
