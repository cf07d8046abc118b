"""/api/v1/controls/: people, roles, proposals, clients, what was done."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from base.api import Addresses, Known, Output, Records
from base.errors import NotFound
from base.problems import CODES
from controls import (
    api_reviews,
    api_schema,
    approvals,
    clients,
    examinations,
    leaving,
    policies,
    relations,
    staff,
    timeline,
)
from controls.api_actions import ActionRecords, ProposalOutput, actor_of, makes, post
from controls.models import (
    ApiClient,
    AuditEntry,
    ClientKey,
    Examination,
    LegalEntity,
    Person,
    PolicyVersion,
    Proposal,
    Relation,
    ReportSight,
    RoleGrant,
)

CODES.update(
    {
        "person_needed": gettext_lazy("Only a signed-in person may do this, not a key."),
        "confirmation_needed": gettext_lazy("A second factor within the last 15 minutes is needed first."),
        "same_person": gettext_lazy("You were the first person; another must decide."),
        "not_enrolled": gettext_lazy("The person has not signed in with an own password and second factor yet."),
        "concerned": gettext_lazy("The proposal gives you power; people it does not concern must agree."),
        "approval_needed": gettext_lazy("This is proposed by one person and agreed by others."),
        "difference_changed": gettext_lazy("What this would change is no longer what was proposed."),
        "proposed_already": gettext_lazy("The very same is proposed already, and waits for others to agree."),
        "last_way_back": gettext_lazy(
            "Nobody could give the last right to manage staff back; keep two others who can."
        ),
        "related": gettext_lazy("You declared a relation to whom this is about; another must do it."),
        "declared_already": gettext_lazy("You declared this relation already."),
        "examines": gettext_lazy("Who examines holds no role, program or sight of reports, and the other way round."),
        "toxic_roles": gettext_lazy("One person does not hold these two roles together."),
        "draft_changed": gettext_lazy("The draft was saved in another window meanwhile."),
        "overtaken": gettext_lazy("Another version of the policy holds by now; take it into the draft first."),
        "nothing_changes": gettext_lazy("The document says what holds on that day already."),
    }
)


class ReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


# --- people and their roles ---------------------------------------------------------------------------------------


class PersonOutput(Output):
    email = serializers.CharField(read_only=True, help_text=gettext_lazy("empty where none is known"))

    class Meta:
        model = Person
        fields = ["id", "username", "name", "email", "zone", "is_active", "joined_at", "left_at", "available_actions"]
        read_only_fields = fields


class PersonInput(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=64)
    name = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    email = serializers.EmailField(max_length=254, default="", allow_blank=True)
    zone = serializers.CharField(max_length=64, default="UTC")


class RoleInput(serializers.Serializer[Any]):
    role = serializers.CharField(max_length=40)


class PeopleFilter(serializers.Serializer[Any]):
    username = serializers.CharField(required=False)
    is_active = serializers.BooleanField(required=False)


class SightOutput(Output):
    class Meta:
        model = ReportSight
        fields = ["id", "person", "granted_by", "granted_at", "ended_at", "available_actions"]
        read_only_fields = fields


class ReportSights(ActionRecords):
    """Who sees suspicious-activity reports."""

    model = ReportSight
    serializer_class = SightOutput
    end_report_sight = post(staff.end_report_sight, ReasonInput)


class ExaminationOutput(Output):
    purpose = serializers.CharField(read_only=True)

    class Meta:
        model = Examination
        fields = [
            *("id", "number", "person", "kind", "firm", "purpose", "records", "entity", "listed", "records_from"),
            *("records_to", "first_day", "last_day", "granted_by", "agreed_by", "ended_at", "available_actions"),
        ]
        read_only_fields = fields


class ExaminationInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Examination.Kind.choices)
    firm = serializers.CharField(max_length=150)
    purpose = serializers.CharField(max_length=2000)
    records = serializers.ListField(child=serializers.CharField(max_length=80), max_length=20)
    entity = Known(LegalEntity, required=False, help_text=_("none: every company"))
    records_from = serializers.DateField()
    records_to = serializers.DateField()
    listed = serializers.CharField(
        max_length=20_000, allow_blank=True, default="", help_text=_("ids of customers, apart by spaces; empty: all")
    )
    first_day = serializers.DateField()
    last_day = serializers.DateField()


class ExaminationFilter(serializers.Serializer[Any]):
    person = serializers.UUIDField(required=False, source="person_id")


class Examinations(ActionRecords):
    """Who from outside reads what, and until when."""

    model = Examination
    serializer_class = ExaminationOutput
    filters = ExaminationFilter
    end_examination = post(examinations.end_examination, ReasonInput)


class People(ActionRecords):
    model = Person
    serializer_class = PersonOutput
    filters = PeopleFilter
    create = makes(staff.create_person, PersonInput)
    see_off = post(leaving.see_off, ReasonInput)
    suspend_person = post(staff.suspend_person, ReasonInput)
    restore_person = post(staff.restore_person)
    grant_role = post(staff.grant_role, RoleInput)
    grant_examination = post(examinations.grant_examination, ExaminationInput)
    grant_report_sight = post(staff.grant_report_sight, ReasonInput, gives=SightOutput)


class GrantOutput(Output):
    class Meta:
        model = RoleGrant
        fields = [
            "id",
            "person",
            "role",
            "granted_at",
            "granted_by",
            "agreed_by",
            "suspended_at",
            "ended_at",
            "available_actions",
        ]
        read_only_fields = fields


class GrantFilter(serializers.Serializer[Any]):
    person = serializers.UUIDField(required=False, source="person_id")
    role = serializers.CharField(required=False)


class Grants(ActionRecords):
    model = RoleGrant
    serializer_class = GrantOutput
    filters = GrantFilter
    suspend_role = post(staff.suspend_role, ReasonInput)
    restore_role = post(staff.restore_role)
    end_role = post(staff.end_role, ReasonInput)


# --- relations ----------------------------------------------------------------------------------------------------


class RelationOutput(Output):
    """`reference` and `words` are told to who declared it and to who knows every record of the kind; else null."""

    reference = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = Relation
        fields = [
            *("id", "person", "kind", "model", "entity", "reference", "words", "declared_at"),
            *("ended_at", "ended_by", "end_agreed_by", "available_actions"),
        ]
        read_only_fields = fields

    def get_reference(self, relation: Relation) -> str | None:
        return relation.reference if self._tells(relation) else None

    def get_words(self, relation: Relation) -> str | None:
        return relation.words if self._tells(relation) else None

    def _tells(self, relation: Relation) -> bool:
        return relations.tells(relation, actor_of(self.context["request"]))


class RelationInput(serializers.Serializer[Any]):
    about = serializers.CharField(max_length=60, help_text=gettext_lazy("the kind of record, as kyc.customer"))
    entity = Known(LegalEntity)
    reference = serializers.CharField(max_length=relations.LONGEST)
    kind = serializers.ChoiceField(choices=Relation.Kind.choices)
    words = serializers.CharField(max_length=2000)


class RelationFilter(serializers.Serializer[Any]):
    person = serializers.UUIDField(required=False, source="person_id")


class Relations(ActionRecords):
    """Whom people who work here are related to: one's own, and all of them for who sees the staff."""

    model = Relation
    serializer_class = RelationOutput
    filters = RelationFilter
    create = makes(relations.declare_relation, RelationInput)
    end_relation = post(relations.end_relation)


# --- programs -----------------------------------------------------------------------------------------------------


class ClientOutput(Output):
    class Meta:
        model = ApiClient
        fields = [
            *("id", "name", "owner", "role", "networks", "made_at", "expires_at", "revoked_at", "last_used_at"),
            "available_actions",
        ]
        read_only_fields = fields


class ClientInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    owner = Known(Person)
    role = serializers.CharField(max_length=40)
    networks = serializers.ListField(child=serializers.CharField(max_length=50), max_length=50)
    valid_days = serializers.IntegerField(default=clients.DAYS)


class ExtendInput(serializers.Serializer[Any]):
    valid_days = serializers.IntegerField(default=clients.DAYS)


class HandOverInput(serializers.Serializer[Any]):
    owner = Known(Person)


class RotateInput(serializers.Serializer[Any]):
    overlap_hours = serializers.IntegerField(default=clients.OVERLAP_HOURS)


class KeyOutput(Output):
    class Meta:
        model = ClientKey
        fields = ["id", "client", "start", "made_at", "ends_at", "available_actions"]
        read_only_fields = fields


class NewKeyOutput(serializers.ModelSerializer[ClientKey]):
    """A key as its owner sees it, this once."""

    key = serializers.CharField(source="shown", allow_null=True, help_text="shown once; null when told again")

    class Meta:
        model = ClientKey
        fields = ["id", "client", "start", "made_at", "ends_at", "key"]
        read_only_fields = fields


class Clients(ActionRecords):
    model = ApiClient
    serializer_class = ClientOutput
    create = makes(clients.make_client, ClientInput)
    issue_key = post(clients.issue_key, gives=NewKeyOutput, shown_once=("key",))
    rotate_key = post(clients.rotate_key, RotateInput, gives=NewKeyOutput, shown_once=("key",))
    extend_client = post(clients.extend_client, ExtendInput)
    hand_over_client = post(clients.hand_over_client, HandOverInput)
    revoke_client = post(clients.revoke_client, ReasonInput)


class KeyFilter(serializers.Serializer[Any]):
    client = serializers.UUIDField(required=False, source="client_id")


class Keys(ActionRecords):
    model = ClientKey
    serializer_class = KeyOutput
    filters = KeyFilter
    related = ("client",)
    end_key = post(clients.end_key, ReasonInput)


# --- policies -----------------------------------------------------------------------------------------------------


class PolicyOutput(Output):
    class Meta:
        model = PolicyVersion
        fields = [
            *("id", "name", "number", "effective_on", "document", "changes", "digest", "made_at"),
            *("proposed_by", "agreed_by", "available_actions"),
        ]
        read_only_fields = fields


class PolicyInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    document = serializers.DictField(help_text=_("as the schema of the policy says"))
    effective_on = serializers.DateField(help_text=_("today at the earliest, in UTC"))


class PolicyFilter(serializers.Serializer[Any]):
    name = serializers.CharField(required=False)
    digest = serializers.CharField(required=False)


class Policies(ActionRecords):
    """Versions of policies, each with the whole document. A change is proposed here and agreed by another person."""

    model = PolicyVersion
    serializer_class = PolicyOutput
    filters = PolicyFilter
    create = makes(policies.change_policy, PolicyInput)


# --- what was proposed, and what was done -------------------------------------------------------------------------


class VoteInput(serializers.Serializer[Any]):
    agrees = serializers.BooleanField()
    reason = serializers.CharField(max_length=2000)


class WithdrawalInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, default="", allow_blank=True)


class ProposalFilter(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Proposal.Status.choices, required=False)
    action = serializers.CharField(required=False)
    proposed_by = serializers.UUIDField(required=False, source="proposed_by_id")


class Proposals(ActionRecords):
    """What one person proposed and others decide. An action that needs others' agreement is proposed by posting to
    the action's own address."""

    model = Proposal
    serializer_class = ProposalOutput
    filters = ProposalFilter
    related = ("proposed_by",)
    decide = post(approvals.decide, VoteInput)
    withdraw = post(approvals.withdraw, WithdrawalInput)


class LineOutput(serializers.Serializer[Any]):
    field = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)
    masked = serializers.BooleanField()


class AuditOutput(serializers.Serializer[Any]):
    """One entry for its reader. Of one that is hidden only `sequence` and `leaf` are said."""

    hidden = serializers.BooleanField()
    sequence = serializers.IntegerField(allow_null=True)
    leaf = serializers.CharField(help_text=gettext_lazy("the hash under which it is sealed; empty before that"))
    ref = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    who = serializers.CharField()
    action = serializers.CharField()
    record_model = serializers.CharField()
    record_id = serializers.CharField()
    reason = serializers.CharField()
    lines = LineOutput(many=True)
    shredded = serializers.BooleanField()


class AuditFilter(serializers.Serializer[Any]):
    action = serializers.CharField(required=False)
    actor = serializers.CharField(required=False)
    person = serializers.UUIDField(required=False, source="person_id")
    record_model = serializers.CharField(required=False)
    record_id = serializers.CharField(required=False)
    after = serializers.DateTimeField(required=False, source="at__gte")
    before = serializers.DateTimeField(required=False, source="at__lt")


class AuditEntries(Records):
    """Who did what to which record, when."""

    model = AuditEntry
    serializer_class = AuditOutput
    filters = AuditFilter
    lookup_field = "ref"

    def get_object(self) -> timeline.Sentence:
        """An entry about what the reader may not know is not there, although its leaf hash stands in the list."""
        found = timeline.sentences([super().get_object()], actor_of(self.request))[0]
        if found.hidden:
            raise NotFound(_("There is no such record."))
        return found

    def paginate_queryset(self, queryset: Any) -> Any:
        """A filter tells something of what it finds: hidden entries are listed only where nothing but time is asked."""
        told = timeline.sentences(super().paginate_queryset(queryset) or [], actor_of(self.request))
        asked = set(self.request.query_params) - {"after", "before", "cursor", "ordering", "page_size"}
        return [each for each in told if not (asked and each.hidden)]


router = Addresses()
router.register("people", People, "api-person")
router.register("role-grants", Grants, "api-role-grant")
router.register("report-sights", ReportSights, "api-report-sight")
router.register("relations", Relations, "api-relation")
router.register("examinations", Examinations, "api-examination")
router.register("proposals", Proposals, "api-proposal")
router.register("audit-entries", AuditEntries, "api-audit-entry")
router.register("policies", Policies, "api-policy")
router.register("clients", Clients, "api-client")
router.register("client-keys", Keys, "api-client-key")
router.register("access-reviews", api_reviews.AccessReviews, "api-access-review")
router.register("reviewed-grants", api_reviews.ReviewedGrants, "api-reviewed-grant")
urlpatterns = router.urls
DESCRIBED = (api_schema.KeyScheme, api_schema.SessionScheme)
