"""What the queue and the desk show. Read-only: rows through `visible_to`, a fixed number of queries a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from base import clock, days
from controls.actor import Actor
from controls.policies import policy
from kyc import countries, judging
from kyc.models import Application, Check, Customer, Decision, Document, Picture
from kyc.models.applications import AT_THE_DESK, Status, claimable
from kyc.policies import SERVICE_LEVEL
from kyc.service_level import Standing, standing

# --- the queue ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QueueFigures:
    """What waits, for this person. `oldest`: since when the one that waits longest has waited."""

    claimable: int
    held: int
    at_the_desk: int
    awaiting_second: int
    being_checked: int
    awaiting_screening: int
    rejected: int
    all: int
    oldest: datetime | None


def rows(actor: Actor) -> Any:
    """Every application the reader may know of, the longest waiting first, with what a row of the queue names."""
    named = ("customer", "entity", "claimed_by", "approved_by", "agreed_by")
    return Application.objects.visible_to(actor).select_related(*named).longest_waiting_first()


def queue(actor: Actor) -> Any:
    """Applications that wait for a person."""
    return rows(actor).at_the_desk()


def queue_figures(actor: Actor) -> QueueFigures:
    """One query."""
    figures = Application.objects.visible_to(actor).aggregate(
        claimable=Count("pk", filter=claimable(actor)),
        held=Count("pk", filter=Q(claimed_by=actor.person_id, claimed_until__gt=clock.now())),
        at_the_desk=Count("pk", filter=Q(status__in=AT_THE_DESK)),
        awaiting_second=Count("pk", filter=Q(status=Status.AWAITING_SECOND)),
        being_checked=Count("pk", filter=Q(status=Status.AWAITING_CHECKS)),
        awaiting_screening=Count("pk", filter=Q(status=Status.AWAITING_SCREENING)),
        rejected=Count("pk", filter=Q(status=Status.REJECTED)),
        all=Count("pk"),
        oldest=Min("waiting_since", filter=Q(status__in=AT_THE_DESK)),
    )
    return QueueFigures(**figures)


def holders(actor: Actor) -> list[tuple[str, str]]:
    """The colleagues who are on an application just now: key and name."""
    held = Application.objects.visible_to(actor).at_the_desk().filter(claimed_until__gt=clock.now())
    others = held.exclude(claimed_by=actor.person_id).order_by("claimed_by__name", "claimed_by")
    return [(str(key), name) for key, name in others.values_list("claimed_by", "claimed_by__name").distinct()]


def decisions_a_day(actor: Actor, last: int = 14) -> list[tuple[date, int]]:
    """How many decisions were taken on each of the last days, oldest first; a day ends at the reader's midnight."""
    return days.counted(Decision.objects.visible_to(actor), "at", last)


def standings(rows: Iterable[Application]) -> dict[Any, Standing]:
    """How those at the desk stand against the time that was agreed on. One query, however many rows."""
    term, now = policy(SERVICE_LEVEL).value, clock.now()
    waiting = [row for row in rows if row.status in AT_THE_DESK]
    return {row.pk: standing(row.waiting_since, now, term, row.entity.country, row.entity.zone) for row in waiting}


# --- the desk ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One thing about the applicant: what was typed, what was read, where on which picture, and whether they agree
    (None: there is nothing to compare). `box`: left, top, right, bottom in pixels of the picture."""

    name: str
    title: Any
    typed: str
    read: str
    agrees: bool | None
    confidence: float | None = None
    source: str = ""
    picture: str = ""
    box: list[float] | None = None


@dataclass(frozen=True)
class Desk:
    """Everything a decision needs, in nine queries however many pictures there are."""

    application: Application
    customer: Customer
    documents: list[Document]
    pictures: list[Picture]
    fields: list[Field]
    checks: list[Check]
    decisions: list[Decision]
    earlier: list[Application]
    same_number: list[Customer]
    seen: str
    readings: list[dict[str, Any]] = field(default_factory=list)


TITLES = {
    "family_name": _("family name"),
    "given_names": _("given names"),
    "birth_date": _("birth date"),
    "nationality": _("nationality"),
    "document_number": _("document number"),
    "expiry_date": _("expires"),
    "sex": _("sex"),
    "issuer": _("issued by"),
    "residence": _("lives in"),
    "address": _("address"),
}


def desk(application: Application, actor: Actor) -> Desk:
    """`application` comes from `visible_to(actor)`; so does everything that is shown beside it, but that there was an
    application of the same customer before, and how it ended, is told of every one."""
    pictures = Prefetch("pictures", Picture.all_unrestricted.order_by("page"))
    documents = list(application.documents.current().order_by("kind", "side").prefetch_related(pictures))
    customer = application.customer
    checks = sorted(application.checks.current(), key=lambda check: list(Check.Kind).index(Check.Kind(check.kind)))
    readings = [page for document in documents for page in (document.reading or {}).get("pages", [])]
    opens = Exists(Application.objects.visible_to(actor).filter(pk=OuterRef("pk")))
    former = Application.all_unrestricted.filter(customer=customer).exclude(pk=application.pk).annotate(opens=opens)
    former = former.filter(opens=True) if actor.examines else former  # who examines knows of nothing beyond the scope
    same = Customer.objects.visible_to(actor).sharing_a_number_with(customer)
    return Desk(
        application=application,
        customer=customer,
        documents=documents,
        pictures=[picture for document in documents for picture in document.pictures.all()],
        fields=list(fields(customer, readings)),
        checks=checks,
        decisions=list(application.decisions.select_related("by", "maker").order_by("at")),
        earlier=list(former.order_by("-opened_at")),
        same_number=list(same[:10]),
        seen=application.seen_digest(),
        readings=readings,
    )


def fields(customer: Customer, readings: Iterable[Mapping[str, Any]]) -> Iterable[Field]:
    """What was typed beside what was read, then what only the document says, then what only the applicant says."""
    read = judging.best_fields(readings)
    compared = judging.compare(judging.typed_of(customer), read)
    for name in judging.COMPARED:
        yield _field(name, compared[name].typed, read.get(name), compared[name].agrees)
    for name in ("expiry_date", "sex", "issuer"):
        if name in read:
            yield _field(name, "", read[name], None)
    yield Field("residence", TITLES["residence"], countries.name(customer.residence), "", None)
    yield Field("address", TITLES["address"], customer.address, "", None)


def _field(name: str, typed: str, found: Mapping[str, Any] | None, agrees: bool | None) -> Field:
    found = found or {}
    return Field(
        name=name,
        title=TITLES[name],
        typed=typed,
        read=str(found.get("value") or ""),
        agrees=agrees,
        confidence=found.get("confidence"),
        source=str(found.get("source") or ""),
        picture=str(found.get("picture") or ""),
        box=found.get("box"),
    )
