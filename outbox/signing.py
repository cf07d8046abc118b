"""How a receiver knows that a call is ours and of now: Webhook-Signature: t=<seconds>,v1=<HMAC-SHA256 in hexadecimal>.

Signed is `<t>.<body>`, with each secret in force; while a secret is rotated there are two v1, and one that fits is
enough.
"""

import hmac
from collections.abc import Iterable


def signature(secrets: Iterable[str], body: bytes, at: int) -> str:
    return ",".join([f"t={at}", *(f"v1={_of(secret, body, at)}" for secret in secrets)])


def verify(said: str, secret: str, body: bytes, now: int, tolerance: int = 300) -> bool:
    """What a receiver does; docs/outbox.md shows it."""
    parts = [part.partition("=")[::2] for part in said.split(",")]
    at = next((int(value) for name, value in parts if name == "t" and value.isdigit()), 0)
    fits = [hmac.compare_digest(value, _of(secret, body, at)) for name, value in parts if name == "v1"]
    return any(fits) and abs(now - at) <= tolerance


def _of(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
