"""Where a request came from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The caller's address. With PROXIES = n, the n-th from the right of X-Forwarded-For: what stands further left
    was written by the caller and proves nothing."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PROXIES:
        chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        address = chain[-settings.PROXIES] if len(chain) >= settings.PROXIES else address
    try:
        return ip_address(address).compressed
    except ValueError:
        return "unknown"
