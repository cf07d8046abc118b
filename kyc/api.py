"""/api/v1/kyc/: applicants are created, upload and hand in; staff claim and decide."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action as endpoint
from rest_framework.request import Request

from base.api import Addresses, Known, Output
from base.errors import Invalid
from base.problems import CODES
from base.tasks import wake
from controls.actor import Actor
from controls.api_actions import ActionRecords, answered, json_text, makes, post
from controls.idempotency import Answer
from controls.models import LegalEntity
from kyc import actions, findings, tasks
from kyc.guidance import guidance
from kyc.models import Application, Check, Decision, Document, Picture
from kyc.vision.intake import MAX_BYTES

LONGEST_WORDS = 2000
CODES.update(
    {
        "exists": _("A customer with this reference exists already."),
        "application_open": _("An application of this customer is open; a new one can follow when it has ended."),
        "approved_already": _("This customer was approved already."),
        "incomplete": _("Pictures are missing; `guidance.missing` of the application names them."),
        "damaged": _("The picture cannot be read."),
        "claimed": _("Somebody else is on this application."),
        "not_claimed": _("Take the application on first."),
        "changed_since": _("Something changed since you looked; look again."),
        "lease_lost": _("Another worker has taken this check on."),
    }
)

# --- what comes out -----------------------------------------------------------------------------------------------


class SlotOutput(serializers.Serializer[Any]):
    kind = serializers.CharField()
    side = serializers.CharField()
    text = serializers.CharField()


class GuidanceOutput(serializers.Serializer[Any]):
    """What the applicant may be told, in words for them."""

    status = serializers.CharField()
    text = serializers.CharField()
    missing = SlotOutput(many=True)


class CheckOutput(serializers.ModelSerializer[Check]):
    reasons = serializers.SerializerMethodField()

    class Meta:
        model = Check
        fields = [
            "id",
            "kind",
            "outcome",
            "reasons",
            "scores",
            "thresholds",
            "models_used",
            "policies",
            "input_hash",
            "computed_at",
        ]
        read_only_fields = fields

    def get_reasons(self, check: Check) -> list[str]:
        return [findings.words(reason) for reason in check.reasons]


class ApplicationOutput(Output):
    """What a client sees of its own intake: no finding, no risk, nobody's name; staff sees more."""

    reference = serializers.CharField(source="customer.reference", read_only=True)
    guidance = serializers.SerializerMethodField()
    review = serializers.SerializerMethodField(help_text=_("staff only"))

    class Meta:
        model = Application
        fields = [
            "id",
            "reference",
            "opened_at",
            "submitted_at",
            "expires_at",
            "guidance",
            "review",
            "available_actions",
        ]
        read_only_fields = fields

    @extend_schema_field(GuidanceOutput)
    def get_guidance(self, application: Application) -> dict[str, Any]:
        return guidance(application)

    @extend_schema_field({"type": "object", "nullable": True})
    def get_review(self, application: Application) -> dict[str, Any] | None:
        actor: Actor = self.context["request"].actor
        if not actor.may("kyc.view_application"):
            return None
        return {
            "status": application.status,
            "risk": {
                "band": application.risk_band,
                "points": application.risk_points,
                "reasons": application.risk_reasons,
            },
            "claimed_by": application.claimed_by_id,
            "claimed_until": application.claimed_until,
            "waiting_since": application.waiting_since,
            "seen": application.seen_digest(),
            "checks": CheckOutput(application.checks.current().order_by("kind"), many=True).data,
        }


class ApplicationRow(Output):
    """A row of the list."""

    reference = serializers.CharField(source="customer.reference", read_only=True)

    class Meta:
        model = Application
        fields = ["id", "reference", "opened_at", "submitted_at", "expires_at", "available_actions"]
        read_only_fields = fields


class DocumentOutput(Output):
    class Meta:
        model = Document
        fields = [
            *("id", "application", "kind", "side", "uploaded_at", "replaced_at", "original_sha256", "original_size"),
            *("original_type", "verdict", "available_actions"),
        ]
        read_only_fields = fields


class DecisionOutput(Output):
    status = serializers.CharField(source="application.status", read_only=True)

    class Meta:
        model = Decision
        fields = ["id", "application", "round", "kind", "by", "at", "reason_code", "wanted", "seen", "status"]
        read_only_fields = fields


class PictureOutput(Output):
    """The picture itself opens in the back office alone, where every look is noted."""

    class Meta:
        model = Picture
        fields = ["id", "document", "page", "sha256", "content_type", "width", "height"]
        read_only_fields = fields


# --- what goes in -------------------------------------------------------------------------------------------------


class OpenInput(serializers.Serializer[Any]):
    entity = Known(LegalEntity, required=False, help_text=_("needed where the group has several companies"))
    reference = serializers.CharField(max_length=64)
    given_names = serializers.CharField(max_length=150, allow_blank=True)
    family_name = serializers.CharField(max_length=150)
    birth_date = serializers.DateField()
    residence = serializers.CharField(max_length=3, help_text=_("ISO 3166-1"))
    nationality = serializers.CharField(max_length=3, help_text=_("ISO 3166-1, or what ICAO 9303 adds"))
    document_number = serializers.CharField(max_length=30, allow_blank=True, default="")
    address = serializers.CharField(max_length=500, allow_blank=True, default="")


class Rebuilt(serializers.FileField):
    """A picture, rebuilt from its pixels before any transaction begins."""

    def to_internal_value(self, data: Any) -> Any:
        file = super().to_internal_value(data)
        if file.size > MAX_BYTES:
            raise serializers.ValidationError(_("The file is too large."), code="too_large")
        try:
            return actions.Upload.of(str(file.name), file.read())
        except Invalid as refused:
            raise serializers.ValidationError(refused.text, code=refused.code) from refused


class UploadInput(serializers.Serializer[Any]):
    """JPEG, PNG, WEBP, HEIC or PDF."""

    kind = serializers.ChoiceField(choices=Document.Kind.choices)
    side = serializers.ChoiceField(choices=Document.Side.choices, default="front")
    file = Rebuilt(max_length=300)


class DecisionInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40, help_text=_("of the table of reasons"))
    reason = serializers.CharField(max_length=LONGEST_WORDS, help_text=_("in words"))
    seen = serializers.CharField(max_length=64, help_text=_("review.seen of the application as it was read"))


class SlotInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Document.Kind.choices)
    side = serializers.ChoiceField(choices=Document.Side.choices, default="front")


class AskInput(DecisionInput):
    wanted = SlotInput(many=True, allow_empty=False)


class WithdrawInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_WORDS, allow_blank=True, default="")


class FreeInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_WORDS)


def submit(application: Application, *, by: Actor) -> Application:
    """Everything is there: the workers take over."""
    handed_in: Application = actions.submit(application, by=by)
    wake(tasks.read_documents)
    wake(tasks.compare_faces)
    return handed_in


submit.action = actions.submit.action  # type: ignore[attr-defined]


class OwnIntakeFilter(serializers.Serializer[Any]):
    reference = serializers.CharField(required=False, source="customer__reference")


class ApplicationFilter(OwnIntakeFilter):
    """`status` and `risk_band` for staff only."""

    status = serializers.ChoiceField(choices=Application.Status.choices, required=False)
    risk_band = serializers.ChoiceField(choices=Application.Band.choices, required=False)


class Applications(ActionRecords):
    model = Application
    serializer_class = ApplicationOutput
    filters = ApplicationFilter
    related = ("customer", "claimed_by")
    create = makes(actions.open_application, OpenInput)
    upload = post(actions.upload, UploadInput, path="upload", gives=DocumentOutput, uploads=True)
    submit = post(submit)
    withdraw = post(actions.withdraw, WithdrawInput)
    claim = post(actions.claim)
    extend_claim = post(actions.extend_claim)
    release_claim = post(actions.release_claim)
    free_claim = post(actions.free_claim, FreeInput)
    approve = post(actions.approve, DecisionInput, gives=DecisionOutput)
    approve_second = post(actions.approve_second, DecisionInput, gives=DecisionOutput)
    send_back = post(actions.send_back, DecisionInput, gives=DecisionOutput)
    reject = post(actions.reject, DecisionInput, gives=DecisionOutput)
    ask = post(actions.ask, AskInput, gives=DecisionOutput)

    def get_object(self) -> Any:
        """As it stands now for whoever reads its facts: who was told to look again sees what has changed."""
        found, actor = super().get_object(), self.request.actor  # type: ignore[attr-defined]
        reads = self.request.method == "GET" and actor.may("kyc.view_application")
        return super().get_object() if reads and actions.look_again(found) else found

    def filters_for_actor(self) -> type[serializers.Serializer[Any]]:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return ApplicationFilter if actor.may("kyc.view_application") else OwnIntakeFilter

    def get_serializer_class(self) -> Any:
        return ApplicationRow if self.action == "list" else ApplicationOutput

    @extend_schema(request=None, responses={200: ApplicationOutput, 204: None})
    @endpoint(detail=False, methods=["post"])
    def claim_next(self, request: Request) -> HttpResponse:
        """The application you are on, else the one that waits longest; nothing (204) when none waits."""

        def claim() -> Answer:
            found = actions.claim_next(by=request.actor)  # type: ignore[attr-defined]
            return Answer(204, "") if found is None else Answer(200, json_text(self.get_serializer(found).data))

        return answered(request, lambda: claim)


class OfApplication(serializers.Serializer[Any]):
    application = serializers.UUIDField(required=False, source="application_id")


class Documents(ActionRecords):
    model = Document
    serializer_class = DocumentOutput
    filters = OfApplication


class Decisions(ActionRecords):
    model = Decision
    serializer_class = DecisionOutput
    filters = OfApplication
    related = ("application",)


router = Addresses()
router.register("applications", Applications, "api-application")
router.register("documents", Documents, "api-document")
router.register("decisions", Decisions, "api-decision")
urlpatterns = router.urls
