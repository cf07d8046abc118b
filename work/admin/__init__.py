"""Pages of shared work."""

from work.admin import jobs  # noqa: F401 - registers with the site
