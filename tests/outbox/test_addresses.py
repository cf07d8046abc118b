"""A webhook is no way into our own network: whatever a name says, the address that is called must be allowed."""

import socket
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import pytest

from base.errors import Invalid
from outbox import addresses, delivering, posting
from outbox.models import DeliveryAttempt
from tests.outbox import making
from tests.outbox.listening import listening

REFUSED = [
    "http://hooks.example.com/in",
    "ftp://hooks.example.com/in",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "//hooks.example.com/in",
    "hooks.example.com",
    "https://",
    "https://user:word@hooks.example.com/",
    "https://user@hooks.example.com/",
    "https://hooks.example.com/#mark",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/a\r\nX: y",
    "https://hooks.example.com/\x00",
    "https://münchen.example/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0.0.0.0/",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:a00:1::]/",
    "https://[::]/",
    "https://[ff02::1]/",
    "https://[::1",
    "https://" + "a" * 500 + ".example/",
]
INSIDE = ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.0.7", "::1", "fe80::1%eth0", "fd00:ec2::254", "0.0.0.0"]  # noqa: S104
PUBLIC = "93.184.216.34"


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_address_for_a_webhook(url: str) -> None:
    with pytest.raises(Invalid) as error:
        addresses.checked(url)
    assert error.value.field == "url"


@pytest.mark.parametrize(
    "url", ["https://hooks.example.com", "https://hooks.example.com:8443/in?a=b", f"https://{PUBLIC}/"]
)
def test_what_is_one(url: str) -> None:
    assert addresses.checked(f" {url} ") == url


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "https://127.0.0.1/"])
def test_this_machine_is_for_demonstrations_alone(settings: Any, url: str) -> None:
    assert addresses.checked(url)
    settings.DEMO = False
    if url != "http://localhost:9/":
        assert not addresses.allowed(ip_address(urlsplit(url).hostname or ""))
    with pytest.raises(Invalid):
        addresses.checked(url)


def test_a_private_network_is_allowed_by_name(settings: Any) -> None:
    settings.OUTBOX_ALLOWED_NETWORKS = ["10.1.2.0/24", "fd12::/64"]
    allowed = ["10.1.2.7", "::ffff:10.1.2.7", "fd12::7", PUBLIC]
    assert all(addresses.allowed(ip_address(one)) for one in allowed)
    assert not any(addresses.allowed(ip_address(one)) for one in ["10.1.3.7", "fd13::7", "169.254.169.254"])


def resolving(*found: str) -> Any:
    """getaddrinfo that answers so."""

    def answer(host: str, port: int, **words: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    return answer


@pytest.mark.parametrize("where", INSIDE)
@pytest.mark.parametrize("beside", [(), (PUBLIC,)])
def test_a_name_that_leads_inside_is_not_called(
    settings: Any, monkeypatch: pytest.MonkeyPatch, where: str, beside: tuple[str, ...]
) -> None:
    settings.DEMO = False
    monkeypatch.setattr(socket, "getaddrinfo", resolving(*beside, where))
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("it was connected to"))
    answer = posting.Webhook("https://hooks.example.com/in").post(b"{}", {})
    assert (answer.outcome, answer.code) == ("not_allowed", None)


def test_what_is_connected_to_is_what_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up once: an answer that changes has no second chance."""
    asked: list[str] = []
    called: list[tuple[str, int]] = []

    def looked_up(host: str, port: int, **words: Any) -> Any:
        asked.append(host)
        return resolving(PUBLIC)(host, port)

    def connected(where: tuple[str, int], **words: Any) -> None:
        called.append(where)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket, "create_connection", connected)
    answer = posting.Webhook("https://hooks.example.com/in").post(b"{}", {})
    assert (answer.outcome, asked, called) == ("unreachable", ["hooks.example.com"], [(PUBLIC, 443)])


@pytest.mark.django_db
def test_a_receiver_whose_address_came_to_lie_inside_fails_and_waits(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1)
        settings.DEMO = False
        assert delivering.deliver() == 0
        assert not listener.calls
    attempt = DeliveryAttempt.all_unrestricted.get()
    assert attempt.outcome == "not_allowed"
    assert making.fresh(receiver).failures == 1
