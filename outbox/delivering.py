"""Works off the lines: each receiver in order, all receivers beside each other.

One thread of a worker asks the database; others only call. A receiver is leased to a worker for a few seconds, renewed
while the worker lives; its next deliveries are counted as tried before they are sent, and what came of them is written
only under that lease. A worker killed at any point leaves a lease that lapses and tries that were counted: the next one
sends again what may have been sent, with a number that says so.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from base import clock
from outbox import fanning, outcomes
from outbox.carrying import AT_ONCE, PACKED, Lease, Line, Parcel, carry, line_to, packed
from outbox.models import Delivery, Receiver

LEASE = timedelta(seconds=12)
RENEWED = 2.0  # seconds
LOOKED = 0.1  # seconds between two looks while calls are under way
THREADS = 32
MAIL_AT_ONCE = 4


def deliver(seconds: float = 20.0, threads: int = THREADS) -> int:
    """Works until nothing is due, or for that long. How many deliveries ended well."""
    return Worker(threads).run(seconds)


def waits() -> bool:
    """Something is due that no living worker is at."""
    return fanning.waits() or Receiver.all_unrestricted.due(clock.now()).exists()


@dataclass
class Worker:
    threads: int
    token: UUID = field(default_factory=uuid4)
    lease: Lease = field(default_factory=Lease)
    lines: dict[UUID, Line] = field(default_factory=dict)
    flying: "dict[Future[list[Any]], tuple[Receiver, Sequence[Parcel]]]" = field(default_factory=dict)
    done: int = 0

    def run(self, seconds: float) -> int:
        until = monotonic() + seconds
        with ThreadPoolExecutor(self.threads, "outbox") as pool:
            try:
                while self.step(pool, monotonic() < until):
                    wait(self.flying, timeout=LOOKED, return_when=FIRST_COMPLETED)
            finally:
                self.lease.end()
                for line in self.lines.values():
                    line.close()
        return self.done

    def step(self, pool: ThreadPoolExecutor, takes: bool) -> bool:
        """Writes what came back, puts new events in line, sends the next. False when nothing is left to do."""
        self.keep([future for future in self.flying if future.done()])
        self.renew()
        fanned = fanning.fan_out() if takes else 0
        taken = self.take(pool) if takes else 0
        return bool(self.flying or taken or fanned)

    # --- what is sent ---------------------------------------------------------------------------------------------

    def take(self, pool: ThreadPoolExecutor) -> int:
        began = monotonic()
        with transaction.atomic():
            loads = [(receiver, self.load(receiver)) for receiver in self.chosen()]
        if loads:
            self.lease.cover(began + LEASE.total_seconds(), alone=not self.flying)
        for receiver, parcels in loads:
            line = self.lines[receiver.pk] = line_to(receiver, self.lines.get(receiver.pk))
            self.flying[pool.submit(carry, line, parcels, self.lease)] = (receiver, parcels)
        return len(loads)

    def chosen(self) -> list[Receiver]:
        """Those that are due, as far as threads are free. Mailboxes share one mail server, and who failed before may
        hang again: neither takes more than a part of the threads."""
        due = Receiver.all_unrestricted.due(clock.now())
        due = due.select_for_update(no_key=True, skip_locked=True, of=("self",))
        busy = [receiver for receiver, _parcels in self.flying.values()]
        due = due.exclude(pk__in=[receiver.pk for receiver in busy])  # though its lease lapsed: its thread still calls
        hanging = sum(1 for receiver in busy if receiver.failures)
        mails = sum(1 for receiver in busy if receiver.kind == Receiver.Kind.EMAIL)
        free = self.threads - len(busy)
        rows = [*due.webhooks()[:free], *due.mailboxes()[: min(max(MAIL_AT_ONCE - mails, 0), free)]]
        found: list[Receiver] = []
        for receiver in rows[:free]:
            hanging += bool(receiver.failures)
            if not receiver.failures or hanging <= self.threads // 2:
                found.append(receiver)
        return found

    def load(self, receiver: Receiver) -> list[Parcel]:
        """The next of its line, counted as tried before anything is sent. One alone while it fails."""
        most = 1 if receiver.failures else AT_ONCE
        parcels = [packed(*row) for row in Delivery.all_unrestricted.next_of(receiver).values_list(*PACKED)[:most]]
        tried = Delivery.all_unrestricted.filter(pk__in=[parcel.delivery for parcel in parcels])
        tried.update(attempts=F("attempts") + 1)
        receiver.lease_token, receiver.lease_until = self.token, clock.now() + LEASE
        receiver.save(update_fields=["lease_token", "lease_until"])
        return parcels

    def renew(self) -> None:
        if not self.flying or self.lease.left() > LEASE.total_seconds() - RENEWED:
            return
        began = monotonic()
        held = Receiver.all_unrestricted.filter(lease_token=self.token, lease_until__gt=clock.now())
        if held.update(lease_until=clock.now() + LEASE) >= len(self.flying):
            self.lease.cover(began + LEASE.total_seconds(), alone=True)

    # --- what came back -------------------------------------------------------------------------------------------

    def keep(self, futures: "Iterable[Future[list[Any]]]") -> None:
        """Written only where the lease still is ours: else another worker has begun anew, and counts for itself."""
        back = [(*self.flying.pop(future), future.result()) for future in futures]
        if not back:
            return
        ours = Receiver.all_unrestricted.filter(pk__in=[receiver.pk for receiver, _p, _a in back])
        with transaction.atomic():
            held = ours.filter(lease_token=self.token).select_for_update(no_key=True).order_by("pk")
            fresh = {receiver.pk: receiver for receiver in held}
            for receiver, parcels, answers in back:
                if receiver.pk in fresh:
                    self.done += outcomes.record(fresh[receiver.pk], parcels, answers)
        outcomes.pause_lost(fresh.values())
