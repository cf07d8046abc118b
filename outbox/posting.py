"""One webhook, called over a connection that is kept open. Nothing a receiver does can hold a call beyond its time or
fill memory: connecting, sending and every byte of the answer share one deadline, redirects are not followed, and of the
body no more is read than a limit."""

import io
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from ipaddress import ip_address
from time import monotonic
from urllib.parse import urlsplit

from outbox import addresses
from outbox.models.deliveries import Outcome

CONNECT_SECONDS = 3.0
CALL_SECONDS = 6.0
BODY_BYTES = 16 * 1024
LATER = {408, 425, 429}  # a 4xx that says "not now" and not "not this"


class NotAllowed(Exception):
    """The name leads to an address that is not allowed."""


@dataclass(frozen=True)
class Answer:
    """What came of one call."""

    outcome: str
    code: int | None
    duration_ms: int


class Webhook:
    """A connection to one receiver. Used by one thread at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.secure, self.host = parts.scheme == "https", parts.hostname or ""
        self.port = parts.port or (443 if self.secure else 80)
        self.target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.open: HTTPConnection | None = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        began, kept = monotonic(), self.open is not None
        try:
            code = self._call(body, headers, began + CALL_SECONDS)
        except (OSError, HTTPException, NotAllowed, ValueError) as error:
            self.close()
            return Answer(_failure(error, kept), None, _since(began))
        return Answer(_judged(code), code, _since(began))

    def close(self) -> None:
        if self.open:
            self.open.close()
        self.open = None

    def _call(self, body: bytes, headers: Mapping[str, str], deadline: float) -> int:
        link = self.open = self.open or self._connected(deadline)
        assert isinstance(link.sock, Timed)
        link.sock.deadline = deadline
        link.request("POST", self.target, body, dict(headers))
        answer = link.getresponse()
        answer.read(BODY_BYTES)
        if not answer.isclosed():  # there is more: what it says does not matter
            self.close()
            answer.close()
        elif link.sock is None:  # it does not want to be called over this connection again
            self.open = None
        return answer.status

    def _connected(self, deadline: float) -> HTTPConnection:
        """Looked up now, and connected to exactly what was looked at."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        where = [str(each[4][0]) for each in found]
        if not all(addresses.allowed(ip_address(one.partition("%")[0])) for one in where):
            raise NotAllowed
        raw = socket.create_connection((where[0], self.port), timeout=min(CONNECT_SECONDS, deadline - monotonic()))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.secure:
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=self.host)
        link = HTTPConnection(self.host, self.port)
        link.sock = Timed(raw)
        return link


class Timed:
    """A socket as http.client uses it, whose every step ends at the deadline: a timeout of its own would begin anew
    with each byte."""

    def __init__(self, raw: socket.socket) -> None:
        self.raw, self.deadline, self.readers, self.wanted = raw, 0.0, 0, True

    def left(self) -> float:
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def sendall(self, data: bytes) -> None:
        self.raw.settimeout(self.left())
        self.raw.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        self.readers += 1
        return io.BufferedReader(Reader(self))

    def close(self) -> None:
        self.wanted = False
        self.let_go()

    def let_go(self) -> None:
        """An answer may still be read after the connection was given up."""
        if not self.wanted and not self.readers:
            self.raw.close()


class Reader(io.RawIOBase):
    def __init__(self, sock: Timed) -> None:
        self.sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        self.sock.raw.settimeout(self.sock.left())
        return self.sock.raw.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self.sock.readers -= 1
            self.sock.let_go()
        super().close()


def _judged(code: int) -> str:
    if 200 <= code < 300:
        return Outcome.DELIVERED.value
    return (Outcome.REFUSED if 400 <= code < 500 and code not in LATER else Outcome.FAILED).value


def _failure(error: Exception, kept: bool) -> str:
    if isinstance(error, NotAllowed):
        return Outcome.NOT_ALLOWED.value
    if isinstance(error, TimeoutError):
        return Outcome.TIMED_OUT.value
    if isinstance(error, ssl.SSLCertVerificationError):
        return Outcome.UNTRUSTED.value
    if kept and isinstance(error, RemoteDisconnected | ConnectionError):
        return Outcome.CLOSED.value  # it may have ended an idle connection just then
    return (Outcome.FAILED if isinstance(error, HTTPException) else Outcome.UNREACHABLE).value


def _since(began: float) -> int:
    return round((monotonic() - began) * 1000)
