"""Admin pages of internal controls: people and roles, access, examinations, evidence, policies, proposals."""

from controls.admin import access, evidence, examinations, people, policies, proposals, relations, reviews, standing

__all__ = ["access", "evidence", "examinations", "people", "policies", "proposals", "relations", "reviews", "standing"]
