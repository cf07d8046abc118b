"""Who acts: a person, an API client or a named job. Never nobody."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from base import clock
from controls.models.people import Person
from controls.models.standing import Standing, standing_of
from controls.roles import EMERGENCY, EVERYBODY, EXAMINER, JOBS, OF_EXAMINERS, ROLES, permissions_of

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
    borrowed: frozenset[tuple[str, UUID]] = frozenset()
    away: frozenset[tuple[str, UUID]] = frozenset()
    permissions: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        everybody = OF_EXAMINERS if self.examines else EVERYBODY
        own = everybody if self.kind == "person" else frozenset()
        object.__setattr__(self, "permissions", Standing(self.roles, self.borrowed).permissions | own)

    @property
    def label(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def sight(self) -> tuple[frozenset[str], frozenset[tuple[str, UUID]]]:
        """What decides which records this actor knows of."""
        return self.permissions, self.away

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    @property
    def examines(self) -> bool:
        return EXAMINER in self.roles or any(role == EXAMINER for role, _of in self.borrowed)

    @property
    def examination(self) -> UUID | None:
        """The examination this person is here for."""
        return next((of for role, of in self.borrowed if role == EXAMINER), None)

    def may_carry_out(self, permission: str) -> bool:
        """What asks for this permission and changes something: an examiner's own sign-in, and nothing else."""
        return self.may(permission) and (permission in OF_EXAMINERS or not self.examines)

    def stands_in_for(self) -> set[UUID]:
        """Whose place this person takes today: what those made they do not check either."""
        return {of for role, of in self.borrowed if role not in {*EMERGENCY, EXAMINER}}

    def by_leave_of(self, permission: str) -> dict[str, str]:
        """For the entry: for whom, or by which emergency right, this is done that one's own roles do not allow."""
        if permission in EVERYBODY | permissions_of(self.roles):
            return {}
        found = sorted((role, str(of)) for role, of in self.borrowed if permission in ROLES[role].permissions)
        return {("emergency" if role in EMERGENCY else "for"): of for role, of in found[:1]}

    def confirmed(self) -> bool:
        return self.confirmed_at is not None and clock.now() - self.confirmed_at <= FRESH

    @classmethod
    def of(cls, person: Person, *, confirmed_at: datetime | None = None, request_id: str = "") -> "Actor":
        held = standing_of([person.pk]).get(person.pk, Standing()) if person.is_active else Standing()
        own = held.roles, confirmed_at, request_id, held.borrowed, held.away
        return cls("person", str(person.pk), person.name, person.pk, *own)

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
            return replace(self, roles=frozenset(roles))
        held = standing_of([self.person_id]).get(self.person_id, Standing()) if self.person_id else Standing()
        return replace(self, roles=held.roles, borrowed=held.borrowed, away=held.away)
