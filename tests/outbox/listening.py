"""Real HTTP servers on loopback: healthy ones, slow ones, ones that fail, hang, drip, redirect."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def number(self) -> int:
        return int(self.headers["Webhook-Number"])

    @property
    def attempt(self) -> int:
        return int(self.headers["Webhook-Attempt"])


Answering = Callable[[BaseHTTPRequestHandler, Call], int | None]


class Listener:
    """`answering(handler, call)` gives the code to answer with, or None when it has answered itself."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.calls: list[Call] = []
        self.ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                call = Call(dict(self.headers), body)
                outer.calls.append(call)
                code = outer.answering(self, call)
                if code is not None:
                    self.send_response(code)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *args: Any) -> None:
                """The other side gave up: that is what is tested."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/in"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def numbers(self) -> list[int]:
        return [call.number for call in self.calls]

    def end(self) -> None:
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def listening(answering: Answering = lambda handler, call: 200) -> Iterator[Listener]:
    listener = Listener(answering)
    try:
        yield listener
    finally:
        listener.end()


def hang(listeners: list[Listener]) -> Answering:
    """Takes the call and never answers."""

    def answering(handler: BaseHTTPRequestHandler, call: Call) -> None:
        listeners[0].ended.wait(60)

    return answering
