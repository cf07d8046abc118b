"""Admin pages of internal controls: people and roles, access, evidence, proposals."""

from controls.admin import access, evidence, people, proposals

__all__ = ["access", "evidence", "people", "proposals"]
