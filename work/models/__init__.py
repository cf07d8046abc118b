"""Facts of shared work: jobs and intakes."""

from work.models.intake import Intake
from work.models.jobs import Job

__all__ = ["Intake", "Job"]
