"""The API's description: what each address takes, what it answers, and how it refuses."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from base.problems import CONTENT_TYPE

ALWAYS = {401: "Not signed in, or the key is refused.", 429: "Too many requests; see Retry-After."}
READS = {422: "A filter, an ordering or a cursor that is none."}
ONE = {404: "There is no such record, or you may not know of it."}
WRITES = {
    400: "Not JSON, or not the form that was announced.",
    403: "You may see this, but not do this with it.",
    404: "There is no such record, or you may not know of it.",
    409: "Not in this state; or the first request with this Idempotency-Key still runs.",
    413: "The body is too large.",
    415: "The body is of a kind that is not taken.",
    422: "An input is missing or wrong; or the Idempotency-Key was used with another request.",
    503: "The database did not get to it in time; nothing was changed.",
}
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Up to 200 visible ASCII characters. The same key and body give the same answer for 48 hours.",
)


class ProblemOutput(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable: programs decide by it.")
    detail = serializers.CharField(help_text="For people.")
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(child=serializers.CharField()),
        required=False,
        help_text="The inputs at fault: field, code, detail.",
    )


class Described(AutoSchema):
    """Adds to every operation what the bases of the API do for all of them."""

    def get_override_parameters(self) -> list[Any]:
        if self.method == "POST":
            return [KEY]
        view: Any = self.view
        filters = getattr(view, "filters", None)
        if not self._is_list_view():
            return []
        ordering = OpenApiParameter("ordering", str, enum=list(view.orderings))
        return [ordering, filters] if filters else [ordering]

    def get_tags(self) -> list[str]:
        parts = [part for part in self._tokenize_path() if not part.startswith("{")]
        return [": ".join(parts[:2])]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status, words in sorted(self._refusals().items()):
            refusal = OpenApiResponse(ProblemOutput, words)
            answer = self._get_response_for_code(refusal, str(status), [CONTENT_TYPE], direction)  # type: ignore[no-untyped-call]
            bodies[str(status)] = answer
        return bodies

    def _refusals(self) -> dict[int, str]:
        if self.method == "POST":
            return ALWAYS | WRITES
        own: dict[int, str] | None = getattr(self.view, "refusals", None)
        return ALWAYS | (own or (READS if self._is_list_view() else ONE))


def without_last_slash(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Addresses are taken with and without it, and described without."""
    return [(path.rstrip("/"), regex, method, view) for path, regex, method, view in endpoints]
