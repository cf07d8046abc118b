"""Facts of shared work: jobs and intakes."""

from work.models.jobs import Job

__all__ = ["Job"]
