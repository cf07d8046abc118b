"""One POST endpoint for each action: shape checked by a serializer, everything else by the action.

    class Applications(ActionRecords):
        model = Application
        approve = post(actions.approve, ApproveInput)             # POST applications/{id}/approve
        create = makes(actions.open_application, OpenInput)        # POST applications

An action with a quorum is proposed: the endpoint answers 202 with the proposal, and others decide on that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action as endpoint
from rest_framework.exceptions import ErrorDetail, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from base import clock
from base.api import Output, Records
from base.bodies import Multipart
from base.errors import NotPermitted, RuleError
from controls import approvals, idempotency
from controls.actions import Action
from controls.actor import Actor
from controls.idempotency import Answer
from controls.models import Attempt, Proposal


def actor_of(request: Request) -> Actor:
    actor: Actor = request._request.actor  # type: ignore[attr-defined]
    return actor


class Nothing(serializers.Serializer[Any]):
    """No input."""


class ActionRecords(Records):
    """Records with the POST endpoints of their actions."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        wrong = [name for name, run in vars(cls).items() if hasattr(run, "doing") and run.__name__ != name]
        assert not wrong, f"{cls.__name__}: {wrong} must be named like the path"
        VIEWS[cls.model] = cls

    def available(self, record: models.Model) -> list[str]:
        """The endpoints of a record that would not be refused to this actor now."""
        actor = actor_of(self.request)
        runs: list[Any] = VIEWS[type(record)].get_extra_actions() if type(record) in VIEWS else []
        return [run.url_path for run in runs if hasattr(run, "doing") and _may(run.doing, record, actor)]


VIEWS: dict[type[models.Model], type[ActionRecords]] = {}


class ProposalOutput(Output):
    """A proposal and the exact difference it makes."""

    arguments = serializers.JSONField(read_only=True)
    difference = serializers.JSONField(read_only=True)
    quorum = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    reason = serializers.CharField(read_only=True)
    proposed_by_name = serializers.CharField(source="proposed_by.name", read_only=True)

    class Meta:
        model = Proposal
        fields = [
            *("id", "action", "record_model", "record_id", "arguments", "difference", "quorum", "reason", "status"),
            *("proposed_by", "proposed_by_name", "proposed_at", "expires_at", "decided_at", "available_actions"),
        ]
        read_only_fields = fields


@dataclass(frozen=True)
class Doing:
    """How one action is called. `gives` is the serializer of its result where that is not the record itself."""

    verb: Any
    takes: type[serializers.Serializer[Any]]
    gives: type[serializers.Serializer[Any]] | None
    status: int
    shown_once: tuple[str, ...] = ()

    @property
    def action(self) -> Action:
        found: Action = self.verb.action
        return found


def post(
    verb: Any,
    takes: type[serializers.Serializer[Any]] = Nothing,
    *,
    path: str = "",
    gives: type[serializers.Serializer[Any]] | None = None,
    uploads: bool = False,
    shown_once: tuple[str, ...] = (),
) -> Any:
    """POST {id}/{path}; the path is the verb's name unless given. `uploads`: the body is multipart; `shown_once`:
    names in the answer that are never told again."""
    doing = _doing(verb, takes, gives, 200, shown_once)
    run = _endpoint(doing, path or verb.action.body.__name__, lambda view: view.get_object())
    options: dict[str, Any] = {"parser_classes": [Multipart]} if uploads else {}
    return _documented(doing, endpoint(detail=True, methods=["post"], url_path=run.__name__, **options)(run), uploads)


def makes(verb: Any, takes: type[serializers.Serializer[Any]]) -> Any:
    """POST to the list, for an action that creates a record: 201 with its address in Location."""
    doing = _doing(verb, takes, None, 201, ())
    return _documented(doing, _endpoint(doing, "create", lambda view: None), uploads=False)


def _doing(verb: Any, takes: Any, gives: Any, status: int, shown_once: tuple[str, ...]) -> Doing:
    if verb.action.quorum:
        return Doing(verb, _with_reason(verb, takes), ProposalOutput, 202)
    return Doing(verb, takes, gives, status, shown_once)


def answered(request: Request, prepare: Callable[[], Callable[[], Answer]]) -> HttpResponse:
    """The answer to a POST, under its Idempotency-Key if it has one. `prepare` looks at the request and raises what
    is wrong with it; what it returns runs in one transaction."""
    actor = actor_of(request)
    key = request.headers.get("Idempotency-Key")
    digest = "" if key is None else idempotency.digest_of("POST", request.path, *_sent(request))
    before = idempotency.told(key, digest, actor)
    return _sendable(before or idempotency.once(key, digest, actor, prepare()))


def _endpoint(doing: Doing, name: str, record_of: Callable[[Any], Any]) -> Any:
    def run(self: Any, request: Request, **kwargs: Any) -> HttpResponse:
        def prepare() -> Callable[[], Answer]:
            record, actor = record_of(self), actor_of(request)
            words = _shape(self, doing, record, actor)
            return lambda: _answer(self, doing, _done(doing, record, actor, words))

        return answered(request, prepare)

    run.__name__ = name
    run.__doc__ = doing.action.body.__doc__
    run.doing = doing  # type: ignore[attr-defined]
    return run


def _documented(doing: Doing, run: Any, uploads: bool) -> Any:
    kind = "multipart/form-data" if uploads else "application/json"
    described: dict[str, Any] = {"request": None if doing.takes is Nothing else {kind: doing.takes}}
    if doing.gives:
        described["responses"] = {doing.status: doing.gives}
    return extend_schema(**described)(run)


def _shape(view: Any, doing: Doing, record: models.Model | None, actor: Actor) -> dict[str, Any]:
    """The inputs, if their shape is right. Who may not do this at all is told that first."""
    try:
        data = view.request.data
        form = doing.takes(data=data, context=view.get_serializer_context())
        if unknown := sorted(set(data) - set(form.fields)) if isinstance(data, dict) else []:
            raise ValidationError({name[:100]: [ErrorDetail(_("No such input."), "unknown")] for name in unknown})
        form.is_valid(raise_exception=True)
    except (ValidationError, ParseError, UnsupportedMediaType):
        refused = _refusal(doing.action, record, actor)
        if isinstance(refused, NotPermitted):
            _note(doing.action, record, actor, refused)
            raise refused from None
        raise
    return dict(form.validated_data)


def _refusal(found: Action, record: models.Model | None, actor: Actor) -> RuleError | None:
    proposing: Action = approvals.propose.action
    first = proposing.refusal(None, by=actor) if found.quorum else None
    return first or found.refusal(record, by=actor)


def _may(doing: "Doing", record: models.Model, actor: Actor) -> bool:
    return _refusal(doing.action, record, actor) is None


def _note(found: Action, record: models.Model | None, actor: Actor, refused: RuleError) -> None:
    """The line in the log of attempts, as the action itself would have written it."""
    label, key = ("", "") if record is None else (record._meta.label_lower, str(record.pk))
    Attempt.objects.create(
        at=clock.now(), actor=actor.label, action=found.name, record_model=label, record_id=key, code=refused.code
    )


def _done(doing: Doing, record: models.Model | None, by: Actor, words: dict[str, Any]) -> Any:
    if not doing.action.quorum:
        return doing.verb(*([] if record is None else [record]), by=by, **words)
    arguments = {name: value for name, value in words.items() if name != "reason"}
    name, reason = doing.action.name, words["reason"]
    return approvals.propose(by=by, name=name, record=record, arguments=arguments, reason=reason)


def _answer(view: Any, doing: Doing, result: Any) -> Answer:
    """The record as it is now, in the same transaction. One that went out of the actor's sight is not shown."""
    if doing.gives is None:
        result = view.get_queryset().filter(pk=result.pk).first()
        if result is None:
            return Answer(204, "")
    data = dict((doing.gives or view.get_serializer_class())(result, context=view.get_serializer_context()).data)
    location = f"{view.request.path.rstrip('/')}/{result.pk}" if doing.status == 201 else ""
    kept = json_text(data | dict.fromkeys(doing.shown_once)) if doing.shown_once else None
    return Answer(doing.status, json_text(data), location, kept)


def json_text(data: Any) -> str:
    return bytes(JSONRenderer().render(data)).decode()


def _sent(request: Request) -> tuple[Any, dict[str, list[Any]]]:
    if not hasattr(request.data, "lists"):
        return request.data, {}
    files = {name: request.FILES.getlist(name) for name in request.FILES}
    return {name: found for name, found in request.data.lists() if name not in files}, files


def _sendable(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.location:
        response["Location"] = answer.location
    if answer.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def _with_reason(verb: Any, takes: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """What is proposed says why."""
    reason = serializers.CharField(max_length=2000, help_text=gettext_lazy("why this is proposed"))
    name = "".join(part.title() for part in verb.action.body.__name__.split("_")) + "Input"
    return type(name, (takes,), {"reason": reason, "__doc__": takes.__doc__, "__module__": __name__})
