"""Checkpoints reach every witness once, and count as delivered when all have them."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail

from base import clock
from controls import sealing, tasks, witness
from controls.actor import Actor
from controls.models import AuditEntry, Checkpoint, Delivery

SEALER = Actor.job("controls.sealer")


@pytest.fixture(autouse=True)
def witness_file(settings: Any, tmp_path: Path) -> Path:
    settings.WITNESS_FILE = str(tmp_path / "kept" / "witness.jsonl")
    return Path(settings.WITNESS_FILE)


@pytest.fixture
def listener() -> Iterator["Listener"]:
    listening = Listener()
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield listening
    listening.shutdown()
    listening.server_close()
    thread.join()


class Listener(HTTPServer):
    """A witness that is told by POST, and answers 503 while it is out of order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[dict[str, Any]] = []
        self.out_of_order = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Taking(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.out_of_order:
            self.server.taken.append(json.loads(body))
        self.send_response(503 if self.server.out_of_order else 204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return


def sealed_entry() -> None:
    AuditEntry.all_unrestricted.create(
        ref=uuid4(), at=clock.now(), actor="job:made-up", action="tests.done", record_model="", content="{}"
    )
    sealing.seal(by=SEALER)


@pytest.mark.usefixtures("db")
def test_a_checkpoint_is_signed_and_appended_to_the_witness_file(witness_file: Path) -> None:
    sealed_entry()
    sealed_entry()
    kept = witness.known(witness_file.read_text())
    assert [each["number"] for each in kept] == [1, 2]
    assert all(witness.signed(each) for each in kept)
    assert not Checkpoint.objects.filter(delivered_at=None).exists()


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("name", ["number", "sequence", "hash", "at", "stream"])
def test_a_changed_checkpoint_is_not_signed_by_us(name: str, witness_file: Path) -> None:
    sealed_entry()
    (point,) = witness.known(witness_file.read_text())
    assert not witness.signed({**point, name: "another"})


@pytest.mark.usefixtures("db")
def test_a_checkpoint_by_another_key_is_not_signed_by_us(settings: Any, witness_file: Path) -> None:
    sealed_entry()
    (point,) = witness.known(witness_file.read_text())
    settings.CHECKPOINT_KEY = "11" * 32
    assert not witness.signed(point)
    settings.CHECKPOINT_FORMER_KEYS = [point["key"]]
    assert witness.signed(point)


@pytest.mark.usefixtures("db")
def test_mail_and_url_are_told_too(settings: Any, listener: Listener) -> None:
    settings.WITNESS_EMAIL, settings.WITNESS_URL = "witness@example.org", listener.url
    sealed_entry()
    assert [each["number"] for each in listener.taken] == [1]
    assert mail.outbox[0].to == ["witness@example.org"]
    assert witness.known(str(mail.outbox[0].body))[0]["number"] == 1


@pytest.mark.usefixtures("db")
def test_a_witness_out_of_order_is_told_by_a_later_run_and_the_others_once(
    settings: Any, listener: Listener, witness_file: Path
) -> None:
    settings.WITNESS_URL, listener.out_of_order = listener.url, True
    sealed_entry()
    sealed_entry()
    assert Checkpoint.objects.filter(delivered_at=None).count() == 2
    listener.out_of_order = False
    sealing.seal(by=SEALER)
    assert [each["number"] for each in listener.taken] == [1, 2]
    assert len(witness_file.read_text().splitlines()) == 2
    assert not Checkpoint.objects.filter(delivered_at=None).exists()
    assert Delivery.objects.count() == 4


@pytest.mark.usefixtures("db")
def test_a_running_installation_signs_only_so_often(settings: Any) -> None:
    settings.CHECKPOINT_SECONDS = 300
    sealed_entry()
    AuditEntry.all_unrestricted.create(
        ref=uuid4(), at=clock.now(), actor="job:made-up", action="tests.done", record_model="", content="{}"
    )
    tasks.seal()
    assert Checkpoint.objects.count() == 1
    assert sealing.tail_count() == 0
    assert witness.make("audit", at_most_every=timedelta()) is not None
