"""Every state of every model is a badge with one meaning."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from base.badges import STATES, badge, colour_of
from base.models import Stateful


def states() -> Iterator[tuple[str, str]]:
    for model in apps.get_models():
        if issubclass(model, Stateful):
            field = next(field for field in model._meta.fields if field.name == "status")
            assert isinstance(field, models.CharField)
            yield from ((model.__name__, str(value)) for value, _word in field.flatchoices)


@pytest.mark.parametrize(("model", "state"), sorted(states()))
def test_every_state_has_a_colour(model: str, state: str) -> None:
    assert colour_of(state), f"{model}.{state} has no colour in base.badges.STATES"


def test_no_state_has_two_colours() -> None:
    words = [state for group in STATES.values() for state in group.split()]
    assert len(words) == len(set(words))


def test_a_badge_escapes_its_word() -> None:
    assert "<script>" not in badge("agreed", "<script>")
