"""What every API stands on: who may look sees it, in pages; inputs are checked for shape; refusals are problems."""

from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import pagination, routers, serializers, views, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from base.crypto import Undecryptable, decrypt, encrypt
from base.errors import NotFound as NoSuchRecord
from base.problems import CODES

UUIDS = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


class Known(serializers.UUIDField):
    """An id of a record that the actor may know of; the action gets the record."""

    default_error_messages = {"unknown": gettext_lazy("There is no such record.")}

    def __init__(self, model: type[models.Model], **options: Any) -> None:
        self.model = model
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        key = super().to_internal_value(data)
        found = self.model.objects.visible_to(self.context["request"].actor).filter(pk=key).first()  # type: ignore[attr-defined]
        if found is None:
            self.fail("unknown")
        return found


# --- reading records ----------------------------------------------------------------------------------------------


class Pages(pagination.CursorPagination):
    """By cursor, which is sealed: it tells no position, and one that was changed does not open."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> Any:
        allowed: tuple[str, ...] = view.orderings
        wanted = request.query_params.get("ordering", allowed[0])
        if wanted not in allowed:
            raise ValidationError({"ordering": [_("One of: %s.") % ", ".join(allowed)]})
        return (wanted,)

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        self.path = request.path_info
        return super().paginate_queryset(queryset, request, view)

    def encode_cursor(self, cursor: Any) -> str:
        tokens = {"o": cursor.offset, "r": int(cursor.reverse)}
        if cursor.position is not None:
            tokens["p"] = cursor.position
        sealed = encrypt(urlencode(tokens).encode(), self._place()).hex()
        return replace_query_param(str(self.base_url), self.cursor_query_param, sealed)

    def decode_cursor(self, request: Any) -> Any:
        sealed = request.query_params.get(self.cursor_query_param)
        if sealed is None:
            return None
        try:
            tokens = parse_qs(decrypt(bytes.fromhex(sealed), self._place()).decode(), keep_blank_values=True)
        except (ValueError, Undecryptable) as error:
            raise ValidationError({"cursor": [_("This cursor was not given out for this list.")]}) from error
        position: Any = tokens.get("p", [None])[0]
        return pagination.Cursor(int(tokens["o"][0]), tokens["r"][0] == "1", position)

    def _place(self) -> str:
        return f"cursor:{self.path}:{self.ordering[0]}"


class Guarded(views.APIView):
    """Every view of the API."""

    metadata_class = None
    http_method_names = ["get", "post", "head"]

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


class Codes(Guarded):
    """What each `code` of a refusal means."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        return Response({code: str(meaning) for code, meaning in sorted(CODES.items())})


class Nowhere(Guarded):
    """Every address below /api/ that leads nowhere."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound


class Records(Guarded, viewsets.ReadOnlyModelViewSet[Any]):
    """Records of `model` that the actor may know of, newest first. `filters` is a serializer whose fields are the
    parameters that are taken (`source` names the look-up); `orderings` those that are allowed, the default first."""

    model: ClassVar[type[models.Model]]
    filters: ClassVar[type[serializers.Serializer[Any]] | None] = None
    orderings: ClassVar[tuple[str, ...]] = ("-id", "id")
    related: ClassVar[tuple[str, ...]] = ()
    pagination_class = Pages
    lookup_value_regex = UUIDS

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.model.all_unrestricted.none()  # type: ignore[attr-defined]
        return self.model.objects.visible_to(self.request.actor).select_related(*self.related)  # type: ignore[attr-defined]

    def filters_for_actor(self) -> type[serializers.Serializer[Any]] | None:
        """What is not shown to somebody may not be filtered by either: the answer would tell."""
        return self.filters

    def filter_queryset(self, queryset: Any) -> Any:
        """Only what is asked for by a known name: a misspelt filter must not answer with everything."""
        if self.action != "list":
            return queryset
        asked = self.request.query_params.dict()
        for name in ("cursor", "page_size", "ordering"):
            asked.pop(name, None)
        taken = self.filters_for_actor()
        form = taken(data=asked) if taken else None
        if unknown := sorted(set(asked) - set(form.fields if form else ())):
            raise ValidationError({name[:100]: [_("There is no such filter.")] for name in unknown})
        if form is None:
            return queryset
        form.is_valid(raise_exception=True)
        return queryset.filter(**form.validated_data)

    def get_object(self) -> Any:
        found = self.get_queryset().filter(**{self.lookup_field: UUID(self.kwargs[self.lookup_field])}).first()
        if found is None:
            raise NoSuchRecord(_("There is no such record."))
        return found


class Output(serializers.ModelSerializer[Any]):
    """A record as the API shows it, with what this actor may do with it now."""

    available_actions = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_available_actions(self, record: Any) -> list[str]:
        view: Any = self.context.get("view")
        return view.available(record) if hasattr(view, "available") else []


class Addresses(routers.SimpleRouter):
    """The addresses of one app's API, with or without the last slash."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)
        self.trailing_slash = "/?"
