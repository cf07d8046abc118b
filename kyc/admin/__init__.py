"""Pages of the KYC desk: the queue, the desk, the record of an application, customers."""

from kyc.admin import applications, customers

__all__ = ["applications", "customers"]
