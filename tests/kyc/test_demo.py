"""The demonstration: invented people in every state, made by the actions that make real ones."""

from collections import Counter
from functools import partial

import pytest
from django.core.management import call_command

from base import registry
from kyc import demo
from kyc.models import Application
from tests.committed import CommittedDatabase

pytestmark = [pytest.mark.large, pytest.mark.models]


def states() -> Counter[str]:
    return Counter(Application.all_unrestricted.values_list("status", flat=True))


def test_it_fills_an_empty_installation_once(committed_db: CommittedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "demonstrations", [partial(demo.fill, 600)])  # however slow the machine is
    call_command("demo")
    found = states()
    assert sum(found.values()) >= 25
    assert set(found) >= {
        "collecting",
        "awaiting_review",
        "awaiting_second",
        "awaiting_screening",
        "rejected",
        "withdrawn",
    }
    call_command("demo")
    assert states() == found
