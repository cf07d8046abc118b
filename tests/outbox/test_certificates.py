"""Over https the receiver shows who it is, by the very name that was registered."""

import ipaddress
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from base import clock
from outbox import posting
from tests.outbox.listening import Listener, listening

Certified = Callable[[Listener, x509.GeneralName], Path]


def certificate(folder: Path, name: x509.GeneralName) -> tuple[Path, Path]:
    """One that signs itself, for a name or an address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up")])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain, pkcs8 = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
    return certificate, private


def secure(listener: Listener, folder: Path, name: x509.GeneralName) -> tuple[str, Path]:
    shown, private = certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, private)
    listener.server.socket = context.wrap_socket(listener.server.socket, server_side=True)
    return listener.url.replace("http://", "https://"), shown


HERE, ELSEWHERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("elsewhere.example.com")


@pytest.mark.parametrize(
    ("name", "trusted", "outcome"),
    [(HERE, True, "delivered"), (HERE, False, "untrusted"), (ELSEWHERE, True, "untrusted")],
)
def test_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: Any, trusted: bool, outcome: str) -> None:
    with listening() as listener:
        url, shown = secure(listener, tmp_path, name)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(shown))
        webhook = posting.Webhook(url)
        assert [webhook.post(b"{}", {"Webhook-Number": "1"}).outcome for _twice in range(2)] == [outcome] * 2
        webhook.close()
        assert len(listener.calls) == (2 if outcome == "delivered" else 0)
