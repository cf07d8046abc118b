from privacy.admin import holds, subjects

__all__ = ["holds", "subjects"]
