"""Assets, sources of prices, what came in, and the prices that hold now."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from assets import actions, reports
from assets.models import Asset, Pair, PriceImport, PriceSource
from assets.valuation import DEVIATING, STALE, TOO_FEW, UNKNOWN, Weighed
from base import clock
from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import AsksReason, Button
from base.filters import DaysFilter, EqualsFilter, InputFilter, StateFilter
from base.pages import RecordPage
from base.templatetags.backoffice import age, length, when
from base.units import SCALE_AT_MOST
from controls.admin.proposing import ProposeButton

PROPOSED = _("Proposed. Somebody in finance who agrees finds it in their inbox.")
STATES = {
    "": (Colour.GREEN, _("holds")),
    STALE: (Colour.AMBER, _("too old")),
    TOO_FEW: (Colour.AMBER, _("too few sources")),
    DEVIATING: (Colour.RED, _("sources differ")),
    UNKNOWN: (Colour.GREY, _("no price")),
}


class AsksAsset(AsksReason):
    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), choices=Asset.Kind.choices)
    scale = forms.IntegerField(
        label=_("Decimal places"),
        min_value=0,
        max_value=SCALE_AT_MOST,
        help_text=_("Of its smallest unit. It never changes."),
    )
    chain = forms.CharField(label=_("Chain"), max_length=40, required=False)
    contract = forms.CharField(label=_("Contract"), max_length=100, required=False)
    field_order = ("code", "name", "kind", "scale", "chain", "contract", "reason")


class AsksEnd(AsksReason):
    active_to = forms.DateField(
        label=_("First day on which it is not in use"), widget=forms.DateInput(attrs={"type": "date"})
    )
    field_order = ("active_to", "reason")


class AsksSource(AsksReason):
    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Small letters, digits, hyphens."))
    name = forms.CharField(label=_("Name"), max_length=100)
    field_order = ("code", "name", "reason")


class ByCode(InputFilter):
    title = _("code")
    parameters = ("code",)

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(code__iexact=typed[0])


class ByKind(EqualsFilter):
    title = _("kind")
    parameters = ("kind",)
    field = "kind"


class InUse(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        over = Q(active_to__lte=clock.today())
        return {"active": (_("in use"), ~over | Q(active_to=None)), "ended": (_("ended"), over)}


@admin.register(Asset)
class AssetAdmin(ModelAdmin):
    permission = "assets.view"
    list_display = ("code", "name", "kind", "scale", "chain", "state")
    list_filter = (ByCode, ByKind, InUse)
    search_fields = ("code", "name")
    ordering = ("code",)
    facts = (
        *("code", "name", "kind", "scale", "chain", "contract", "active_from", "active_to"),
        *("proposed_by", "agreed_by"),
    )
    empty = _("No asset yet. The currencies of ISO 4217 come with the first migration.")
    list_buttons = (
        ProposeButton(
            actions.add_asset,
            _("Propose an asset"),
            _("Once another agrees, amounts can be kept in it. Its code and decimal places never change."),
            form=AsksAsset,
            icon="add",
            done=PROPOSED,
        ),
    )
    buttons = (
        ProposeButton(
            actions.end_asset,
            _("Propose its end"),
            _("Once another agrees, no price of it is taken from that day on; what there is stays."),
            form=AsksEnd,
            icon="event_busy",
            done=PROPOSED,
        ),
    )

    @admin.display(description=_("state"))
    def state(self, asset: Asset) -> SafeString:
        if asset.active_to is not None and asset.active_to <= clock.today():
            return labelled(Colour.GREY, _("ended"))
        return labelled(Colour.GREEN, _("in use"))

    def heading(self, record: Asset) -> str:
        return f"{record.code} · {record.name}"

    def strip(self, record: Asset) -> list[Any]:
        return [self.state(record)]


class Ended(StateFilter):
    def states(self) -> dict[str, tuple[Any, Q]]:
        return {"active": (_("in use"), Q(ended_at=None)), "ended": (_("ended"), Q(ended_at__isnull=False))}


@admin.register(PriceSource)
class PriceSourceAdmin(ModelAdmin):
    permission = "assets.view"
    list_display = ("code", "name", "state", "registered_at", "proposed_by", "agreed_by", "ended_at")
    list_select_related = ("proposed_by", "agreed_by")
    list_filter = (ByCode, Ended)
    ordering = ("code",)
    facts = ("code", "name", "registered_at", "proposed_by", "agreed_by", "ended_at")
    empty = _("No source of prices yet. Finance proposes one, another agrees; then its prices can be brought in.")
    list_buttons = (
        ProposeButton(
            actions.register_source,
            _("Propose a source"),
            _("Once another agrees, its prices count like those of every other source."),
            form=AsksSource,
            icon="add",
            done=PROPOSED,
        ),
    )
    buttons = (
        Button(
            actions.end_source,
            _("End"),
            _("From now on its prices count no more. What was valued by them keeps its price."),
            icon="block",
            kind="danger",
            done=_("Ended. Its prices count no more."),
        ),
    )

    @admin.display(description=_("state"))
    def state(self, source: PriceSource) -> SafeString:
        return labelled(Colour.GREY, _("ended")) if source.ended_at else labelled(Colour.GREEN, _("in use"))

    def heading(self, record: PriceSource) -> str:
        return f"{record.code} · {record.name}"

    def strip(self, record: PriceSource) -> list[Any]:
        return [self.state(record)]


class BySource(InputFilter):
    title = _("source")
    parameters = ("source",)

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(source__code__iexact=typed[0])


class Received(DaysFilter):
    title = _("received")
    labels = (_("Received from"), _("Received to"))


@admin.register(PriceImport)
class PriceImportAdmin(ModelAdmin):
    permission = "assets.view"
    list_display = ("at", "source", "rows", "added")
    list_select_related = ("source",)
    list_filter = (BySource, Received)
    ordering = ("-at", "-id")
    facts = ("source", "at", "rows", "added", "digest")
    empty = _("No price came in yet. manage.py import_prices FILE --source CODE, or the API, brings them.")


class OfAsset(InputFilter):
    title = _("asset")
    parameters = ("asset",)

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(asset__code__iexact=typed[0])


class PricedIn(InputFilter):
    title = _("priced in")
    parameters = ("quote",)

    def narrow(self, rows: Any, *typed: str) -> Any:
        return rows.filter(quote__code__iexact=typed[0])


class PairPage(RecordPage):
    template_name = "assets/pair.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.request.GET.get("tab"):
            return super().get_context_data(**kwargs)
        return super().get_context_data(course=reports.course(self.record, self.actor), **kwargs)


@admin.register(Pair)
class PairAdmin(ModelAdmin):
    """The prices that hold now, weighed for the whole page at once."""

    permission = "assets.view"
    list_display = ("__str__", "price", "state", "oldest", "deviation", "sources")
    list_select_related = ("asset", "quote")
    list_filter = (OfAsset, PricedIn)
    ordering = ("asset__code", "quote__code")
    facts = ("price", "oldest", "deviation", "sources")
    export_fields = ("asset", "quote", "price", "state", "oldest", "deviation", "sources")
    record_page = PairPage
    empty = _("No price came in yet. manage.py import_prices FILE --source CODE, or the API, brings them.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("asset", "quote")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        _weigh(found.result_list)
        return found

    def plain_rows(self, rows: Iterable[Any], names: Sequence[str]) -> Iterable[list[Any]]:
        return super().plain_rows(_weigh(list(rows)), names)

    def record(self, request: HttpRequest, object_id: str) -> Any:
        return next(iter(_weigh([super().record(request, object_id)])))

    @admin.display(description=_("price"))
    def price(self, pair: Any) -> str:
        return f"{reports.written(pair.weighed.value)} {pair.quote.code}"

    @admin.display(description=_("state"))
    def state(self, pair: Any) -> SafeString:
        return labelled(*STATES[pair.weighed.problem])

    @admin.display(description=_("age"))
    def oldest(self, pair: Any) -> Any:
        found: timedelta | None = pair.weighed.age
        return "–" if found is None else length(found)

    @admin.display(description=_("deviation"))
    def deviation(self, pair: Any) -> str:
        return reports.percent(pair.weighed.deviation)

    @admin.display(description=_("sources"))
    def sources(self, pair: Any) -> str:
        return ", ".join(one.source for one in pair.weighed.used) or "–"

    def strip(self, record: Any) -> list[Any]:
        return [self.state(record)]

    def related(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        weighed: Weighed = record.weighed
        rows = reports.course(record, request.actor).rows  # type: ignore[attr-defined]
        return [
            {
                "title": _("What it rests on"),
                "head": (_("source"), _("price"), _("at"), _("age")),
                "rows": [(one.source, reports.written(one.price), when(one.at), age(one.at)) for one in weighed.used],
                "empty": _("No source in use has said anything."),
            },
            {
                "title": _("The last prices"),
                "head": (_("at"), _("source"), _("price"), _("received")),
                "rows": [(when(row.at), row.source.code, row.text, when(row.received_at)) for row in rows],
                "empty": _("None yet."),
            },
        ]


def _weigh(pairs: Any) -> Any:
    """Each with `.weighed`: four queries for all of them."""
    keys = [pair.pk for pair in pairs]
    found = reports.current(Pair.all_unrestricted.filter(pk__in=keys)) if keys else {}
    for pair in pairs:
        pair.weighed = found[pair.pk]
    return pairs
