"""What shared services show in a demonstration: made by actions, once, and refused nowhere."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from assets import demo as prices
from assets.models import Price
from base import registry
from kyc import demo_intake
from work import demo as tasks
from work import jobs
from work.models import Intake, Task

pytestmark = pytest.mark.django_db


def counts() -> dict[str, int]:
    return {model.__name__: model.all_unrestricted.count() for model in (Price, Task, Intake)}


def test_prices_tasks_and_an_intake_are_there_once(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR = tmp_path
    monkeypatch.setattr(registry, "demonstrations", [prices.fill, tasks.fill, demo_intake.fill])
    call_command("demo")
    first = counts()
    assert first["Price"]
    assert first["Task"]
    assert first["Intake"] == 1
    call_command("demo")
    assert counts() == first
    jobs.work_off()
    intake = Intake.all_unrestricted.get()
    assert (intake.rows, intake.wrong) == (demo_intake.ROWS, 1)
