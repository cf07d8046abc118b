"""/api/v1/assets/: assets, sources, prices, what came in, and the one question what something is worth."""

from typing import Any

from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from assets import actions, prices
from assets.models import Asset, Price, PriceImport, PriceSource
from base.amounts import UnitsOutput
from base.api import Addresses, Guarded, Output
from base.errors import NotPermitted
from base.problems import CODES
from base.units import SCALE_AT_MOST
from controls.api import ReasonInput
from controls.api_actions import ActionRecords, actor_of, makes, post

CODES.update(
    {
        "price_unknown": gettext_lazy("Nobody has said what the asset is worth in the quote."),
        "price_stale": gettext_lazy("The last price is older than the policy allows."),
        "price_too_few": gettext_lazy("Fewer sources than the policy asks for have a fresh price."),
        "price_deviating": gettext_lazy("Sources differ further than the policy allows."),
        "price_conflict": gettext_lazy("The source has given another price for that moment; a price never changes."),
    }
)


class AssetOutput(Output):
    class Meta:
        model = Asset
        fields = [
            *("id", "code", "name", "kind", "scale", "chain", "contract", "active_from", "active_to"),
            *("proposed_by", "agreed_by", "available_actions"),
        ]
        read_only_fields = fields


class AssetInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=Asset.Kind.choices)
    scale = serializers.IntegerField(min_value=0, max_value=SCALE_AT_MOST)
    chain = serializers.CharField(max_length=40, default="", allow_blank=True)
    contract = serializers.CharField(max_length=100, default="", allow_blank=True)


class EndInput(serializers.Serializer[Any]):
    active_to = serializers.DateField()


class AssetFilter(serializers.Serializer[Any]):
    code = serializers.CharField(required=False)
    kind = serializers.ChoiceField(choices=Asset.Kind.choices, required=False)


class Assets(ActionRecords):
    """Currencies and cryptoassets. A new one is proposed here and agreed by another person."""

    model = Asset
    serializer_class = AssetOutput
    filters = AssetFilter
    create = makes(actions.add_asset, AssetInput)
    end_asset = post(actions.end_asset, EndInput)


class ImportOutput(Output):
    class Meta:
        model = PriceImport
        fields = ["id", "source", "at", "rows", "added", "digest", "available_actions"]
        read_only_fields = fields


class ImportFilter(serializers.Serializer[Any]):
    source = serializers.UUIDField(required=False, source="source_id")  # type: ignore[assignment]


class Imports(ActionRecords):
    """What came in together."""

    model = PriceImport
    serializer_class = ImportOutput
    filters = ImportFilter


class QuoteInput(serializers.Serializer[Any]):
    asset = serializers.CharField(max_length=20)
    quote = serializers.CharField(max_length=20)
    price = serializers.CharField(max_length=80, help_text=gettext_lazy("a string such as 1234.56, never a number"))
    at = serializers.CharField(max_length=40, help_text=gettext_lazy("a time with its zone"))

    def to_internal_value(self, data: Any) -> Any:
        """A JSON number would have been a float on its way."""
        if isinstance(data, dict) and "price" in data and not isinstance(data["price"], str):
            raise serializers.ValidationError({"price": [_("A string of digits, not a number.")]})
        return super().to_internal_value(data)


class QuotesInput(serializers.Serializer[Any]):
    quotes = serializers.ListField(child=QuoteInput(), min_length=1, max_length=actions.QUOTES_AT_MOST)


class SourceOutput(Output):
    class Meta:
        model = PriceSource
        fields = [
            *("id", "code", "name", "registered_at", "proposed_by", "agreed_by", "ended_at", "available_actions"),
        ]
        read_only_fields = fields


class SourceInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)


class SourceFilter(serializers.Serializer[Any]):
    code = serializers.CharField(required=False)


class Sources(ActionRecords):
    """Where prices come from. A new one is proposed here and agreed by another person."""

    model = PriceSource
    serializer_class = SourceOutput
    filters = SourceFilter
    create = makes(actions.register_source, SourceInput)
    end_source = post(actions.end_source, ReasonInput)
    import_prices = post(actions.import_prices, QuotesInput, gives=ImportOutput)


class PriceOutput(Output):
    """What one source said: one whole asset was worth units / 10^scale of the quote."""

    asset = serializers.CharField(source="pair.asset.code", read_only=True)
    quote = serializers.CharField(source="pair.quote.code", read_only=True)
    source = serializers.CharField(source="source.code", read_only=True)  # type: ignore[assignment]
    price = serializers.CharField(source="text", read_only=True)
    units = UnitsOutput(read_only=True)

    class Meta:
        model = Price
        fields = [
            *("id", "asset", "quote", "source", "at", "price", "units", "scale", "received_at", "available_actions"),
        ]
        read_only_fields = fields


class PriceFilter(serializers.Serializer[Any]):
    asset = serializers.CharField(required=False, source="pair__asset__code")
    quote = serializers.CharField(required=False, source="pair__quote__code")
    source = serializers.CharField(required=False, source="source__code")  # type: ignore[assignment]
    after = serializers.DateTimeField(required=False, source="at__gte")
    before = serializers.DateTimeField(required=False, source="at__lt")


class Prices(ActionRecords):
    """Every price that a source gave. What holds is asked at /price."""

    model = Price
    serializer_class = PriceOutput
    filters = PriceFilter
    related = ("pair__asset", "pair__quote", "source")


# --- what something is worth --------------------------------------------------------------------------------------


class Question(serializers.Serializer[Any]):
    asset = serializers.CharField(max_length=20)
    quote = serializers.CharField(max_length=20)
    at = serializers.DateTimeField(required=False)
    known_at = serializers.DateTimeField(required=False)


class ObservationOutput(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment]
    numerator = UnitsOutput(source="price.numerator")
    denominator = UnitsOutput(source="price.denominator")
    at = serializers.DateTimeField()


class Answer(serializers.Serializer[Any]):
    """The price of one whole asset is numerator / denominator, exactly."""

    asset = serializers.CharField()
    quote = serializers.CharField()
    at = serializers.DateTimeField()
    numerator = UnitsOutput(source="value.numerator")
    denominator = UnitsOutput(source="value.denominator")
    age_seconds = serializers.SerializerMethodField()
    deviation_basis_points = serializers.SerializerMethodField()
    sources = ObservationOutput(source="weighed.used", many=True)
    policy = serializers.CharField(help_text=gettext_lazy("digest of the version that was followed"))

    def get_age_seconds(self, found: prices.Found) -> int | None:
        return None if found.weighed.age is None else int(found.weighed.age.total_seconds())

    def get_deviation_basis_points(self, found: prices.Found) -> int | None:
        """Rounded up: what is over the line is never shown as on it."""
        return None if found.weighed.deviation is None else -int(-found.weighed.deviation * 10_000 // 1)


class Worth(Guarded):
    """What one whole asset is worth, by the sources that are fresh; or why there is no price to follow."""

    http_method_names = ["get", "head"]
    refusals = {
        403: "Your role does not see prices.",
        409: "There is no price to follow: unknown, stale, too few or too different.",
        422: "An input is missing or wrong.",
    }

    @extend_schema(
        parameters=[
            OpenApiParameter("asset", str, required=True),
            OpenApiParameter("quote", str, required=True),
            OpenApiParameter("at", {"type": "string", "format": "date-time"}),
            OpenApiParameter("known_at", {"type": "string", "format": "date-time"}),
        ],
        responses={200: Answer},
    )
    def get(self, request: Request) -> Response:
        actor, asked = actor_of(request), request.query_params.dict()
        if not actor.may("assets.view"):
            raise NotPermitted(_("Your role does not allow this."))
        form = Question(data=asked)
        if unknown := sorted(set(asked) - set(form.fields)):
            raise ValidationError({name[:100]: [_("There is no such filter.")] for name in unknown})
        form.is_valid(raise_exception=True)
        words = form.validated_data
        asset, quote = (self.asset(actor, name, words.pop(name)) for name in ("asset", "quote"))
        return Response(Answer(prices.price(asset, quote, **words)).data)

    def asset(self, actor: Any, name: str, code: str) -> Asset:
        found: Asset | None = Asset.objects.visible_to(actor).filter(code=code).first()
        if found is None:
            raise ValidationError({name: [_("There is no such asset.")]})
        return found


router = Addresses()
router.register("assets", Assets, "api-asset")
router.register("price-sources", Sources, "api-price-source")
router.register("price-imports", Imports, "api-price-import")
router.register("prices", Prices, "api-price")
urlpatterns = [path("price", Worth.as_view(), name="api-worth"), *router.urls]
