"""Every registered action: it works; it is refused to the wrong role, in the wrong state, to the maker; and after a
refusal every table and file is what it was, the log of attempts aside."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from base.errors import NotFound, NotPermitted, RuleError
from controls import approvals
from controls.actions import REGISTRY, Action
from controls.actor import Actor
from controls.models import Attempt, AuditEntry
from controls.roles import ROLES
from tests.sweep import Case, Row, World, facts, maker_of, roles_without

ROWS: dict[str, Row] = {}
for config in apps.get_app_configs():
    if find_spec(f"tests.{config.label}") and find_spec(f"tests.{config.label}.sweep"):
        ROWS |= import_module(f"tests.{config.label}.sweep").ROWS


def test_every_action_has_its_row() -> None:
    missing, gone = set(REGISTRY) - set(ROWS), set(ROWS) - set(REGISTRY)
    assert not missing, f"add a Row for {sorted(missing)} to tests/<app>/sweep.py"
    assert not gone


def run(found: Action, case: Case, by: Actor | None = None, words: dict[str, Any] | None = None) -> Any:
    """The action as its edge calls it: directly, or proposed by one and agreed by another."""
    by, words = by or case.by, case.words if words is None else words
    if found.quorum:
        return approvals.propose(by=by, name=found.name, record=case.record, arguments=words, reason="Because.")
    module = import_module(found.body.__module__)
    call = getattr(module, found.body.__name__)
    return call(by=by, **words) if found.creates else call(case.record, by=by, **words)


def refused(found: Action, case: Case, by: Actor | None = None, words: dict[str, Any] | None = None) -> RuleError:
    """Sees it refused, with nothing changed; the savepoint keeps the test's own transaction usable."""
    before, attempts = facts(), Attempt.objects.count()
    with pytest.raises(RuleError) as error, transaction.atomic():
        run(found, case, by, words)
    assert facts() == before, "a refusal changed something"
    assert Attempt.objects.count() >= attempts
    return error.value


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_it_works_and_leaves_an_entry(world: World, name: str) -> None:
    found, case = REGISTRY[name], ROWS[name].case(world)
    entries = AuditEntry.all_unrestricted.filter(action=name).count()
    result = run(found, case)
    if found.quorum:
        for permission, votes in found.quorum.items():
            for _vote in range(votes):
                agrees = next(key for key, role in ROLES.items() if permission in role.permissions)
                approvals.decide(result, by=world.actor(agrees), agrees=True, reason="Agreed.")
    assert AuditEntry.all_unrestricted.filter(action=name).count() == entries + 1


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_it_is_refused_to_every_role_without_the_permission(world: World, name: str) -> None:
    found, case = REGISTRY[name], ROWS[name].case(world)
    others = {role: world.actor(role) for role in roles_without(found.permission)}
    before = facts()
    for role, other in others.items():
        with pytest.raises(RuleError) as error, transaction.atomic():
            run(found, case, other)
        assert isinstance(error.value, NotPermitted | NotFound), f"{role}: {error.value!r}"
    assert facts() == before, "a refusal changed something"


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.spoil or REGISTRY[name].when))
def test_it_is_refused_in_the_wrong_state(world: World, name: str) -> None:
    found, row = REGISTRY[name], ROWS[name]
    assert row.spoil, f"{name} has a rule and needs a `spoil` in its row"
    case = row.case(world)
    row.spoil(world, case.record)
    refused(found, case)


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.spoiled_words))
def test_bad_words_are_refused_by_name(world: World, name: str) -> None:
    found, row = REGISTRY[name], ROWS[name]
    case = row.case(world)
    error = refused(found, case, words=case.words | (row.spoiled_words or {}))
    assert error.field, f"{name} does not say which field is at fault"


@pytest.mark.parametrize("name", sorted(name for name, found in REGISTRY.items() if found.maker))
def test_it_is_refused_to_the_maker(world: World, name: str) -> None:
    found, case = REGISTRY[name], ROWS[name].case(world)
    maker_field = found.maker or ""
    maker = world.also(Actor.of(maker_of(case.record, maker_field)), *case.by.roles)
    error = refused(found, case, by=maker)
    assert error.code in {"same_person", "not_permitted"}


@pytest.mark.parametrize("name", sorted(name for name, found in REGISTRY.items() if found.sensitive))
def test_a_sensitive_action_needs_a_fresh_factor_and_a_person(world: World, name: str) -> None:
    found, case = REGISTRY[name], ROWS[name].case(world)
    stale = Actor("person", case.by.id, case.by.name, case.by.person_id, case.by.roles)
    assert refused(found, case, by=stale).code == "confirmation_needed"
