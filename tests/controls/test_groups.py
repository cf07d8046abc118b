"""The table of roles as Django's groups."""

import pytest
from django.contrib.auth.models import Group

from controls.actor import Actor
from controls.groups import sync
from controls.models import Person
from controls.roles import ROLES


@pytest.mark.django_db
def test_groups_hold_what_the_table_says_after_migrate() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    held = set(Group.objects.get(name="mlro").permissions.values_list("codename", flat=True))
    assert held == {name.split(".")[1] for name in ROLES["mlro"].permissions}


@pytest.mark.django_db
def test_a_group_nobody_declared_goes_at_the_next_migrate() -> None:
    Group.objects.create(name="backdoor")
    sync()
    assert not Group.objects.filter(name="backdoor").exists()


def test_membership_of_a_group_grants_nothing(stranger: Actor) -> None:
    person = Person.all_unrestricted.get(username="stan_stranger")
    person.groups.add(Group.objects.get(name="mlro"))
    assert not person.has_perm("controls.suspend")
    assert not stranger.still().may("controls.suspend")
