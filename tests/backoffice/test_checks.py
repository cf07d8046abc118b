"""What must hold in production is said with a hint."""

import subprocess
import sys
from typing import Any

import pytest
from django.core.checks import run_checks


def said() -> dict[str, str]:
    found = run_checks(tags=["environment"], include_deployment_checks=True)
    return {str(message.id): str(message.hint) for message in found}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FIELD_KEYS", "k1:abc", "backoffice.E001"),
        ("CHECKPOINT_KEY", "short", "backoffice.E002"),
        ("BIND", "192.0.2.7", "backoffice.E003"),
        ("DEMO", True, "backoffice.E010"),
        ("ALLOWED_HOSTS", ["*"], "backoffice.E011"),
        ("ALLOWED_HOSTS", ["localhost"], "backoffice.W011"),
        ("CELERY_BROKER_URL", "filesystem://", "backoffice.W013"),
        ("METRICS_TOKEN", "short", "backoffice.E014"),
        ("CHECKPOINT_KEY", "5a" * 32, "backoffice.E015"),
    ],
)
def test_a_bad_setting_is_named_with_a_hint(settings: Any, name: str, value: object, expected: str) -> None:
    setattr(settings, name, value)
    assert said()[expected]


def test_production_settings_pass_every_check() -> None:
    command = [sys.executable, "-m", "tests.production", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"PORT": "eighty"}, "PORT is 'eighty'"),
        ({"DEMO": "maybe"}, "DEMO is 'maybe'"),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE names /nowhere/key"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_named(
    broken: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in broken.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-c", "import tests.settings"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert words in done.stderr
