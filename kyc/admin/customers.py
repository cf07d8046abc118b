"""Customers: who they say they are, and what they applied for."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from base import badges
from base.admin import ModelAdmin
from base.filters import InputFilter
from kyc import countries
from kyc.admin.queue import ByResidence, Opened
from kyc.models import Customer


class ByNationality(ByResidence):
    title = _("nationality")
    parameters = ("nationality",)

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(nationality=typed[0])


class LivesIn(ByResidence):
    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(residence=typed[0])


class BroughtIn(InputFilter):
    title = _("brought in with")
    parameters = ("intake",)

    def problem(self, value: str) -> str:
        try:
            UUID(value)
        except ValueError:
            return str(_("%(filter)s: “%(value)s” is no intake, and was left out."))
        return ""

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(brought_in=typed[0])


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    permission = "kyc.view_application"
    of_customers = True
    list_display = ("reference", "name", "lives_in", "national_of", "opened_at")
    list_filter = (LivesIn, ByNationality, Opened, BroughtIn)
    search_fields = ("reference",)
    search_help_text = _("Part of the reference")
    ordering = ("-opened_at",)
    facts = ("reference", "name", "birth_date", "national_of", "lives_in", "address", "document_number", "entity")
    empty = _("No customer has handed anything in yet. The exchange opens applications through the API.")

    def heading(self, record: Customer) -> str:
        return record.name

    def name(self, record: Customer) -> str:
        return record.name

    def lives_in(self, record: Customer) -> str:
        return countries.name(record.residence)

    lives_in.short_description = _("lives in")  # type: ignore[attr-defined]

    def national_of(self, record: Customer) -> str:
        return countries.name(record.nationality)

    national_of.short_description = _("nationality")  # type: ignore[attr-defined]

    def related(self, request: HttpRequest, record: Customer) -> list[dict[str, Any]]:
        from kyc.models import Application

        rows = Application.objects.visible_to(request.actor).filter(customer=record).order_by("-opened_at")  # type: ignore[attr-defined]
        return [
            {
                "title": _("Applications"),
                "head": [_("Opened"), _("State"), _("Risk")],
                "rows": [
                    [
                        format_html(
                            '<a href="{}">{}</a>',
                            reverse("admin:kyc_application_change", args=[one.pk]),
                            f"{one.opened_at:%Y-%m-%d %H:%M}",
                        ),
                        badges.state_badge(one),
                        badges.badge(one.risk_band, one.get_risk_band_display()) if one.risk_band else "–",
                    ]
                    for one in rows
                ],
                "empty": _("None that you may see."),
            }
        ]
