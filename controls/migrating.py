"""Guards around migrations: receivers of pre_migrate and post_migrate."""

from typing import Any

from controls import triggers


def before(using: str, plan: list[Any], **kwargs: Any) -> None:
    if plan:
        triggers.step_aside(using)


def after(using: str, **kwargs: Any) -> None:
    triggers.install(using)
