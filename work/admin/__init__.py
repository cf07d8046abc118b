"""Pages of shared work."""

from work.admin import intake, jobs, notices, tasks  # noqa: F401 - registers with the site
