"""What must hold in production, said with a hint. `manage.py check --deploy` runs all of it."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution
from django.core.exceptions import ImproperlyConfigured

from base.crypto import check_keys
from base.requests import is_loopback

SHORTEST_TOKEN = 24


@register("environment")
def keys_can_be_used(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        check_keys(settings.FIELD_KEYS)
    except ImproperlyConfigured as error:
        hint = "FIELD_KEYS=k1:$(openssl rand -hex 32); a new key goes first, old ones stay behind it."
        found.append(Error(str(error), hint=hint, id="backoffice.E001"))
    try:
        usable = len(bytes.fromhex(settings.CHECKPOINT_KEY)) == 32
    except ValueError:
        usable = False
    if not usable:
        hint = "CHECKPOINT_KEY=$(openssl rand -hex 32)"
        found.append(Error("CHECKPOINT_KEY is not 64 hexadecimal digits.", hint=hint, id="backoffice.E002"))
    return found


@register("environment")
def a_demonstration_stays_on_this_machine(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.DEMO or is_loopback(settings.BIND):
        return []
    hint = "Leave BIND at 127.0.0.1, or unset DEMO: its passwords are printed for everybody to read."
    return [Error(f"DEMO=1 may not bind {settings.BIND}.", hint=hint, id="backoffice.E003")]


@register("environment")
def passkeys_know_their_host(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", settings.PUBLIC_HOST) and not settings.PUBLIC_HOST[-1].isdigit():
        return []
    hint = "PUBLIC_HOST=office.example.com: the name people type. A passkey belongs to it and works nowhere else."
    return [Error(f"PUBLIC_HOST is {settings.PUBLIC_HOST!r}, which is no host name.", hint=hint, id="backoffice.E005")]


CONSOLE = "django.core.mail.backends.console.EmailBackend"


@register("environment")
def a_witness_by_mail_needs_a_mail_server(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.WITNESS_EMAIL or settings.EMAIL_BACKEND != CONSOLE:
        return []
    hint = "EMAIL_URL=smtp://user:password@mail.example.com: without it mail goes to the terminal, where no witness is."
    return [Error("WITNESS_EMAIL is set and no mail server is.", hint=hint, id="backoffice.E006")]


@register("environment", deploy=True)
def mail_leaves_this_machine(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.EMAIL_BACKEND != CONSOLE:
        return []
    hint = "EMAIL_URL=smtp://user:password@mail.example.com; the terminal is a log, and mail names people."
    return [Caution("Mail goes to the terminal.", hint=hint, id="backoffice.W017")]


@register("environment", deploy=True)
def production_is_no_demonstration(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.DEMO:
        return [Error("DEMO=1 in production.", hint="Unset DEMO: it opens printed passwords.", id="backoffice.E010")]
    return []


@register("environment", deploy=True)
def hosts_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        hint = "ALLOWED_HOSTS=backoffice.example.com"
        found.append(Error("ALLOWED_HOSTS accepts any host.", hint=hint, id="backoffice.E011"))
    if all(is_loopback(host) for host in settings.ALLOWED_HOSTS):
        hint = "ALLOWED_HOSTS=backoffice.example.com"
        found.append(Caution("ALLOWED_HOSTS names this machine only.", hint=hint, id="backoffice.W011"))
    return found


@register("environment", deploy=True)
def production_does_not_run_on_embedded_parts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        hint = "DATABASE_URL=postgres://user:password@host/name"
        found.append(Caution("SQLite serves one machine, without replicas.", hint=hint, id="backoffice.W012"))
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        hint = "CELERY_BROKER_URL=redis://host:6379/0 or amqp://user:password@host//"
        found.append(Caution("The file-system broker serves one machine.", hint=hint, id="backoffice.W013"))
    return found


@register("environment", deploy=True)
def secrets_are_long_and_their_own(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        hint = "METRICS_TOKEN=$(openssl rand -hex 24)"
        found.append(Error("METRICS_TOKEN can be guessed.", hint=hint, id="backoffice.E014"))
    if settings.CHECKPOINT_KEY in settings.FIELD_KEYS:
        hint = "Who can read data must not be able to sign checkpoints: make another."
        found.append(Error("CHECKPOINT_KEY is also a data key.", hint=hint, id="backoffice.E015"))
    return found


@register("environment", deploy=True)
def the_env_file_is_private(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    path = Path(settings.BASE_DIR) / ".env"
    if path.is_file() and path.stat().st_mode & 0o077:
        return [Caution(".env can be read by other users.", hint="chmod 600 .env", id="backoffice.W016")]
    return []
