"""What people agree on, in versions: which holds on a day, who agreed, and that the words stay what they were."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from base import clock
from base.errors import Invalid, NotPermitted, WrongState
from controls import approvals, policies
from controls.actor import Actor
from controls.models import AuditEntry, Person, PolicyVersion, Proposal
from controls.policies import Kind, compared, policy
from controls.roles import ROLES
from tests.conftest import Make

pytestmark = pytest.mark.django_db

SCHEMA = {
    "type": "object",
    "properties": {"limit": {"type": "integer", "minimum": 1}, "share": {"type": "number"}},
    "required": ["limit"],
    "additionalProperties": False,
}


def read(document: Any) -> int:
    if document["limit"] == 13:
        raise ValueError("limit: thirteen brings no luck.")
    return int(document["limit"])


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch, db: None) -> Kind:
    monkeypatch.setattr(policies, "KINDS", dict(policies.KINDS))
    made = Kind("tests.limit", "Limit", SCHEMA, {"limit": 10}, read)
    policies.register(made)
    policies.sync()
    return made


def proposed(by: Actor, document: dict[str, Any], on: date | None = None, name: str = "tests.limit") -> Proposal:
    words = {"name": name, "document": document, "effective_on": on or clock.today()}
    made: Proposal = approvals.propose(
        by=by, name="controls.change_policy", record=None, arguments=words, reason="It was too low."
    )
    return made


@pytest.fixture
def change(officer: Actor, mlro: Actor) -> Callable[..., PolicyVersion]:
    def do(document: dict[str, Any], on: date | None = None) -> PolicyVersion:
        approvals.decide(proposed(officer, document, on), by=mlro, agrees=True, reason="Agreed in the committee.")
        newest: PolicyVersion = PolicyVersion.all_unrestricted.of("tests.limit").latest("number")
        return newest

    return do


def test_what_the_product_comes_with_holds_until_somebody_changes_it(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        found = policy("tests.limit")
    assert (found.number, found.value) == (0, 10)


def test_a_change_takes_two_people_and_tells_what_changes(change: Callable[..., PolicyVersion]) -> None:
    version = change({"limit": 20, "share": 0.1})
    assert (version.number, policy("tests.limit").value) == (1, 20)
    assert version.changes == [{"path": "limit", "old": 10, "new": 20}, {"path": "share", "old": None, "new": 0.1}]
    assert version.proposed_by_id != version.agreed_by_id
    entry = AuditEntry.all_unrestricted.get(action="controls.change_policy")
    assert entry.record_id == str(version.pk)


def test_whoever_proposed_does_not_agree(officer: Actor) -> None:
    with pytest.raises(NotPermitted) as refused:
        approvals.decide(proposed(officer, {"limit": 20}), by=officer, agrees=True, reason="Mine.")
    assert refused.value.code == "same_person"


def test_a_version_holds_from_its_day_on_and_the_past_keeps_its_own(change: Callable[..., PolicyVersion]) -> None:
    today = clock.today()
    change({"limit": 30}, today + timedelta(days=30))
    change({"limit": 20}, today)
    assert policy("tests.limit", on=today - timedelta(days=1)).value == 10
    assert policy("tests.limit", on=today).value == 20
    assert policy("tests.limit", on=today + timedelta(days=29)).value == 20
    assert policy("tests.limit", on=today + timedelta(days=30)).value == 30


def test_of_two_versions_of_one_day_the_newer_holds(change: Callable[..., PolicyVersion]) -> None:
    change({"limit": 20})
    change({"limit": 21})
    assert policy("tests.limit").value == 21


def test_a_change_is_compared_with_what_holds_on_its_day(change: Callable[..., PolicyVersion]) -> None:
    change({"limit": 30}, clock.today() + timedelta(days=30))
    version = change({"limit": 40}, clock.today() + timedelta(days=40))
    assert version.changes == [{"path": "limit", "old": 30, "new": 40}]


def test_an_agreed_change_whose_day_has_begun_meanwhile_is_refused(
    officer: Actor, mlro: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = proposed(officer, {"limit": 20})
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    late = Actor.of(Person.all_unrestricted.get(pk=mlro.id), confirmed_at=tomorrow)
    with pytest.raises(Invalid) as refused:
        approvals.decide(waiting, by=late, agrees=True, reason="Agreed.")
    assert refused.value.field == "effective_on"
    assert PolicyVersion.all_unrestricted.of("tests.limit").count() == 1


def test_what_was_agreed_after_it_was_proposed_makes_it_another_change(
    officer: Actor, mlro: Actor, change: Callable[..., PolicyVersion]
) -> None:
    waiting = proposed(officer, {"limit": 20})
    change({"limit": 15})
    with pytest.raises(WrongState) as refused:
        approvals.decide(waiting, by=mlro, agrees=True, reason="Agreed.")
    assert refused.value.code == "difference_changed"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"limit": 0}, "$.limit: 0 is less than the minimum of 1"),
        ({"limit": "many"}, "$.limit: 'many' is not of type 'integer'"),
        ({}, "$: 'limit' is a required property"),
        ({"limit": 1, "other": 2}, "'other' was unexpected"),
        ({"limit": 13}, "limit: thirteen brings no luck."),
    ],
)
def test_a_document_that_does_not_fit_is_refused_by_place(officer: Actor, document: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid) as refused:
        proposed(officer, document)
    assert refused.value.field == "document"
    assert words in refused.value.text


def test_a_change_that_changes_nothing_and_an_unknown_policy_are_refused(officer: Actor) -> None:
    with pytest.raises(WrongState) as nothing:
        proposed(officer, {"limit": 10})
    assert nothing.value.code == "nothing_changes"
    with pytest.raises(Invalid) as unknown:
        proposed(officer, {"limit": 20}, name="tests.other")
    assert unknown.value.field == "name"


def test_no_version_is_changed_removed_or_put_in_unagreed_even_by_sql(change: Callable[..., PolicyVersion]) -> None:
    change({"limit": 20})
    for statement in (
        "UPDATE controls_policyversion SET document = '{\"limit\": 99}' WHERE number = 1",
        "DELETE FROM controls_policyversion WHERE number = 1",
        "INSERT INTO controls_policyversion (id, name, number, effective_on, document, changes, digest, made_at) "
        "SELECT '00000000-0000-7000-8000-000000000001', name, 2, effective_on, document, changes, digest, made_at "
        "FROM controls_policyversion WHERE name = 'tests.limit' AND number = 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_document_that_does_not_fit_its_digest_is_not_followed(change: Callable[..., PolicyVersion]) -> None:
    version = change({"limit": 20})
    version.document = {"limit": 99}
    policies._READ.clear()
    with pytest.raises(ValueError, match="does not fit its digest"):
        policies._value(policies.KINDS["tests.limit"], version)


def test_another_figure_in_a_later_release_changes_nothing(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(policies.KINDS, kind.name, Kind(kind.name, kind.title, kind.schema, {"limit": 99}, read))
    policies.sync()
    assert policy("tests.limit").value == 10


def test_places_that_differ_are_told_one_by_one() -> None:
    old = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    new = deepcopy(old)
    new["a"]["y"] = [1, 2, 3]  # type: ignore[index]
    del new["b"]
    assert list(compared(old, new)) == [
        {"path": "a.y", "old": [1, 2], "new": [1, 2, 3]},
        {"path": "b", "old": 1, "new": None},
    ]
    assert not list(compared(old, old))


def test_each_policy_is_changed_by_its_owners_and_agreed_by_whom_it_names(make_actor: Make, mlro: Actor) -> None:
    """The MLRO owns most policies, and not that of prices."""
    document = {**policies.KINDS["assets.prices"].default, "min_sources": 2}
    with pytest.raises(NotPermitted) as refused:
        proposed(mlro, document, name="assets.prices")
    assert "owns this policy" in refused.value.text
    waiting = proposed(make_actor("fred", "finance_officer"), document, name="assets.prices")
    assert waiting.quorum == {"assets.agree": 1}
    with pytest.raises(NotPermitted):
        approvals.decide(waiting, by=mlro, agrees=True, reason="Agreed.")
    approvals.decide(waiting, by=make_actor("gina", "finance_controller"), agrees=True, reason="Agreed.")
    assert policy("assets.prices").value.min_sources == 2


def test_an_owner_of_one_policy_owns_no_other(make_actor: Make) -> None:
    document = {**policies.KINDS["controls.sessions"].default, "idle_minutes": 9}
    with pytest.raises(NotPermitted):
        proposed(make_actor("fred", "finance_officer"), document, name="controls.sessions")


def test_every_policy_has_owners_and_somebody_else_to_agree() -> None:
    for kind in policies.KINDS.values():
        people = [role.permissions for role in ROLES.values() if role.kind == "person"]
        assert [held for held in people if {"controls.change_policy", "controls.propose", kind.proposes} <= held]
        assert [held for held in people if {"controls.decide", kind.agrees} <= held]
