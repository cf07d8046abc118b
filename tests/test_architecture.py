"""What import-linter cannot see: arrows of foreign keys, writes in edges, file nouns, models without a guard."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from base.models import Record, RestrictedManager

ROOT = Path(settings.BASE_DIR)
LAYERS = ["base", "controls", "outbox", "assets", "work", "privacy", "kyc"]  # a later one may point at an earlier one
EDGES = {"admin", "api", "tasks", "views", "pages", "reports"}
WRITES = {"save", "create", "bulk_create", "bulk_update", "update_or_create", "get_or_create", "delete", "update"}
FORBIDDEN_NAMES = {"services", "selectors", "helpers", "utils", "signals"}


def modules() -> list[Path]:
    return [path for app in ["backoffice", *LAYERS] for path in sorted((ROOT / app).rglob("*.py"))]


@pytest.mark.parametrize("app", LAYERS)
def test_foreign_keys_point_down(app: str) -> None:
    if app not in apps.app_configs:
        return
    allowed = {*LAYERS[: LAYERS.index(app) + 1], "contenttypes", "auth", "sessions"}
    for model in apps.get_app_config(app).get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey | models.ManyToManyField | models.OneToOneField):
                target = field.related_model
                assert not isinstance(target, str)
                assert target._meta.app_label in allowed, f"{model.__name__}.{field.name} points up"


def test_no_module_is_named_for_nothing() -> None:
    assert not [path for path in modules() if path.stem in FORBIDDEN_NAMES]


def written_to(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that write through the ORM: X.objects.create(), row.save(), queryset.update(...)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in WRITES:
            continue
        source = ast.unparse(node.func.value)
        if node.func.attr in {"save", "delete", "bulk_create"} or "objects" in source or "all_unrestricted" in source:
            yield node


def test_edges_do_not_write() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno} {ast.unparse(call.func)}"
        for path in modules()
        if path.stem in EDGES and "management" not in path.parts
        for call in written_to(ast.parse(path.read_text()))
    ]
    assert not found, "an edge calls an action, it does not write: " + ", ".join(found)


def test_the_check_on_edges_sees_a_write() -> None:
    assert list(written_to(ast.parse("Person.all_unrestricted.filter(pk=1).update(name='x')")))
    assert list(written_to(ast.parse("person.save()")))
    assert not list(written_to(ast.parse("words.update(a=1)")))


def test_every_business_record_is_restricted_by_default() -> None:
    bare = [
        model.__name__
        for model in apps.get_models()
        if issubclass(model, Record) and not isinstance(getattr(model, "objects", None), RestrictedManager)
    ]
    assert not bare, f"objects must be a RestrictedManager on {bare}"


def test_the_machinery_of_actions_stays_under_150_lines() -> None:
    assert len((ROOT / "controls" / "actions.py").read_text().splitlines()) <= 150
