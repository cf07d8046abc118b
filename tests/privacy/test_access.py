"""What a person is given: their own words, by machine and on paper, and nothing that tips off."""

import io
import json
import zipfile
from collections.abc import Callable

import pypdfium2
import pytest
from django.core.files.storage import default_storage

from base.errors import RuleError
from controls.actor import Actor
from controls.models import AuditEntry, LegalEntity, Person
from privacy import actions, sweeping
from privacy.bundle import tell, zipped
from privacy.models import AccessRequest
from tests.privacy import making
from tests.privacy.test_erasure import own_log, rejected  # noqa: F401 - a fixture
from work import files, jobs
from work.actions.jobs import read_result
from work.models import Job

TIPS_OFF = ("risk", "points", "band", "alert", "forged", "drew this", "check", "score", "decision", "reason")


@pytest.fixture
def officer(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor("dora_data", "data_protection_officer")


def bundle(entity: LegalEntity, reviewer: Actor, officer: Actor) -> tuple[AccessRequest, Job]:
    subject = making.tracked(rejected(entity, reviewer))
    request: AccessRequest = actions.prepare_access(
        subject, by=officer, reason="By letter, with a copy of the passport."
    )
    jobs.work_off()
    return request, Job.all_unrestricted.get(pk=request.job_id)


def test_it_holds_their_words_in_both_forms(db: None, entity: LegalEntity, reviewer: Actor, officer: Actor) -> None:
    _request, job = bundle(entity, reviewer, officer)
    read_result(job, by=officer)
    with files.opened(job.result_file) as file:
        archive = zipfile.ZipFile(io.BytesIO(file.read()))
    told = json.loads(archive.read("data.json"))
    assert told["kyc"]["customer"]["family_name"] == "Zzfamily"
    assert len(told["kyc"]["applications"][0]["documents"]) == 2
    printed = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(archive.read("data.pdf")))
    assert "Zzfamily" in printed
    assert "Zzstreet 9" in printed


def test_nothing_in_it_tips_off_or_names_who_works_here(
    db: None, entity: LegalEntity, reviewer: Actor, officer: Actor
) -> None:
    subject = making.tracked(rejected(entity, reviewer))
    said = json.dumps(tell(subject), default=str).casefold()
    assert not [word for word in TIPS_OFF if word in said]
    names = Person.all_unrestricted.values_list("name", flat=True)
    assert not [name for name in names if name.casefold() in said]


def test_only_who_asked_takes_it_and_each_time_is_noted(
    db: None, entity: LegalEntity, reviewer: Actor, officer: Actor, mlro: Actor
) -> None:
    _request, job = bundle(entity, reviewer, officer)
    with pytest.raises(RuleError):
        read_result(job, by=mlro)
    read_result(job, by=officer)
    assert AuditEntry.all_unrestricted.filter(action="work.read_result", person_id=officer.person_id).count() == 1


def test_the_bundle_goes_with_the_person(db: None, entity: LegalEntity, reviewer: Actor, officer: Actor) -> None:
    request, job = bundle(entity, reviewer, officer)
    making.make_due(request.subject)
    assert default_storage.exists(job.result_file)
    assert sweeping.sweep() == 1
    assert not default_storage.exists(job.result_file)
    assert Job.all_unrestricted.get(pk=job.pk).result_file == ""


def test_what_a_person_wrote_is_not_run_as_markup() -> None:
    """Printed as it was typed: no markup, no code of the typesetter."""
    archive = zipfile.ZipFile(io.BytesIO(zipped({"kyc": {"name": "#panic() *bold* $x$ @ref"}})))
    pages = pypdfium2.PdfDocument(archive.read("data.pdf"))
    assert "#panic() *bold* $x$ @ref" in pages[0].get_textpage().get_text_range()
