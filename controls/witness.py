"""Checkpoints: signed statements of how far a stream has come, handed to witnesses the operators do not control.

Whoever holds one can tell later that the tail was cut or the history rewritten: the chain of hashes must pass
through it. A checkpoint counts as delivered when every witness that is configured has taken it; until then each
run tries again, so a witness may be told twice.
"""

import json
import os
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPException
from typing import Any

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import send_mail
from django.utils.translation import gettext as _

from base import clock
from base.canonical import canonical
from controls.models.audit import Checkpoint, Delivery, SealBatch
from controls.models.keeping import KeyHandover

WAIT_SECONDS = 10
AT_ONCE = 1_000
log = structlog.get_logger(__name__)


def make(stream: str, *, at_most_every: timedelta = timedelta()) -> Checkpoint | None:
    """Signs for the newest batch of a stream; None when that has been done, there is none, or it is too soon."""
    newest = SealBatch.objects.filter(stream=stream).order_by("-number").first()
    before = Checkpoint.objects.filter(stream=stream).order_by("-number").first()
    if newest is None or (before and (before.number >= newest.number or before.at + at_most_every > clock.now())):
        return None
    point = Checkpoint(
        stream=stream,
        number=newest.number,
        sequence=newest.last_sequence,
        at=clock.now(),
        hash=newest.hash,
        key=public_key(),
    )
    point.signature = _private_key().sign(canonical(statement(point)).encode()).hex()
    point.save(force_insert=True)
    return point


def deliver() -> int:
    """Hands what has not been delivered to every witness, oldest first; how many have now been taken by all. What
    a witness did not take is tried by the next run; the others are told meanwhile, once each."""
    points = list(Checkpoint.objects.filter(delivered_at=None).order_by("pk")[:AT_ONCE])
    left = {point.pk for name in _witnesses() for point in _not_taken(name, points)}
    delivered = Checkpoint.objects.filter(pk__in={point.pk for point in points} - left, delivered_at=None)
    return delivered.update(delivered_at=clock.now())


def statement(point: Checkpoint) -> dict[str, Any]:
    """The words that are signed."""
    return {
        "v": 1,
        "type": "checkpoint",
        "stream": point.stream,
        "number": point.number,
        "sequence": point.sequence,
        "at": point.at,
        "hash": point.hash,
    }


def line(point: Checkpoint) -> str:
    """A checkpoint as witnesses get it: one line of JSON, to be given back to `verify_audit --known`."""
    return canonical({**statement(point), "signature": point.signature, "key": point.key})


def signed(said: dict[str, Any]) -> bool:
    """Whether the signature of a checkpoint, as its line says it, is by one of our keys."""
    words = {name: said.get(name) for name in ("v", "type", "stream", "number", "sequence", "at", "hash")}
    return signed_by(words, said, our_keys())


def sign(words: dict[str, Any]) -> dict[str, str]:
    """Signature and key, to be kept beside the words."""
    return {"signature": _private_key().sign(canonical(words).encode()).hex(), "key": public_key()}


def signed_by(words: dict[str, Any], beside: dict[str, Any], keys: set[str]) -> bool:
    key = beside.get("key")
    return key in keys and verifies(str(key), words, str(beside.get("signature")))


def named_keys() -> set[str]:
    """The key that signs, and those before it that the settings name."""
    return {public_key(), *settings.CHECKPOINT_FORMER_KEYS}


def our_keys() -> set[str]:
    """Besides, every key that handed over to one of them: backwards only, each step signed by the key that came
    after. A row that says otherwise adds nothing."""
    keys = named_keys()
    for point in KeyHandover.objects.order_by("-id"):
        words = handover(point)
        if point.key in keys and verifies(point.key, words, point.by_key):
            keys |= {point.former} if verifies(point.former, words, point.by_former) else set()
    return keys


def handover(point: KeyHandover) -> dict[str, Any]:
    """The words that both keys sign."""
    return {"v": 1, "type": "handover", "at": point.at, "former": point.former, "key": point.key}


def handover_line(point: KeyHandover) -> str:
    return canonical({**handover(point), "by_former": point.by_former, "by_key": point.by_key})


def verifies(key: str, words: dict[str, Any], signature: str) -> bool:
    try:
        point = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        point.verify(bytes.fromhex(signature), canonical(words).encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key() -> str:
    """Give it to whoever shall check, by a way of its own."""
    return _private_key().public_key().public_bytes_raw().hex()


def _private_key() -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.CHECKPOINT_KEY))
    except ValueError as error:
        raise ImproperlyConfigured("CHECKPOINT_KEY must be 64 hexadecimal digits, an Ed25519 seed") from error


# --- witnesses ----------------------------------------------------------------------------------------------------


def _witnesses() -> list[str]:
    """Those that are configured."""
    return [name for name, setting in SETTINGS.items() if getattr(settings, setting)]


def _not_taken(witness: str, points: list[Checkpoint]) -> list[Checkpoint]:
    """Tells a witness what it has not been told; returns what it did not take."""
    told = set(Delivery.objects.filter(witness=witness, checkpoint__in=points).values_list("checkpoint_id", flat=True))
    waiting = [point for point in points if point.pk not in told]
    tell, size = TELL[witness]
    while waiting:
        try:
            tell(waiting[:size])
        except (OSError, SMTPException) as error:  # URLError is an OSError
            log.error("witness_not_reached", witness=witness, error=type(error).__name__)
            break
        Delivery.objects.bulk_create(
            Delivery(checkpoint=point, witness=witness, at=clock.now()) for point in waiting[:size]
        )
        waiting = waiting[size:]
    return waiting


def _append(points: list[Checkpoint]) -> None:
    path = Path(settings.WITNESS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(line(point) + "\n" for point in points)
        file.flush()
        os.fsync(file.fileno())


def _mail(points: list[Checkpoint]) -> None:
    subject = _("Checkpoint %(number)s of the evidence") % {"number": points[-1].number}
    send_mail(subject, "\n".join(line(point) for point in points), None, [settings.WITNESS_EMAIL])


def _post(points: list[Checkpoint]) -> None:
    """Anything but 2xx is a failure."""
    if not settings.WITNESS_URL.startswith(("https://", "http://")):
        raise ImproperlyConfigured("WITNESS_URL must begin with https:// or http://")
    body = "".join(line(point) + "\n" for point in points).encode()
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at above
        settings.WITNESS_URL, data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:  # noqa: S310
        answer.read(1)


SETTINGS = {"file": "WITNESS_FILE", "mail": "WITNESS_EMAIL", "url": "WITNESS_URL"}
TELL: dict[str, tuple[Callable[[list[Checkpoint]], None], int]] = {
    "file": (_append, AT_ONCE),
    "mail": (_mail, AT_ONCE),
    "url": (_post, 1),
}


def known(text: str) -> list[dict[str, Any]]:
    """Checkpoints from JSON lines, as a witness kept them. Raises ValueError for anything else."""
    points = [json.loads(each) for each in text.splitlines() if each.strip()]
    if not points or not all(_is_checkpoint(each) for each in points):
        raise ValueError("no checkpoint in it")
    return points


def _is_checkpoint(said: Any) -> bool:
    if not isinstance(said, dict) or said.get("type") != "checkpoint":
        return False
    return all(type(said.get(name)) is int for name in ("number", "sequence"))
