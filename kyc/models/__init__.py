"""Facts of knowing a customer.

A Customer of the exchange hands in an Application: Documents, each an upload kept encrypted and rebuilt into Pictures.
Workers record one current Check of each kind; people record Decisions. The rows are the queue: an application waits
in a state until somebody, or a sweep, takes it on. Approval ends in AWAITING_SCREENING, which grants no limit.
"""

from kyc.models.applications import Application
from kyc.models.checks import Check
from kyc.models.customers import Customer
from kyc.models.decisions import Decision
from kyc.models.documents import Document, Picture

__all__ = ["Application", "Check", "Customer", "Decision", "Document", "Picture"]
