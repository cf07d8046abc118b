"""Facts of forgetting people: how long the law keeps what we hold of them, what holds it longer, and what is gone."""

from privacy.models.access import AccessRequest
from privacy.models.holds import Hold
from privacy.models.subjects import Certificate, Subject

__all__ = ["AccessRequest", "Certificate", "Hold", "Subject"]
