"""Admin pages of internal controls: people and roles, access, evidence, policies, proposals."""

from controls.admin import access, evidence, people, policies, proposals, relations, standing

__all__ = ["access", "evidence", "people", "policies", "proposals", "relations", "standing"]
