"""The people every test knows. Records are made by actions, so that tests start from states that can exist."""

from collections.abc import Callable
from datetime import datetime

import pytest

from base import clock
from controls.actor import Actor
from controls.models import LegalEntity, Person, RoleGrant

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
        for role in roles:
            RoleGrant.all_unrestricted.create(person=person, role=role)
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
    """Works here, holds no role."""
    return make_actor("stan_stranger")
