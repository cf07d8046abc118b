"""Where a webhook may lie. A receiver of ours must not become a way into our own network: its name is looked up when
the connection is made, every address found must be a public one, and that very address is connected to."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from base.errors import Invalid

LONGEST = 500
NAT64 = ip_network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


def checked(url: str) -> str:
    """The address of a webhook, when it is one. Raises Invalid, which says what is wrong."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Invalid(_("This is no address."), field="url") from error
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or not host or port == 0:
        raise Invalid(_("This is no address."), field="url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid(_("An address holds no name, password or mark."), field="url")
    if parts.scheme != "https" and not _demonstration(parts):
        raise Invalid(_("Only https:// is taken."), field="url")
    if (literal := _literal(host)) and not allowed(literal):
        raise Invalid(_("This address lies in a network that is not allowed."), field="url")
    return url


def allowed(address: Address) -> bool:
    """A public address, or one in a network that OUTBOX_ALLOWED_NETWORKS names."""
    inner = _inner(address)
    if any(inner in ip_network(network) for network in _named() if ip_network(network).version == inner.version):
        return True
    return inner.is_global and not (inner.is_multicast or inner.is_reserved or inner.is_unspecified)


def _named() -> Sequence[str]:
    loopback = ["127.0.0.0/8", "::1/128"] if settings.DEMO else []
    return [*settings.OUTBOX_ALLOWED_NETWORKS, *loopback]


def _inner(address: Address) -> Address:
    """The address that is reached in the end, where one is written inside another."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address


def _demonstration(parts: SplitResult) -> bool:
    """Plain HTTP stays on this machine, and in a demonstration."""
    literal = _literal(parts.hostname or "")
    here = parts.hostname == "localhost" or (literal is not None and literal.is_loopback)
    return bool(settings.DEMO and parts.scheme == "http" and here)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
