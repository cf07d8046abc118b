"""The queue: what waits, why it waits here, who is on it, and one button for the next."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from base.pages import QueuePage, Tab
from kyc import reports
from kyc.models.applications import Status


class Queue(QueuePage):
    template_name = "kyc/queue.html"
    title = _("Applications")
    permission = "kyc.view_application"

    def tabs(self) -> list[Tab]:
        rows = reports.rows(self.actor)
        return [
            Tab("mine", _("Mine to take"), rows.claimable_by(self.actor)),
            Tab("held", _("I am on"), rows.held_by(self.actor)),
            Tab("desk", _("At the desk"), reports.queue(self.actor)),
            Tab("second", _("Second person"), rows.filter(status=Status.AWAITING_SECOND)),
            Tab("checks", _("Being checked"), rows.awaiting_checks()),
            Tab("screening", _("Waiting for screening"), rows.filter(status=Status.AWAITING_SCREENING)),
            Tab("rejected", _("Rejected"), rows.filter(status=Status.REJECTED)),
            Tab("all", _("All"), rows),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(figures=reports.queue_figures(self.actor), **kwargs)
