"""manage.py otp NAME, and demonstration people who are enrolled already."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from base import registry
from controls.models import Person, RecoverySheet
from controls.signin.demo import enrol_for_demo
from tests.signin.conftest import Frozen, code, give_code, give_password, is_in, make


def otp(name: str) -> str:
    said = io.StringIO()
    call_command("otp", name, stdout=said)
    return said.getvalue().strip()


def test_it_prints_the_code_the_app_shows(enrolled: Person) -> None:
    assert otp("emil") == code()


def test_it_is_refused_outside_of_a_demonstration(enrolled: Person) -> None:
    with override_settings(DEMO=False), pytest.raises(CommandError, match="DEMO=1") as refused:
        otp("emil")
    assert refused.value.returncode == 2


@pytest.mark.parametrize("name", ["nobody", "fresh"])
def test_it_says_when_there_is_no_code(db: None, name: str) -> None:
    make("fresh")
    with pytest.raises(CommandError, match="no authenticator") as refused:
        otp(name)
    assert refused.value.returncode == 2


def test_a_demonstration_person_signs_in_with_the_first_code(client: Client, db: None, time: Frozen) -> None:
    person = make("dora", "kyc_reviewer")
    enrol_for_demo(person)
    give_password(client, "dora")
    give_code(client, otp("dora"))
    assert is_in(client)
    assert RecoverySheet.all_unrestricted.of(person).in_use().count() == 1


def test_demonstration_people_are_enrolled_and_one_shows_the_first_sign_in(
    client: Client, db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR = tmp_path
    monkeypatch.setattr(registry, "demonstrations", [])  # people alone: what apps add takes a minute, and its own tests
    call_command("demo", stdout=io.StringIO())
    passwords = json.loads((tmp_path / "demo-people.json").read_text())
    assert give_password(client, "carla", passwords["carla"]).headers["Location"] == "/sign-in/factor/"
    assert give_code(client, otp("carla")).headers["Location"] == "/admin/"
    assert give_password(Client(), "nora", passwords["nora"]).headers["Location"] == "/sign-in/new-password/"
