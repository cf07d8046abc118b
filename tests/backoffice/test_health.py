"""What load balancers and monitors are told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from backoffice import health, tasks
from base import clock
from controls.models import PendingSeal

TOKEN = "a-made-up-token-of-the-test-suite"


@pytest.fixture(autouse=True)
def cache_table(db: None) -> None:
    call_command("createcachetable", verbosity=0)


@pytest.fixture
def read_only(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BROKER_FOLDERS = [str(tmp_path / "gone")]


def test_alive_asks_nothing_of_others(client: Client) -> None:
    assert client.get("/healthz").json() == {"ok": True}


def test_ready_names_each_part(client: Client) -> None:
    tasks.heartbeat()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"] == {name: {"ok": True} for name in {**health.PARTS, **health.BESIDE}}


def test_a_missing_broker_takes_the_server_away(client: Client, read_only: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "file-system broker" in answer.json()["parts"]["broker"]["why"]


def test_an_unreachable_broker_takes_the_server_away(client: Client, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert client.get("/readyz").json()["parts"]["broker"]["ok"] is False


def test_a_storage_that_cannot_be_written_takes_the_server_away(client: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder is needed")
    inner = {"BACKEND": "base.storage.LocalFiles", "OPTIONS": {"location": str(tmp_path / "file")}}
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "base.storage.EncryptedStorage", "OPTIONS": {"inner": inner}}
    }
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["storage"]["ok"] is False


def test_silent_workers_are_told_but_do_not_take_the_server_away(client: Client) -> None:
    cache.set("heartbeat", clock.now() - timedelta(minutes=3))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"]["workers"]["ok"] is False


def test_rows_gone_before_they_were_sealed_are_told(client: Client, settings: Any) -> None:
    PendingSeal.objects.create(stream="audit", row_id=4711)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "1 rows are gone" in answer.json()["parts"]["queue"]["why"]
    settings.METRICS_TOKEN = TOKEN
    figures = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content
    assert b"backoffice_queued_rows_gone 1.0" in figures


def test_figures_need_the_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer ä"}).status_code == 401
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert b"django_http_requests" in answer.content


def test_figures_are_closed_while_there_is_no_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    assert client.get("/metrics").status_code == 401
