"""The checks, as a worker runs them: take an application on, look at its pictures, record what was found.

Nothing is held open while a picture is looked at: the lease is committed before, the results after. A worker that
dies in between leaves a lease that lapses; whoever comes next starts again. What kills a worker three times, or
fails three times, gets the outcome `error`, and a person looks.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings

from base import clock
from base.errors import RuleError
from controls.actor import Actor
from controls.policies import policy
from kyc import actions, files, judging
from kyc.actions.checks import FACES, READING, Lease
from kyc.models import Application, Check, Document, Picture
from kyc.policies import FACE_BANDS
from kyc.results import Result

log = structlog.get_logger(__name__)

BUDGET_SECONDS = 60  # a wake-up works for about this long; what is left is found by the next sweep

Findings = tuple[dict[str, Result], dict[UUID, Any]]


def read_waiting() -> int:
    """Reads the documents of applications that wait for it, the longest first. Says how many."""
    return _work_off(READING, read)


def compare_waiting() -> int:
    """Compares portrait and selfie where that waits."""
    return _work_off(FACES, compare)


def waits(kinds: tuple[str, ...]) -> bool:
    """Whether a worker of this kind would find something to do."""
    return bool(_free(kinds).exists())


def _free(kinds: tuple[str, ...]) -> Any:
    free = Check.all_unrestricted.free().filter(kind__in=kinds).values("application")
    return Application.all_unrestricted.awaiting_checks().filter(pk__in=free).longest_waiting_first()


def _work_off(kinds: tuple[str, ...], look: Callable[[Application], Findings]) -> int:
    done, until = 0, time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < until and (application := _free(kinds).first()):
        done += attempt(application, kinds, look)
    return done


def attempt(application: Application, kinds: tuple[str, ...], look: Callable[[Application], Findings]) -> bool:
    """One attempt: True when its results were recorded."""
    taken = actions.lease(application, kinds)
    if taken is None:
        return False
    if taken.worn_out:
        return _record(application, taken, {kind: _gave_up() for kind in taken.kinds}, {})
    try:
        results, readings = look(application)
    except Exception as error:  # a picture that a library chokes on must not stop the others; it is tried again
        log.warning("check_failed", application=str(application.pk), kinds=taken.kinds, error=type(error).__name__)
        actions.release_lease(taken)
        return False
    return _record(application, taken, {kind: results[kind] for kind in taken.kinds}, readings)


def _record(application: Application, taken: Lease, results: dict[str, Result], readings: dict[UUID, Any]) -> bool:
    by = Actor.job("kyc.checks")
    try:
        actions.record_results(application, by=by, token=taken.token, results=results, readings=readings)
    except RuleError as refused:  # withdrawn meanwhile, or another worker was faster: its rows say what holds
        log.info("check_not_recorded", application=str(application.pk), code=refused.code)
        return False
    return True


def _gave_up() -> Result:
    return Result(Check.Outcome.ERROR, [{"code": "gave_up"}])


# --- looking -----------------------------------------------------------------------------------------------------


def read(application: Application) -> Findings:
    pages: list[dict[str, Any]] = []
    readings: dict[UUID, Any] = {}
    for document in application.documents.current().of_identity().order_by("side"):
        found = [_page(document, picture) for picture in document.pictures.order_by("page")]
        readings[document.pk] = {"pages": found}
        pages += found
    customer = application.customer
    today = clock.today(customer.entity.zone)
    results = judging.judge(pages, judging.typed_of(customer), today, specimens=settings.DEMO)
    return results, readings


def _page(document: Document, picture: Picture) -> dict[str, Any]:
    from kyc.vision import documents  # holds models: only a worker loads it

    reading = documents.read(files.read(picture.file))
    return {
        **reading.as_json(),
        "picture": str(picture.pk),
        "handed_in_as": document.kind,
        "reason_codes": [{"code": each.code, "text": str(each)} for each in reading.reasons],
        "quality_reasons": [{"code": each.code, "text": str(each)} for each in reading.quality.reasons],
        "printed": {name: {"agrees": each.agrees, "reads": each.reads} for name, each in reading.printed.items()},
        "models": [dict(model) for model in reading.models],
        "thresholds": dict(reading.thresholds),
    }


OF_BAND = {
    "match": Check.Outcome.PASSED,
    "review": Check.Outcome.REVIEW,
    "mismatch": Check.Outcome.FAILED,
    "inconclusive": Check.Outcome.INCONCLUSIVE,
}


def compare(application: Application) -> Findings:
    from kyc.vision import faces  # holds models: only a worker loads it

    portrait, selfie = face_pictures(application)
    agreed = policy(FACE_BANDS)
    found = faces.compare(files.read(portrait.file), files.read(selfie.file), agreed.value)
    reasons = [{"code": each.code, "text": str(each)} for each in found.reasons]
    if found.band in ("review", "mismatch"):
        reasons.append({"code": f"faces_{found.band}"})
    result = Result(
        OF_BAND[found.band],
        reasons,
        {"distance": found.distance, "band": found.band, "faces": found.scores},
        dict(found.thresholds),
        [{**model} for model in found.models],
        {
            "boxes": {name: list(box) if box else None for name, box in found.boxes.items()},
            "pictures": {"document": str(portrait.pk), "selfie": str(selfie.pk)},
        },
        {FACE_BANDS: agreed.digest},
    )
    return {Check.Kind.FACE.value: result}, {}


def face_pictures(application: Application) -> tuple[Picture, Picture]:
    """The page that bears the portrait, and the selfie."""
    first = Picture.all_unrestricted.current().filter(document__application=application, page=1)
    front = first.filter(document__side=Document.Side.FRONT)
    selfie = Document.Kind.SELFIE
    return front.exclude(document__kind=selfie).get(), front.get(document__kind=selfie)
