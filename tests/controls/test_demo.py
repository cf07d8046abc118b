"""Demonstration people: one for each role, made by actions, and only where nobody real can be."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from base import registry
from controls.actor import Actor
from controls.management.commands.demo import PEOPLE
from controls.models import Person, Proposal
from controls.roles import ROLES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people_alone(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of their own, without what apps add to them, which takes a minute and has its own tests."""
    settings.VAR = tmp_path
    monkeypatch.setattr(registry, "demonstrations", [])


def demo() -> str:
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def test_every_role_of_people_has_somebody_who_can_sign_in(tmp_path: Path) -> None:
    printed = demo()
    passwords = json.loads((tmp_path / "demo-people.json").read_text())
    assert set(PEOPLE) == {key for key, role in ROLES.items() if role.kind == "person"}
    for role, username in PEOPLE.items():
        person = Person.all_unrestricted.get(username=username)
        assert person.roles() == {role}
        assert person.check_password(passwords[username])
        assert passwords[username] in printed


def test_the_roles_were_agreed_by_another() -> None:
    demo()
    agreed = Proposal.all_unrestricted.filter(status=Proposal.Status.AGREED)
    assert agreed.count() == len(PEOPLE) - 2


def test_a_second_time_changes_nothing_and_prints_the_same() -> None:
    first, people = demo(), set(Person.all_unrestricted.values_list("pk", flat=True))
    assert demo() == first
    assert set(Person.all_unrestricted.values_list("pk", flat=True)) == people


def test_it_is_refused_without_demo(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        demo()
    assert not Person.all_unrestricted.exists()


def test_it_is_refused_where_people_are(stranger: Actor) -> None:
    with pytest.raises(CommandError, match="empty"):
        demo()


def test_the_passwords_are_for_the_owner_of_the_folder_only(tmp_path: Path) -> None:
    demo()
    assert (tmp_path / "demo-people.json").stat().st_mode & 0o077 == 0
