"""The access review over the API: reviews with their figures, and the answer to each grant."""

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from base.api import Output
from base.problems import CODES
from controls import reviews
from controls.api_actions import ActionRecords, post
from controls.models import AccessReview, ReviewedGrant

CODES["own_grant"] = gettext_lazy("Nobody reviews what they hold themselves; another must answer.")


class AnswerReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class AccessReviewOutput(Output):
    """With how many of its grants are in which state."""

    pending = serializers.IntegerField(read_only=True)
    confirmed = serializers.IntegerField(read_only=True)
    removed = serializers.IntegerField(read_only=True)
    lapsed = serializers.IntegerField(read_only=True)
    ended = serializers.IntegerField(read_only=True)

    class Meta:
        model = AccessReview
        fields = ["id", "quarter", "status", "opened_at", "due_at", "closed_at", "size", *reviews.FIGURES]
        read_only_fields = fields


class AccessReviewFilter(serializers.Serializer[Any]):
    quarter = serializers.CharField(required=False)
    status = serializers.ChoiceField(choices=AccessReview.Status.choices, required=False)


class AccessReviews(ActionRecords):
    """Reviews of all grants, one each quarter. They open and close by themselves."""

    model = AccessReview
    serializer_class = AccessReviewOutput
    filters = AccessReviewFilter

    def get_queryset(self) -> Any:
        return super().get_queryset().with_figures()


class ReviewedGrantOutput(Output):
    owner_role = serializers.CharField(read_only=True, help_text=gettext_lazy("whose people answer"))

    class Meta:
        model = ReviewedGrant
        fields = [
            *("id", "review", "grant", "client", "person", "role", "owner_role", "status"),
            *("answered_by", "answered_at", "available_actions"),
        ]
        read_only_fields = fields


class ReviewedGrantFilter(serializers.Serializer[Any]):
    review = serializers.UUIDField(required=False, source="review_id")
    person = serializers.UUIDField(required=False, source="person_id")
    owner_role = serializers.CharField(required=False)
    status = serializers.ChoiceField(choices=ReviewedGrant.Status.choices, required=False)


class ReviewedGrants(ActionRecords):
    """The grants of a review. Whoever holds `owner_role` confirms or removes each; what nobody confirms lapses."""

    model = ReviewedGrant
    serializer_class = ReviewedGrantOutput
    filters = ReviewedGrantFilter
    confirm_grant = post(reviews.confirm_grant)
    remove_grant = post(reviews.remove_grant, AnswerReasonInput)
