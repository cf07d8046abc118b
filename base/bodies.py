"""How the body of a request is read, whatever wrote it."""

import json
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation


class JSON(parsers.JSONParser):
    """Strict: UTF-8, no NaN, no name twice, no text that no database keeps, no endless body."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        if _length(parser_context["request"]) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
            raise RequestDataTooBig
        try:
            found = json.loads(stream.read().decode(), parse_constant=_no_constant, object_pairs_hook=_once_each)
            json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not JSON as RFC 8259 has it.")) from error
        if "\\u0000" in json.dumps(found):
            raise ParseError(_("A text holds the character NUL."))
        return found


class Multipart(parsers.MultiPartParser):
    """Files and texts. Always UTF-8: other encodings are a way to say one thing to two readers."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return super().parse(stream, media_type, {**parser_context, "encoding": "utf-8"})


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if str(length).isdigit() else 0


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


class AlwaysFirst(DefaultContentNegotiation):
    """The API speaks JSON whatever Accept asks for: a refusal must reach its reader."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type
