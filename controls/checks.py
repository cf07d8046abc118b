"""System checks of internal controls: what must be declared is declared."""

import sys
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import connections

from base.models import Record
from controls import alone, reports, triggers
from controls.actions import REGISTRY
from controls.models import RoleGrant
from controls.toxic import clashes


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


@register()
def what_takes_two_is_declared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The page "one person alone" knows of every sensitive action; no role by itself, and no pair of roles that is
    not forbidden, holds both hands of what two roles share."""
    found: list[CheckMessage] = [
        Error(
            f"Nobody said who goes first with {name}, or why one person is enough.",
            hint="Add it to controls.alone.FIRST_HANDS or ON_PURPOSE, in ready() of its app.",
            id="controls.E004",
        )
        for name in alone.undeclared(REGISTRY)
    ]
    return found + [
        Caution(
            f"{' and '.join(pair.roles)} hold the two hands of {pair.reason}, and one person may hold both roles.",
            hint="Add the pair to controls.toxic.TOXIC with its reason.",
            id="controls.W005",
        )
        for pair in alone.split(alone.deeds(REGISTRY))
        if not list(clashes(pair.roles))
    ]


@register(Tags.database)
def nobody_holds_toxic_roles(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """They were given before the pair was declared, or past the actions."""
    tables = connections["default"].introspection.table_names() if "default" in (databases or ()) else []
    if sys.argv[1:2] == ["migrate"] or RoleGrant._meta.db_table not in tables:
        return []
    return [
        Caution(
            f"{' = '.join(each.names)}: "
            + (f"holds {' and '.join(each.clash.roles)}" if each.clash else f"could do {each.deed} alone")
            + ".",
            hint="The page 'One person alone' says why; end one of the roles.",
            id="controls.W006",
        )
        for each in reports.alone_now()
    ]
