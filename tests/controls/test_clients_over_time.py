"""A client outlives its first term and its first owner; what it opened stays its own."""

from datetime import timedelta
from typing import Any

import pytest

from base import clock
from base.errors import Invalid, NotPermitted
from controls import approvals, clients
from controls.actor import Actor
from controls.models import ApiClient, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of(administrator: Actor) -> ApiClient:
    made: ApiClient = ApiClient.all_unrestricted.create(
        name="Sign-up site",
        owner_id=administrator.id,
        role="applicant_intake",
        expires_at=clock.now() - timedelta(days=1),
    )
    return made


def proposed(client: ApiClient, by: Actor, name: str, **arguments: Any) -> Any:
    return approvals.propose(by=by, name=f"controls.{name}", record=client, arguments=arguments, reason="Still needed.")


def agreed(client: ApiClient, by: Actor, other: Actor, name: str, **arguments: Any) -> ApiClient:
    approvals.decide(proposed(client, by, name, **arguments), by=other, agrees=True, reason="Seen.")
    client.refresh_from_db()
    return client


def test_an_ended_client_is_extended_by_two_people(make_actor: Any, officer: Actor, client_of: ApiClient) -> None:
    assert not client_of.is_usable()
    agreed(client_of, make_actor("eve", "administrator"), officer, "extend_client", valid_days=30)
    assert client_of.is_usable()
    assert client_of.expires_at
    assert client_of.expires_at - clock.now() < timedelta(days=30)


def test_longer_than_a_year_is_refused(administrator: Actor, client_of: ApiClient) -> None:
    with pytest.raises(Invalid) as refused:
        proposed(client_of, administrator, "extend_client", valid_days=clients.MAX_DAYS + 1)
    assert refused.value.field == "valid_days"


def test_another_owner_answers_for_it_and_keys_of_the_former_end_within_a_day(
    administrator: Actor, officer: Actor, make_actor: Any, client_of: ApiClient
) -> None:
    ApiClient.all_unrestricted.filter(pk=client_of.pk).update(expires_at=None)
    key = clients.issue_key(client_of, by=administrator)
    heir = make_actor("heir", "licence_officer")
    agreed(client_of, administrator, officer, "hand_over_client", owner=Person.all_unrestricted.get(pk=heir.id))
    key.refresh_from_db()
    assert str(client_of.owner_id) == heir.id
    assert key.ends_at
    assert key.ends_at - clock.now() <= timedelta(hours=clients.OVERLAP_HOURS)
    assert clients.rotate_key(client_of, by=heir).shown


def test_neither_the_owner_nor_the_next_one_agrees(
    administrator: Actor, officer: Actor, make_actor: Any, client_of: ApiClient
) -> None:
    ApiClient.all_unrestricted.filter(pk=client_of.pk).update(owner=officer.id)
    longer = proposed(client_of, administrator, "extend_client")
    with pytest.raises(NotPermitted) as refused:
        approvals.decide(longer, by=officer, agrees=True, reason="Gladly.")
    assert refused.value.code == "concerned"
    heir = make_actor("heir", "compliance_officer")
    theirs = proposed(client_of, administrator, "hand_over_client", owner=Person.all_unrestricted.get(pk=heir.id))
    with pytest.raises(NotPermitted) as refused:
        approvals.decide(theirs, by=heir, agrees=True, reason="Gladly.")
    assert refused.value.code == "concerned"


def test_an_owner_who_owns_it_already_or_is_suspended_is_refused(
    administrator: Actor, make_actor: Any, client_of: ApiClient
) -> None:
    heir = Person.all_unrestricted.get(pk=make_actor("heir", "licence_officer").id)
    Person.all_unrestricted.filter(pk=heir.pk).update(is_active=False)
    heir.refresh_from_db()
    for owner in (heir, Person.all_unrestricted.get(pk=administrator.id)):
        with pytest.raises(Invalid) as refused:
            proposed(client_of, administrator, "hand_over_client", owner=owner)
        assert refused.value.field == "owner"
