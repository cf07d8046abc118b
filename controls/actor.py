"""Who acts: a person, an API client or a named job. Never nobody."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from base import clock
from controls.models.people import Person, RoleGrant
from controls.roles import EVERYBODY, JOBS, permissions_of

FRESH = timedelta(minutes=15)


@dataclass(frozen=True)
class Actor:
    """`person_id` is who answers for it: the person, an API client's owner, nobody for a job.

    `confirmed_at` is when a second factor was last given in this session; `label` is what records store.
    """

    kind: Literal["person", "client", "job"]
    id: str
    name: str
    person_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    confirmed_at: datetime | None = None
    request_id: str = ""
    permissions: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        own = EVERYBODY if self.kind == "person" else frozenset()
        object.__setattr__(self, "permissions", permissions_of(self.roles) | own)

    @property
    def label(self) -> str:
        return f"{self.kind}:{self.id}"

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def confirmed(self) -> bool:
        return self.confirmed_at is not None and clock.now() - self.confirmed_at <= FRESH

    @classmethod
    def of(cls, person: Person, *, confirmed_at: datetime | None = None, request_id: str = "") -> "Actor":
        roles = person.roles() if person.is_active else frozenset()
        return cls("person", str(person.pk), person.name, person.pk, roles, confirmed_at, request_id)

    @classmethod
    def job(cls, name: str) -> "Actor":
        return cls("job", name, name, roles=frozenset({JOBS[name]}))

    def still(self) -> "Actor":
        """The same actor with the rights it has at this moment, read again from the database (one query)."""
        if self.kind == "job":
            return self
        from controls.models import ApiClient  # clients stand above people

        if self.kind == "client":
            roles = ApiClient.all_unrestricted.usable().filter(pk=self.id).values_list("role", flat=True)
        else:
            grants = RoleGrant.all_unrestricted.in_force().filter(person=self.person_id, person__is_active=True)
            roles = grants.values_list("role", flat=True)
        return Actor(
            self.kind,
            self.id,
            self.name,
            self.person_id,
            frozenset(roles),
            self.confirmed_at,
            self.request_id,
        )
