"""10,000 events to 20 receivers, of which 3 hang and 2 fail: how many deliveries a second the 15 healthy ones take
altogether and each, from the first event put in line until the last healthy one has everything; then the same while the
worker is killed again and again. Each call is kept by the receivers, and held against what was promised: order, nothing
lost, nothing twice without a mark.

Receivers run in a process of their own, the worker in another, each database is one of its own. OUTBOX_EVENTS (10,000)
says how many events, OUTBOX_KILLED_EVENTS (a fifth) how many while it is killed.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EVENTS = int(os.environ.get("OUTBOX_EVENTS", "10000"))
KILLED_EVENTS = int(os.environ.get("OUTBOX_KILLED_EVENTS", str(EVENTS // 5)))
SERVER = os.environ.get("OUTBOX_SERVER", "postgres://postgres@127.0.0.1:5432")
DATABASE = "outbox_bench"
HEALTHY, HANGING, FAILING = range(15), range(15, 18), range(18, 20)
ASKED = 200.0  # deliveries a second
KILLS = 5


def figures() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="outbox-bench-") as folder:
        found = _measured("sqlite", f"sqlite:///{folder}/bench.sqlite3", folder)
        if _server_answers():
            found += _measured("postgresql", f"{SERVER}/{DATABASE}", folder)
        else:
            print("outbox: no PostgreSQL answers, its figures are missing", file=sys.stderr)
        return found


def _server_answers() -> bool:
    import psycopg

    try:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=3) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{DATABASE}"')
    except psycopg.OperationalError:
        return False
    return True


def _measured(name: str, url: str, folder: str) -> list[dict[str, Any]]:
    here = Path(folder) / name
    here.mkdir()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "VAR_DIR": str(here),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LOG_LEVEL": "ERROR",
    }
    _step(environment, "prepare")
    found: list[dict[str, Any]] = []
    for killed, events in ((False, EVENTS), (True, KILLED_EVENTS)):
        port_file, calls = here / f"port-{killed}", here / f"calls-{killed}"
        listener = _begun(environment, "listen", str(port_file), str(calls))
        try:
            while not port_file.exists():
                time.sleep(0.05)
            _step(environment, "fill", port_file.read_text(), str(events))
            seconds = _delivered(environment, events, killed)
        finally:
            listener.terminate()
            listener.wait()
        found += _held_against(name, calls, events, seconds, killed)
    return found


def _delivered(environment: dict[str, str], events: int, killed: bool) -> float:
    """Until the healthy ones have everything. Killed: at a moment by chance once it works, and begun anew at once; what
    the dead one held waits until its lease lapses."""
    began, kills, works = time.monotonic(), KILLS if killed else 0, Path(environment["VAR_DIR"]) / "works"
    while True:
        works.unlink(missing_ok=True)
        worker = _begun(environment, "deliver", str(works))
        while not works.exists() and worker.poll() is None:
            time.sleep(0.05)
        try:
            code = worker.wait(timeout=random.uniform(1, 18) if kills else None)
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            kills -= 1
            continue
        if code:
            raise RuntimeError(f"delivering ended with {code}")
        return time.monotonic() - began


def _held_against(name: str, path: Path, events: int, seconds: float, killed: bool) -> list[dict[str, Any]]:
    """Raises when a promise was broken."""
    calls: dict[int, list[tuple[float, int, int, str]]] = {}
    for line in path.read_text().splitlines():
        words = line.split()
        calls.setdefault(int(words[1]), []).append((float(words[0]), int(words[2]), int(words[3]), words[4]))
    repeated = 0
    for receiver in HEALTHY:
        seen: dict[str, int] = {}
        newest = 0
        for _at, number, attempt, ref in calls[receiver]:
            if ref in seen:
                repeated += 1
                assert attempt > seen[ref], "twice without a mark"
            else:
                assert number == newest + 1, f"{number} came after {newest}"
            newest, seen[ref] = max(newest, number), attempt
        assert len(seen) == events, f"{events - len(seen)} events were lost"
    assert killed or not repeated
    return _figures(name, calls, events, seconds, killed, repeated)


def _figures(
    name: str, calls: dict[int, list[Any]], events: int, seconds: float, killed: bool, repeated: int
) -> list[dict[str, Any]]:
    when = f"{name}, {events} events" + (f", killed {KILLS} times" if killed else "")
    healthy = [call for receiver in HEALTHY for call in calls[receiver]]
    sending = max(call[0] for call in healthy) - min(call[0] for call in healthy)
    altogether = len(HEALTHY) * events / seconds
    each = [events / (calls[receiver][-1][0] - calls[receiver][0][0]) for receiver in HEALTHY]
    found = [
        _figure(f"{when}: healthy altogether, with start", altogether, "deliveries/s", ASKED),
        _figure(f"{when}: slowest healthy receiver", min(each), "deliveries/s"),
        _figure(f"{when}: first to last call", sending, "s"),
    ]
    if killed:
        found.append(_figure(f"{when}: came again, marked", repeated, "calls"))
    return found


def _figure(name: str, value: float, unit: str, reference: float | None = None) -> dict[str, Any]:
    figure: dict[str, Any] = {"name": name, "value": round(value, 1), "unit": unit}
    if reference:
        figure |= {"reference": reference, "ratio": value / reference}
    return figure


def _begun(environment: dict[str, str], *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "benchmarks.bench_outbox", *words], cwd=ROOT, env=environment)


def _step(environment: dict[str, str], *words: str) -> None:
    if code := _begun(environment, *words).wait():
        raise RuntimeError(f"outbox {words[0]} ended with {code}")


# --- in processes of their own ------------------------------------------------------------------------------------


def prepare() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill(port: str, events: str) -> None:
    """Receivers as they stand once two people agreed, and events as actions publish them, fifty in a transaction."""
    from django.db import transaction

    from outbox.events import publish
    from outbox.models import Receiver, Secret
    from tests.outbox import making

    making.known()
    Receiver.all_unrestricted.webhooks().exclude(status="ended").update(status="ended", paused_at=None)
    for at in range(20):
        receiver = Receiver.all_unrestricted.create(
            kind="webhook",
            status="active",
            name=f"{port} {at}",
            url=f"http://127.0.0.1:{port}/{at}",
            kinds=[making.KIND.name],
        )
        Secret.all_unrestricted.create(receiver=receiver, value=f"made up {at}")
    for start in range(0, int(events), 50):
        with transaction.atomic():
            for number in range(start, min(start + 50, int(events))):
                publish(making.KIND.name, {"n": number})


def deliver(works: str) -> None:
    """As the task does it, one run after the other, until the healthy ones have everything."""
    from outbox import delivering, fanning
    from outbox.models import Delivery
    from tests.outbox import making

    making.known()
    names = [f"/{at}" for at in HEALTHY]
    Path(works).touch()
    while True:
        delivering.deliver()
        waiting = Delivery.all_unrestricted.waiting().exclude(receiver__status="ended").values_list("receiver__url")
        left = any(url.endswith(name) for (url,) in waiting.distinct().order_by() for name in names)
        if not left and not fanning.waits():
            return
        time.sleep(0.2)


def listen(port_file: str, calls: str) -> None:
    """Twenty receivers at one port, by their path."""
    asyncio.run(_listen(Path(port_file), Path(calls)))


async def _listen(port_file: Path, calls: Path) -> None:
    ended, said = asyncio.Event(), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            first, *lines = head.rstrip().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            await reader.readexactly(int(headers["Content-Length"]))
            receiver = int(first.split()[1].strip("/"))
            words = (headers["Webhook-Number"], headers["Webhook-Attempt"], headers["Webhook-Id"])
            said.append(f"{time.monotonic()} {receiver} {' '.join(words)}\n")
            if receiver in HANGING:
                await ended.wait()
                break
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % (500 if receiver in FAILING else 200))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    port_file.with_suffix(".new").write_text(str(server.sockets[0].getsockname()[1]))
    port_file.with_suffix(".new").rename(port_file)
    await ended.wait()
    calls.write_text("".join(said))


if __name__ == "__main__":
    if sys.argv[1] != "listen":
        import django

        django.setup()
    globals()[sys.argv[1]](*sys.argv[2:])
