"""Reads the environment, and says loudly what is missing or cannot be understood."""

import os
from pathlib import Path

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


def load_dotenv(path: Path) -> None:
    """Takes NAME=VALUE lines of the ignored .env as defaults; what the environment says comes first."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.lstrip().startswith("#") and f"{name.strip()}_FILE" not in os.environ:
            os.environ.setdefault(name.strip(), value.strip())
