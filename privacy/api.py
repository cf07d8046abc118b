"""/api/v1/privacy/: until when persons are kept, holds, certificates, access requests."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from base.api import Addresses, Output
from base.problems import CODES
from controls.api_actions import ActionRecords, makes, post
from privacy import actions
from privacy.models import AccessRequest, Certificate, Hold, Subject

CODES.update(
    {
        "relationship_lasts": _("The relationship lasts: nothing of it can be erased yet."),
        "held": _("A legal hold keeps this."),
        "bundle_under_way": _("A bundle for them is being made."),
    }
)


class WhyInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class HoldInput(WhyInput):
    review_on = serializers.DateField()


class SubjectInput(serializers.Serializer[Any]):
    model = serializers.CharField(max_length=60)
    person = serializers.UUIDField()


class SubjectOutput(Output):
    class Meta:
        model = Subject
        fields = [
            *("id", "model", "person", "status", "country", "ended_on", "retain_until", "policy", "tracked_at"),
            *("restricted_at", "erased_at", "available_actions"),
        ]
        read_only_fields = fields


class SubjectFilters(serializers.Serializer[Any]):
    person = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(required=False, choices=Subject.Status.choices)


class HoldOutput(Output):
    words = serializers.CharField(read_only=True)

    class Meta:
        model = Hold
        fields = [
            *("id", "subject", "owner", "words", "review_on", "placed_at", "lifted_by", "lifted_at"),
            "available_actions",
        ]
        read_only_fields = fields


class CertificateOutput(Output):
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = Certificate
        fields = ["id", "model", "person", "rule", "policy", "retained_until", "at", "counts", "digest"]
        read_only_fields = fields


class AccessRequestOutput(Output):
    class Meta:
        model = AccessRequest
        fields = ["id", "subject", "asked_by", "asked_at", "job", "available_actions"]
        read_only_fields = fields


class Subjects(ActionRecords):
    model = Subject
    serializer_class = SubjectOutput
    filters = SubjectFilters
    create = makes(actions.track, SubjectInput)
    restrict = post(actions.restrict, WhyInput)
    place_hold = post(actions.place_hold, HoldInput, gives=HoldOutput)
    prepare_access = post(actions.prepare_access, WhyInput, gives=AccessRequestOutput)


class Holds(ActionRecords):
    model = Hold
    serializer_class = HoldOutput
    review_hold = post(actions.review_hold, HoldInput)
    lift_hold = post(actions.lift_hold, WhyInput)


class Certificates(ActionRecords):
    model = Certificate
    serializer_class = CertificateOutput


class AccessRequests(ActionRecords):
    model = AccessRequest
    serializer_class = AccessRequestOutput


addresses = Addresses()
addresses.register("subjects", Subjects, "privacy-subject")
addresses.register("holds", Holds, "privacy-hold")
addresses.register("certificates", Certificates, "privacy-certificate")
addresses.register("access-requests", AccessRequests, "privacy-accessrequest")
urlpatterns = addresses.urls
