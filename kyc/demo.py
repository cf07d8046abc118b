"""Applications of invented people, made for the demonstration by the actions that make real ones.

Pictures are drawn, checks are the real ones: those that people decided on, and as many others as fit into the time,
are run here; the workers of `make run` do the rest. Safe to repeat: what has its reference is there already.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from base import clock
from controls import approvals
from controls.actor import Actor
from controls.models import ApiClient, LegalEntity, Person
from kyc import actions, pipeline, specimen
from kyc.actions.checks import FACES, READING
from kyc.countries import code_of
from kyc.models import Application, Customer
from kyc.models.applications import Status
from kyc.specimen.stories import STORIES, Pictures, Story, draw

READ_SECONDS = 25
DECIDED = {"approved", "agreed", "second", "rejected", "asked"}  # these are shown however slow the machine is
CLIENT = "Exchange front end (demonstration)"
SURE = {"code": "checked_by_eye", "reason": "Compared both pictures and every field."}


def fill(read_seconds: float = READ_SECONDS) -> None:
    """Every story that has no application yet; then checks and what people decided, the rest until time is over."""
    references = {f"DEMO-{number:03}": story for number, story in enumerate(STORIES, start=1)}
    known = set(Customer.all_unrestricted.filter(reference__in=references).values_list("reference", flat=True))
    fresh = {reference: story for reference, story in references.items() if reference not in known}
    if not fresh:
        return
    by, entity = _client(), LegalEntity.all_unrestricted.order_by("pk")[0]
    made = {
        reference: (story, _hand_in(entity, by, reference, story, pictures))
        for (reference, story), pictures in zip(fresh.items(), _drawn(list(fresh.values())), strict=True)
    }
    until = time.monotonic() + read_seconds
    for story, application in made.values():
        if story.comes_to in DECIDED or (story.comes_to in FATES and time.monotonic() < until):
            _check(application)
            _decide(application, story)


def _check(application: Application) -> None:
    pipeline.attempt(application, READING, pipeline.read)
    pipeline.attempt(application, FACES, pipeline.compare)
    application.refresh_from_db()


# --- handing in --------------------------------------------------------------------------------------------------


def _client() -> Actor:
    """The program that brings applicants: proposed by one, agreed by another."""
    client = ApiClient.all_unrestricted.filter(name=CLIENT).first()
    if client is None:
        administrator, officer = _person("adam"), _person("carla")
        owner = Person.all_unrestricted.get(username="adam")
        proposal = approvals.propose(
            by=administrator,
            name="controls.make_client",
            record=None,
            arguments={"name": CLIENT, "owner": owner, "role": "applicant_intake", "networks": []},
            reason="Demonstration.",
        )
        approvals.decide(proposal, by=officer, agrees=True, reason="Demonstration.")
        client = ApiClient.all_unrestricted.get(name=CLIENT)
    return Actor("client", str(client.pk), client.name, client.owner_id, frozenset({client.role}))


def _person(username: str) -> Actor:
    return Actor.of(Person.all_unrestricted.get(username=username), confirmed_at=clock.now())


def _hand_in(entity: LegalEntity, by: Actor, reference: str, story: Story, pictures: Pictures) -> Application:
    application: Application = actions.open_application(by=by, entity=entity, reference=reference, **_typed(story))
    for kind, side, data in pictures:
        file = actions.Upload.of(f"{kind}-{side}.jpg", data)
        actions.upload(application, by=by, kind=kind, side=side, file=file)
    if story.comes_to in ("collecting", "opened"):
        return application
    handed_in: Application = actions.submit(application, by=by)
    if story.comes_to == "withdrawn":
        return actions.withdraw(handed_in, by=by, reason="Changed my mind.")  # type: ignore[no-any-return]
    return handed_in


def _typed(story: Story) -> dict[str, Any]:
    holder = specimen.person(story.surname)
    nationality = code_of(holder.nationality)
    typed: dict[str, Any] = {
        "given_names": holder.given_names,
        "family_name": holder.surname,
        "birth_date": holder.born,
        "nationality": nationality,
        "residence": nationality,
        "document_number": holder.number,
        "address": ", ".join(holder.address),
    }
    return typed | story.typed


# --- drawing -----------------------------------------------------------------------------------------------------


def _drawn(stories: list[Story]) -> Iterator[Pictures]:
    """In two processes: drawing is most of the work."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield from pool.map(draw, stories, chunksize=2)


# --- deciding ----------------------------------------------------------------------------------------------------


def _decide(application: Application, story: Story) -> None:
    """What people did with it, if its checks brought it where they could."""
    if application.status == Status.AWAITING_REVIEW:
        FATES[story.comes_to](application)


def _claimed(application: Application, username: str = "rita") -> tuple[Application, Actor]:
    by = _person(username)
    return actions.claim(application, by=by), by


def _approve(application: Application) -> None:
    taken, by = _claimed(application)
    actions.approve(taken, by=by, seen=taken.seen_digest(), **SURE)


def _agree(application: Application) -> None:
    _approve(application)
    taken, by = _claimed(application, "mona")
    actions.approve_second(taken, by=by, seen=taken.seen_digest(), **SURE)


def _reject(application: Application) -> None:
    taken, by = _claimed(application)
    why = "Lives in a country that is not served."
    actions.reject(taken, by=by, code="prohibited_country", reason=why, seen=taken.seen_digest())


def _ask(application: Application) -> None:
    taken, by = _claimed(application)
    wanted = [{"kind": "selfie", "side": "front"}]
    why, seen = "Half of the face is in the shade.", taken.seen_digest()
    actions.ask(taken, by=by, code="face_not_visible", reason=why, wanted=wanted, seen=seen)


FATES: dict[str, Callable[[Application], Any]] = {
    "approved": _approve,
    "agreed": _agree,
    "second": _approve,
    "rejected": _reject,
    "asked": _ask,
    "review": lambda application: None,
    "claimed": lambda application: _claimed(application, "simon"),
}
