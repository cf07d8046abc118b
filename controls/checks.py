"""System checks of internal controls: what must be declared is declared."""

import sys
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register

from base.models import Record
from controls import triggers


@register()
def audited_fields_are_declared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """How each field is treated by the audit trail is a decision; a field nobody decided on is an error."""
    found: list[CheckMessage] = []
    for model in apps.get_models():
        if not (issubclass(model, Record) or hasattr(model, "audited")):
            continue
        declared = set(getattr(model, "audited", {}))
        fields = {field.name for field in model._meta.concrete_fields if not field.primary_key}
        found += [
            Error(
                f"{model._meta.label}.{name} does not say how the audit trail treats it.",
                hint="Name it in `audited` with a base.models.Mask (OPERATIONAL for leases and counters).",
                obj=model,
                id="controls.E001",
            )
            for name in sorted(fields - declared)
        ]
        found += [
            Error(f"{model._meta.label}.audited names {name}, which is no field.", obj=model, id="controls.E002")
            for name in sorted(declared - fields)
        ]
    return found


@register(Tags.database)
def guards_are_in_the_database(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What the database itself must refuse, it refuses. `migrate` is not held up: it installs them when it ends."""
    if sys.argv[1:2] == ["migrate"]:
        return []
    return [
        Error(
            f"{each} (database {using}).",
            hint="Find out who changed it and since when (verify_audit). `manage.py migrate` installs it again.",
            id="controls.E003",
        )
        for using in databases or ()
        for each in triggers.differences(using)
    ]
