"""What a thread of a worker does: hands one parcel after the other to one receiver. It asks no database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.core.mail import EmailMessage, get_connection

from base import clock
from base.canonical import canonical
from outbox import mails, signing
from outbox.models import Receiver
from outbox.models.deliveries import Outcome
from outbox.posting import CALL_SECONDS, Answer, Webhook

AT_ONCE = 100
TURN_SECONDS = 1.0  # then what was done is written, however much is left of the batch
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Parcel:
    """One try of one delivery: `number` is its place in the line; `attempt` above 1: it may have come before."""

    delivery: UUID
    ref: UUID
    kind: str
    number: int
    attempt: int
    body: bytes


PACKED = ("pk", "number", "attempts", "event__ref", "event__kind", "event__at", "event__payload")


def packed(delivery: UUID, number: int, tried: int, ref: UUID, kind: str, at: datetime, payload: Any) -> Parcel:
    """From the columns above, for the next try."""
    body = canonical({"id": ref, "kind": kind, "at": at, "data": payload}).encode()
    return Parcel(delivery, ref, kind, number, tried + 1, body)


class Lease:
    """Until when a worker may send, on the clock that nobody sets. The thread that asks the database moves it; those
    that send look at it before each call."""

    def __init__(self) -> None:
        self.until = 0.0

    def left(self) -> float:
        return self.until - monotonic()

    def cover(self, until: float, *, alone: bool) -> None:
        """Holds until then; no longer than what is under way beside it, unless that is covered as well."""
        self.until = until if alone else min(self.until, until)

    def end(self) -> None:
        self.until = 0.0


class Line(Protocol):
    """The way to one receiver."""

    def send(self, parcel: Parcel) -> Answer: ...

    def close(self) -> None: ...


def carry(line: Line, parcels: Sequence[Parcel], lease: Lease) -> list[Answer]:
    """In order, until one is not taken, the turn is over, or the lease could lapse during a call. What has no answer
    was not sent."""
    ends = monotonic() + TURN_SECONDS
    answers: list[Answer] = []
    for parcel in parcels:
        if lease.left() < CALL_SECONDS or (answers and monotonic() > ends):
            break
        answers.append(_sent(line, parcel))
        if answers[-1].outcome != Outcome.DELIVERED:
            break
    return answers


def _sent(line: Line, parcel: Parcel) -> Answer:
    try:
        return line.send(parcel)
    except Exception:  # whatever is wrong with one receiver or event, the others are served
        log.exception("delivery_broken", record=f"outbox.delivery:{parcel.delivery}")
        line.close()
        return Answer(Outcome.BROKEN.value, None, 0)


def line_to(receiver: Receiver, before: Line | None) -> Line:
    """The connection that is open already, unless its receiver has moved; the secrets as they are now."""
    if receiver.kind == Receiver.Kind.EMAIL:
        person = receiver.person
        assert person is not None
        return Mailbox(person.email if person.is_active else "")
    secrets = [secret.value for secret in receiver.secrets.in_force().order_by("-made_at")]
    if isinstance(before, Signed) and before.url == receiver.url:
        before.secrets = secrets
        return before
    if before:
        before.close()
    return Signed(receiver.url, secrets)


class Signed:
    """A webhook."""

    def __init__(self, url: str, secrets: list[str]) -> None:
        self.url, self.secrets, self.webhook = url, secrets, Webhook(url)

    def send(self, parcel: Parcel) -> Answer:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "backoffice-outbox/1",
            "Webhook-Id": str(parcel.ref),
            "Webhook-Event": parcel.kind,
            "Webhook-Number": str(parcel.number),
            "Webhook-Attempt": str(parcel.attempt),
            "Webhook-Signature": signing.signature(self.secrets, parcel.body, int(clock.now().timestamp())),
        }
        return self.webhook.post(parcel.body, headers)

    def close(self) -> None:
        self.webhook.close()


class Mailbox:
    """Somebody who works here, through the mail server that the settings name."""

    def __init__(self, address: str) -> None:
        self.address = address

    def send(self, parcel: Parcel) -> Answer:
        if not self.address:
            return Answer(Outcome.NO_ADDRESS.value, None, 0)
        began = monotonic()
        outcome, code = self._mailed(parcel)
        return Answer(outcome, code, round((monotonic() - began) * 1000))

    def _mailed(self, parcel: Parcel) -> tuple[str, int | None]:
        subject, body = mails.written(_payload(parcel))
        headers = {
            "Message-ID": f"<{parcel.ref}@{mails.host()}>",
            "X-Outbox-Attempt": str(parcel.attempt),
            "Auto-Submitted": "auto-generated",
        }
        message = EmailMessage(subject, body, None, [self.address], headers=headers, connection=get_connection())
        try:
            message.send()
        except SMTPRecipientsRefused:
            return Outcome.REFUSED.value, None
        except SMTPResponseException as error:
            permanent = 500 <= error.smtp_code < 600
            return (Outcome.REFUSED if permanent else Outcome.FAILED).value, error.smtp_code
        except TimeoutError:
            return Outcome.TIMED_OUT.value, None
        except (OSError, SMTPException):
            return Outcome.UNREACHABLE.value, None
        return Outcome.DELIVERED.value, None

    def close(self) -> None:
        """Each mail has a connection of its own."""


def _payload(parcel: Parcel) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parcel.body)["data"]
    return found
