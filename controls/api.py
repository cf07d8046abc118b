"""/api/v1/controls/: people, roles, proposals, clients, what was done."""

from typing import Any

from rest_framework import serializers

from base.api import Addresses, Known, Output
from controls import clients, staff
from controls.api_actions import ActionRecords, makes, post
from controls.models import ApiClient, ClientKey, Person, RoleGrant


class ReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


# --- people and their roles ---------------------------------------------------------------------------------------


class PersonOutput(Output):
    class Meta:
        model = Person
        fields = ["id", "username", "name", "email", "zone", "is_active", "joined_at", "available_actions"]
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


class People(ActionRecords):
    model = Person
    serializer_class = PersonOutput
    filters = PeopleFilter
    create = makes(staff.create_person, PersonInput)
    suspend_person = post(staff.suspend_person, ReasonInput)
    restore_person = post(staff.restore_person)
    grant_role = post(staff.grant_role, RoleInput)


class GrantOutput(Output):
    class Meta:
        model = RoleGrant
        fields = ["id", "person", "role", "granted_at", "granted_by", "suspended_at", "ended_at", "available_actions"]
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
    revoke_client = post(clients.revoke_client, ReasonInput)


class KeyFilter(serializers.Serializer[Any]):
    client = serializers.UUIDField(required=False, source="client_id")


class Keys(ActionRecords):
    model = ClientKey
    serializer_class = KeyOutput
    filters = KeyFilter
    related = ("client",)
    end_key = post(clients.end_key, ReasonInput)


router = Addresses()
router.register("people", People, "api-person")
router.register("role-grants", Grants, "api-role-grant")
router.register("clients", Clients, "api-client")
router.register("client-keys", Keys, "api-client-key")
urlpatterns = router.urls
