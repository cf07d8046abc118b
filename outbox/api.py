"""/api/v1/outbox/: receivers, deliveries, tries."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from base.api import Addresses, Output
from controls.api import ReasonInput
from controls.api_actions import ActionRecords, makes, post
from outbox import actions
from outbox.models import Delivery, DeliveryAttempt, Receiver, Secret


class ReceiverOutput(Output):
    class Meta:
        model = Receiver
        fields = [
            *("id", "kind", "status", "name", "url", "kinds", "person", "made_at", "paused_at", "delivered_at"),
            *("failures", "failing_since", "retry_at", "available_actions"),
        ]
        read_only_fields = fields


class ReceiverInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=actions.LONGEST_NAME)
    url = serializers.CharField(max_length=500, help_text=_("https://…"))
    kinds = serializers.ListField(child=serializers.CharField(max_length=60), max_length=100)


class RotateSecretInput(serializers.Serializer[Any]):
    overlap_hours = serializers.IntegerField(
        default=actions.OVERLAP_HOURS, min_value=0, max_value=actions.MAX_OVERLAP_HOURS
    )


class NewSecretOutput(serializers.ModelSerializer[Secret]):
    """A secret as whoever made it sees it, this once."""

    secret = serializers.CharField(source="shown", allow_null=True, help_text="shown once; null when told again")

    class Meta:
        model = Secret
        fields = ["id", "receiver", "made_at", "ends_at", "secret"]
        read_only_fields = fields


class ReceiverFilter(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Receiver.Kind.choices, required=False)
    status = serializers.ChoiceField(choices=Receiver.Status.choices, required=False)


class Receivers(ActionRecords):
    """Webhooks, and mailboxes of people who work here. A webhook is proposed and agreed by another person."""

    model = Receiver
    serializer_class = ReceiverOutput
    filters = ReceiverFilter
    create = makes(actions.register_receiver, ReceiverInput)
    change_receiver = post(actions.change_receiver, ReceiverInput)
    issue_secret = post(actions.issue_secret, gives=NewSecretOutput, shown_once=("secret",))
    rotate_secret = post(actions.rotate_secret, RotateSecretInput, gives=NewSecretOutput, shown_once=("secret",))
    pause = post(actions.pause, ReasonInput)
    resume = post(actions.resume, ReasonInput)
    end_receiver = post(actions.end_receiver, ReasonInput)
    send_test = post(actions.send_test)


class DeliveryOutput(Output):
    """What waits for a receiver or came of it. What was sent is not shown."""

    event = serializers.UUIDField(source="event.ref", read_only=True)
    kind = serializers.CharField(source="event.kind", read_only=True)

    class Meta:
        model = Delivery
        fields = [
            *("id", "receiver", "number", "event", "kind", "status", "attempts", "made_at", "ended_at"),
            "available_actions",
        ]
        read_only_fields = fields


class DeliveryFilter(serializers.Serializer[Any]):
    receiver = serializers.UUIDField(required=False, source="receiver_id")
    status = serializers.ChoiceField(choices=Delivery.Status.choices, required=False)


class Deliveries(ActionRecords):
    model = Delivery
    serializer_class = DeliveryOutput
    filters = DeliveryFilter
    related = ("event", "receiver")
    replay = post(actions.replay, ReasonInput)


class TryOutput(Output):
    class Meta:
        model = DeliveryAttempt
        fields = ["id", "delivery", "number", "at", "outcome", "code", "duration_ms", "available_actions"]
        read_only_fields = fields


class TryFilter(serializers.Serializer[Any]):
    delivery = serializers.UUIDField(required=False, source="delivery_id")


class Tries(ActionRecords):
    """Each try of a delivery: whether it was taken, how fast, and with which code."""

    model = DeliveryAttempt
    serializer_class = TryOutput
    filters = TryFilter


router = Addresses()
router.register("receivers", Receivers, "api-receiver")
router.register("deliveries", Deliveries, "api-delivery")
router.register("tries", Tries, "api-try")
urlpatterns = router.urls
