"""Reads the environment, and says loudly what is missing or cannot be understood."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The variable NAME, or what the file named by NAME_FILE holds (how secrets are mounted)."""
    if file := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read: {error}") from error
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. `make run` writes one into .env; see docs/operations.md.")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}; say 1 or 0.")
    return value in TRUE


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; a whole number is needed.") from error


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [word for part in text(name, default).split(",") if (word := part.strip())]


def networks(name: str) -> list[str]:
    """A list of networks like 10.1.2.0/24."""
    found = words(name)
    for network in found:
        try:
            ip_network(network)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}. Write networks like 10.1.2.0/24.") from error
    return found


def mail(name: str, default: str) -> dict[str, Any]:
    """Django's settings of mail from smtp://user:password@host:587 (with STARTTLS), smtps://…:465, smtp+plain://host:25
    for a relay on this machine or network, or console: for a demonstration."""
    url = urlsplit(text(name, default))
    if url.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    ports = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
    if url.scheme not in ports or not url.hostname:
        raise ImproperlyConfigured(f"{name} begins with smtp://, smtps:// or smtp+plain:// and a host, or is console:")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or ports[url.scheme],
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_TLS": url.scheme == "smtp",
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_TIMEOUT": 5,
    }


def load_dotenv(path: Path) -> None:
    """Takes NAME=VALUE lines of the ignored .env as defaults; what the environment says comes first."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.lstrip().startswith("#") and f"{name.strip()}_FILE" not in os.environ:
            os.environ.setdefault(name.strip(), value.strip())
