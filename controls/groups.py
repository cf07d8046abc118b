"""The table of roles, copied to Django's groups after each migrate, for whatever reads groups.

The copy grants nothing: `Person.has_perm` and `Actor.may` read the table and the grants in force, nothing else.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from controls.roles import ROLES


def sync(**kwargs: Any) -> None:
    """Makes the groups and their permissions what the table says; safe to repeat. A receiver of post_migrate."""
    rows = {name: _permission(name) for role in ROLES.values() for name in role.permissions}
    for key, role in ROLES.items():
        group, _made = Group.objects.get_or_create(name=key)
        group.permissions.set(rows[name] for name in role.permissions)
    Group.objects.exclude(name__in=ROLES).delete()


def _permission(name: str) -> Permission:
    label, codename = name.split(".")
    place = ContentType.objects.get_for_model(_first_model(label))
    return Permission.objects.get_or_create(content_type=place, codename=codename, defaults={"name": name})[0]


def _first_model(label: str) -> Any:
    """A permission must hang on a model; which one says nothing. An app without any lends that of controls."""
    models = list(apps.get_app_config(label).get_models()) if label in apps.app_configs else []
    return (models or list(apps.get_app_config("controls").get_models()))[0]
