"""What a load balancer and a monitor ask: alive, ready, and the figures."""

import hmac
import os
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import prometheus_client
import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import multiprocess

from backoffice.celery import app
from backoffice.tasks import last_heartbeat
from base import clock
from base.storage import EncryptedStorage
from controls import sealing, triggers

log = structlog.get_logger(__name__)
SILENT = timedelta(minutes=2)
UNSEALED = timedelta(minutes=5)


class NotReady(Exception):
    """A part is not as it must be; the text goes to whoever asks, so it names no host, user or path."""


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def broker() -> None:
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        if not all(os.access(folder, os.W_OK | os.X_OK) for folder in settings.BROKER_FOLDERS):
            raise NotReady("a folder of the file-system broker is missing or cannot be written")
        return
    with app.connection_for_write() as link:
        link.ensure_connection(max_retries=0, timeout=3)


def storage() -> None:
    cast(EncryptedStorage, default_storage).probe()


def sealing_lag() -> None:
    """Evidence that no batch holds yet may be a few seconds old, not minutes."""
    lag = sealing.lag()
    if lag is not None and lag > UNSEALED:
        raise NotReady(f"evidence waits for the sealer since {int(lag.total_seconds() // 60)} minutes")


def sealing_queue() -> None:
    """Every number in the queue names a row; one that does not was put there, or its row was taken."""
    if gone := sealing.gone_count():
        raise NotReady(f"{gone} rows are gone that the sealer was to take; `manage.py verify_audit` names them")


def guards() -> None:
    """The triggers that keep evidence from being edited are there, as they must be."""
    if found := triggers.differences():
        raise NotReady(f"{len(found)} triggers differ; `manage.py check --database default` names them")


def workers() -> None:
    """Beat sends a heartbeat every 20 seconds and a worker of the pulse queue notes it."""
    last = last_heartbeat()
    if last is None or clock.now() - last > SILENT:
        raise NotReady("no heartbeat of beat and the pulse worker within two minutes")


PARTS: dict[str, Callable[[], None]] = {
    "database": database,
    "broker": broker,
    "storage": storage,
    "sealing": sealing_lag,
    "triggers": guards,
}
# told, but no reason to take the web server away
BESIDE: dict[str, Callable[[], None]] = {"workers": workers, "queue": sealing_queue}


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of others."""
    return JsonResponse({"ok": True})


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Each part, and 503 when one that requests need is not there."""
    found = {name: ask(name, part) for name, part in {**PARTS, **BESIDE}.items()}
    ready = all(found[name]["ok"] for name in PARTS)
    return JsonResponse({"ok": ready, "parts": found}, status=200 if ready else 503)


def ask(name: str, part: Callable[[], None]) -> dict[str, object]:
    try:
        part()
    except NotReady as error:
        return {"ok": False, "why": str(error)}
    except Exception as error:  # whatever a driver raises means the same here: that part is not there
        log.warning("part_not_ready", part=name, exc_info=True)
        return {"ok": False, "why": type(error).__name__}
    return {"ok": True}


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with `Authorization: Bearer METRICS_TOKEN`; closed while there is no token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    expected = settings.METRICS_TOKEN.encode()
    if not expected or not hmac.compare_digest(given, expected):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(
        prometheus_client.generate_latest(registry()), content_type=prometheus_client.CONTENT_TYPE_LATEST
    )


def registry() -> prometheus_client.CollectorRegistry:
    """The counters of all web processes together (of this one where there is no shared folder), and what the
    database says at this moment."""
    together = prometheus_client.CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    else:
        together.register(prometheus_client.REGISTRY)
    lag = sealing.lag()
    for name, words, value in (
        ("backoffice_unsealed_rows", "Rows of evidence that no batch holds yet", sealing.tail_count()),
        ("backoffice_sealing_lag_seconds", "Age of the oldest of them", lag.total_seconds() if lag else 0),
        ("backoffice_queued_rows_gone", "Rows that the sealer was to take and that are gone", sealing.gone_count()),
        ("backoffice_heartbeat_age_seconds", "Since beat and a worker were last heard of", heartbeat_age()),
    ):
        prometheus_client.Gauge(name, words, registry=together).set(value)
    return together


def heartbeat_age() -> float:
    last = last_heartbeat()
    return float("inf") if last is None else (clock.now() - last).total_seconds()
