"""The queue: what waits, why it waits here, who is on it, and one button for the next."""

from typing import Any

from django.db.models import Case, F, When
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from base import clock
from base.filters import ChoiceFilter, DaysFilter, EqualsFilter, InputFilter, StatusFilter
from base.queues import Column, QueuePage, Tab
from kyc import countries, reports
from kyc.models.applications import OPEN, Status


class ByRisk(EqualsFilter):
    title = _("risk")
    parameters = ("risk",)
    field = "risk_band"


class ByResidence(ChoiceFilter):
    title = _("country of residence")
    parameters = ("residence",)

    def options(self) -> list[tuple[str, Any]]:
        return countries.residences()

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(customer__residence=typed[0])


class ByHolder(ChoiceFilter):
    """Nobody, the reader, or a colleague who is on one just now."""

    title = _("who is on it")
    parameters = ("on",)

    def options(self) -> list[tuple[str, Any]]:
        colleagues = reports.holders(self.request.actor)  # type: ignore[attr-defined]
        return [("nobody", _("nobody")), ("anybody", _("anybody")), ("me", _("me")), *colleagues]

    def narrow(self, rows: Any, *typed: str) -> Any:
        if typed[0] == "nobody":
            return rows.not_held()
        held = rows.filter(claimed_until__gt=clock.now())
        if typed[0] == "anybody":
            return held
        return held.filter(claimed_by=self.request.actor.person_id if typed[0] == "me" else typed[0])  # type: ignore[attr-defined]


class Opened(DaysFilter):
    title = _("opened")
    field = "opened_at"
    labels = (_("Opened from"), _("Opened to"))


class ByReference(InputFilter):
    """Part of the exchange's reference. A document number is no filter: it would stand in the address, and addresses
    are kept by browsers; the search of the palette takes one."""

    title = _("reference")
    parameters = ("reference",)

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(customer__reference__icontains=typed[0])


WAITS = (*OPEN, Status.AWAITING_SCREENING)  # what is rejected, withdrawn or expired waits for nothing

NOTHING_WAITS = _("No application waits for you.")
COMES = _("New ones come as soon as their checks are done.")
ON_NONE = _("You are on none. Next takes the one that waits longest.")
NO_SECOND = _("No approval waits for a second person. One that is of high risk comes here from its first reviewer.")
NONE_CHECKED = _("Nothing is being checked. What applicants hand in comes here first, then to the desk.")
NONE_SCREENED = _("Nothing waits for name screening. What is approved comes here.")
NONE_REJECTED = _("Nothing was rejected.")
NOTHING_YET = _("No application was handed in yet. The exchange opens applications through the API.")


class Queue(QueuePage):
    template_name = "kyc/queue.html"
    title = _("Applications")
    permission = "kyc.view_application"
    filters = (ByReference, StatusFilter, ByRisk, ByResidence, ByHolder, Opened)

    @cached_property
    def figures(self) -> reports.QueueFigures:
        return reports.queue_figures(self.actor)

    def tabs(self) -> list[Tab]:
        rows, found = reports.rows(self.actor), self.figures
        second, screening = (
            rows.filter(status=status) for status in (Status.AWAITING_SECOND, Status.AWAITING_SCREENING)
        )
        next_come = self.nothing_waits()
        takes = [
            Tab("mine", _("To take"), rows.claimable_by(self.actor), found.claimable, next_come),
            Tab("held", _("I am on"), rows.held_by(self.actor), found.held, ON_NONE),
        ]
        return [
            *(takes if self.actor.may("kyc.claim") else []),
            Tab("desk", _("At the desk"), rows.at_the_desk(), found.at_the_desk, next_come),
            Tab("second", _("Second"), second, found.awaiting_second, NO_SECOND),
            Tab("checks", _("Checks"), rows.awaiting_checks(), found.being_checked, NONE_CHECKED),
            Tab("screening", _("Screening"), screening, found.awaiting_screening, NONE_SCREENED),
            Tab("rejected", _("Rejected"), rows.filter(status=Status.REJECTED), found.rejected, NONE_REJECTED),
            Tab("all", _("All"), rows, found.all, NOTHING_YET),
        ]

    def nothing_waits(self) -> str:
        checked = self.figures.being_checked
        coming = ngettext(
            "%(count)d is being checked and comes next.", "%(count)d are being checked and come next.", checked
        )
        return " ".join(
            [str(NOTHING_WAITS), coming % {"count": checked}] if checked else [str(NOTHING_WAITS), str(COMES)]
        )

    def columns(self) -> list[Column]:
        on_it = Case(When(claimed_until__gt=clock.now(), then=F("claimed_by__name")))
        return [
            Column("waits", _("Waits"), ("-waiting_since",)),
            Column("reference", _("Who"), ("customer__reference",)),
            Column("why", _("Why here")),
            Column("risk", _("Risk"), ("risk_points",)),
            Column("state", _("State"), ("status",)),
            Column("on", _("Who is on it"), (on_it,)),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(figures=self.figures, open_states=WAITS, **kwargs)

    def page(self, *, narrowed: bool) -> Any:
        page = super().page(narrowed=narrowed)
        found = reports.standings(page.object_list)
        for row in page.object_list:
            row.standing = found.get(row.pk)
        return page
