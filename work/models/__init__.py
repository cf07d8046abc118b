"""Facts of shared work: jobs, intakes, tasks and notifications."""

from work.models.intake import Intake
from work.models.jobs import Job
from work.models.notices import LINKED, Notice, NoticeChoice
from work.models.tasks import Task

__all__ = ["LINKED", "Intake", "Job", "Notice", "NoticeChoice", "Task"]
