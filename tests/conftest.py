"""The people every test knows. Records are made by actions, so that tests start from states that can exist."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import pytest
from django.test import Client

from base import clock
from controls import clients
from controls.actor import Actor
from controls.middleware import SESSION
from controls.models import ApiClient, LegalEntity, Person, Session
from tests import people
from tests.committed import committed_db, db, transactional_db  # noqa: F401

PASSWORD = "a made-up password 7"

Make = Callable[..., Actor]


@pytest.fixture
def entity(db: None) -> LegalEntity:
    return LegalEntity.all_unrestricted.create(name="Example Exchange UAB", country="LT", zone="Europe/Vilnius")


@pytest.fixture
def make_actor(db: None) -> Make:
    """make_actor("ana", "kyc_reviewer", ...): a person holding these roles, freshly confirmed."""

    def make(username: str, *roles: str, confirmed_at: datetime | str | None = "now") -> Actor:
        person = Person(username=username, name=username.replace("_", " ").title())
        person.set_unusable_password()
        person.save(force_insert=True)
        people.hold(person, *roles)
        return Actor.of(person, confirmed_at=clock.now() if confirmed_at == "now" else confirmed_at)  # type: ignore[arg-type]

    return make


@pytest.fixture
def reviewer(make_actor: Make) -> Actor:
    return make_actor("ruta_reviewer", "kyc_reviewer")


@pytest.fixture
def second_reviewer(make_actor: Make) -> Actor:
    return make_actor("simon_senior", "senior_kyc_reviewer")


@pytest.fixture
def officer(make_actor: Make) -> Actor:
    return make_actor("carla_compliance", "compliance_officer")


@pytest.fixture
def mlro(make_actor: Make) -> Actor:
    return make_actor("mona_mlro", "mlro")


@pytest.fixture
def administrator(make_actor: Make) -> Actor:
    return make_actor("adam_admin", "administrator")


@pytest.fixture
def auditor(make_actor: Make) -> Actor:
    return make_actor("ines_auditor", "internal_auditor")


@pytest.fixture
def stranger(make_actor: Make) -> Actor:
    """Works here, has signed in, holds no role."""
    actor = make_actor("stan_stranger")
    people.come_in(Person.all_unrestricted.get(pk=str(actor.person_id)))
    return actor


class SignInAs(Protocol):
    def __call__(self, client: Client, who: Person | Actor, *, confirmed_at: datetime | None = None) -> Session: ...


@pytest.fixture
def signin_as(db: None) -> SignInAs:
    """signin_as(client, person): Django's test client in a session verified with a second factor, just now or at
    `confirmed_at`."""

    def sign_in(client: Client, who: Person | Actor, *, confirmed_at: datetime | None = None) -> Session:
        person = who if isinstance(who, Person) else Person.all_unrestricted.get(pk=str(who.person_id))
        client.force_login(person)
        row = Session.all_unrestricted.create(
            person=person, confirmed_at=confirmed_at or clock.now(), address="127.0.0.1", browser="Test client"
        )
        session = client.session
        session[SESSION] = str(row.pk)
        session.save()
        return row

    return sign_in


@pytest.fixture
def api(signin_as: SignInAs) -> Callable[[Actor], Client]:
    """api(actor).post("/api/v1/...", {...}): a signed-in person who speaks JSON."""

    def open_for(who: Actor) -> Client:
        client = Client()
        signin_as(client, who)
        return client

    return open_for


@pytest.fixture
def with_key(make_actor: Make) -> Callable[..., Client]:
    """with_key("applicant_intake"): a program that shows a key of its own; `networks` are those it may call from."""

    def make(role: str = "applicant_intake", owner: Actor | None = None, networks: tuple[str, ...] = ()) -> Client:
        owner = owner or make_actor(f"olga_owner_{ApiClient.all_unrestricted.count()}", "administrator")
        program = ApiClient.all_unrestricted.create(
            name=f"Program {ApiClient.all_unrestricted.count()}",
            owner_id=owner.id,
            role=role,
            networks=list(networks),
            expires_at=clock.now() + timedelta(days=30),
        )
        key = clients.issue_key(program, by=owner)
        return Client(headers={"Authorization": f"Bearer {key.shown}"})

    return make
