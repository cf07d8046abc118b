"""Every change of a job or an intake."""
