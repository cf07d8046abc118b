"""Every change of a job, an intake, a task or a notification."""
