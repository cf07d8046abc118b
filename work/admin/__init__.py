"""Pages of shared work."""

from work.admin import intake, jobs  # noqa: F401 - registers with the site
