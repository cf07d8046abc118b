"""Lines are worked off in order, at least once, each at its own pace."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from base import clock
from controls.models import AuditEntry
from outbox import actions, carrying, delivering, events, fanning, outcomes, patience, posting, signing, tasks
from outbox.models import Delivery, DeliveryAttempt, Event, Receiver
from tests.committed import CommittedDatabase
from tests.outbox import making
from tests.outbox.listening import Call, Listener, hang, listening

pytestmark = pytest.mark.django_db


@pytest.fixture
def healthy() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls end sooner than in the product."""
    monkeypatch.setattr(posting, "CALL_SECONDS", 0.4)
    monkeypatch.setattr(carrying, "CALL_SECONDS", 0.4)


def outcomes_of(receiver: Receiver) -> list[tuple[str, int | None]]:
    rows = DeliveryAttempt.all_unrestricted.filter(delivery__receiver=receiver).order_by("delivery__number", "number")
    return [(str(one.outcome), one.code) for one in rows]


# --- events ---------------------------------------------------------------------------------------------------------


def test_an_event_is_told_only_in_a_transaction(committed_db: CommittedDatabase) -> None:
    making.known()
    with pytest.raises(AssertionError, match="transaction"):
        events.publish(making.KIND.name, {"n": 1})


def test_what_is_undone_is_not_told(committed_db: CommittedDatabase) -> None:
    making.known()
    with transaction.atomic():
        events.publish(making.KIND.name, {"n": 1})
        transaction.set_rollback(True)
    assert not Event.objects.exists()


@pytest.mark.parametrize("payload", [{}, {"n": "one"}, {"n": 1, "name": "Ann"}])
def test_a_payload_that_does_not_fit_is_our_mistake(payload: dict[str, Any]) -> None:
    making.known()
    with pytest.raises(AssertionError):
        events.publish(making.KIND.name, payload)


@pytest.mark.parametrize(
    "loose",
    [
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string", "maxLength": 65}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        {"type": "array", "items": {"type": "string"}},
        {},
    ],
)
def test_a_kind_that_could_carry_text_is_not_taken(loose: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="could carry text"):
        events.register(events.Kind("tests.loose", "Loose", loose))
    assert "tests.loose" not in events.KINDS


def test_telling_costs_one_query(django_assert_num_queries: Any) -> None:
    making.active()
    with django_assert_num_queries(1):
        events.publish(making.KIND.name, {"n": 1})


def test_an_event_and_the_log_are_never_changed(healthy: Listener) -> None:
    making.active(url=healthy.url)
    making.happened(1)
    delivering.deliver()
    for model, change in ((Event, {"kind": "x"}), (DeliveryAttempt, {"code": 500})):
        manager: Any = model._default_manager if model is Event else DeliveryAttempt.all_unrestricted
        with pytest.raises(DatabaseError), transaction.atomic():
            manager.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - a table of ours


def test_an_event_is_put_in_line_once() -> None:
    making.active("one")
    making.active("two")
    making.happened(1, 2)
    assert (fanning.fan_out(), fanning.fan_out()) == (2, 0)
    assert Delivery.all_unrestricted.count() == 4


def test_a_receiver_hears_of_what_it_asked_for_alone(healthy: Listener) -> None:
    making.active("other", url=healthy.url)
    Receiver.all_unrestricted.update(kinds=[])
    making.happened(1)
    assert delivering.deliver() == 0
    assert not healthy.calls


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_a_call_says_what_happened_and_is_signed(healthy: Listener) -> None:
    _receiver, secret = making.active(url=healthy.url)
    (event,) = making.happened(7)
    assert delivering.deliver() == 1
    (call,) = healthy.calls
    said = json.loads(call.body)
    assert (said["id"], said["kind"], said["data"]) == (str(event.ref), making.KIND.name, {"n": 7})
    assert (call.headers["Webhook-Id"], call.attempt) == (str(event.ref), 1)
    now = int(clock.now().timestamp())
    assert signing.verify(call.headers["Webhook-Signature"], secret, call.body, now)
    assert not signing.verify(call.headers["Webhook-Signature"], "another", call.body, now)
    assert not signing.verify(call.headers["Webhook-Signature"], secret, call.body + b" ", now)
    assert not signing.verify(call.headers["Webhook-Signature"], secret, call.body, now + 301)


def test_while_a_secret_is_rotated_both_sign(healthy: Listener) -> None:
    receiver, old = making.active(url=healthy.url)
    new = str(actions.rotate_secret(receiver, by=making.administrator(), overlap_hours=1).shown)
    making.happened(1)
    delivering.deliver()
    receiver.secrets.filter(ends_at__isnull=False).update(ends_at=clock.now() - timedelta(seconds=1))
    making.happened(2)
    delivering.deliver()
    now = int(clock.now().timestamp())
    fits = [
        [signing.verify(call.headers["Webhook-Signature"], secret, call.body, now) for secret in (old, new)]
        for call in healthy.calls
    ]
    assert fits == [[True, True], [False, True]]


def test_a_secret_lies_encrypted() -> None:
    receiver, secret = making.active()
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM outbox_secret")
        assert secret.encode() not in bytes(cursor.fetchone()[0])
    assert receiver.secrets.get().value == secret
    assert secret not in str(list(AuditEntry.all_unrestricted.values_list("content", flat=True)))


def test_a_line_keeps_its_order_and_says_so(healthy: Listener) -> None:
    making.active(url=healthy.url)
    for start in range(0, 250, 50):
        making.happened(*range(start, start + 50))
    assert delivering.deliver() == 250
    assert healthy.numbers == list(range(1, 251))
    assert [json.loads(call.body)["data"]["n"] for call in healthy.calls] == list(range(250))


def test_a_test_event_goes_to_its_receiver_alone(healthy: Listener) -> None:
    receiver, _secret = making.active(url=healthy.url)
    making.active("beside", url=healthy.url)
    actions.send_test(receiver, by=making.administrator())
    assert delivering.deliver() == 1
    assert [call.headers["Webhook-Event"] for call in healthy.calls] == ["outbox.test"]


def test_nothing_is_sent_before_there_is_a_secret(healthy: Listener) -> None:
    receiver = making.registered(url=healthy.url)
    making.happened(1)
    assert delivering.deliver() == 0
    actions.issue_secret(receiver, by=making.administrator())
    assert delivering.deliver() == 1


# --- what fails -------------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_first_and_marked() -> None:
    codes = iter([200, 500, 200, 200])
    with listening(lambda handler, call: next(codes)) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1, 2, 3)
        assert delivering.deliver() == 1
        assert delivering.deliver() == 0, "it is left alone for a while"
        assert making.fresh(receiver).retry_at
        making.again_now(receiver)
        assert delivering.deliver() == 2
        assert [(call.number, call.attempt) for call in listener.calls] == [(1, 1), (2, 1), (2, 2), (3, 1)]
        assert outcomes_of(receiver) == [("delivered", 200), ("failed", 500), ("delivered", 200), ("delivered", 200)]
        assert making.fresh(receiver).failures == 0


def test_an_event_that_is_refused_is_given_up_and_the_next_goes_on() -> None:
    with listening(lambda handler, call: 422 if call.number == 1 else 200) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1, 2)
        for _try in range(patience.REFUSALS + 1):
            delivering.deliver()
            making.again_now(receiver)
        assert listener.numbers == [1] * patience.REFUSALS + [2]
        assert making.statuses(receiver) == ["dead", "delivered"]


def test_what_was_given_up_is_replayed_with_a_mark() -> None:
    refuses = {1}
    with listening(lambda handler, call: 422 if call.number in refuses else 200) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1)
        for _try in range(patience.REFUSALS):
            delivering.deliver()
            making.again_now(receiver)
        refuses.clear()
        dead = Delivery.all_unrestricted.get(status="dead")
        actions.replay(dead, by=making.administrator(), reason="They repaired it.")
        assert delivering.deliver() == 1
        assert listener.calls[-1].attempt == patience.REFUSALS + 1
        assert len({call.headers["Webhook-Id"] for call in listener.calls}) == 1


def test_who_fails_too_often_is_paused_with_an_alarm_and_nothing_is_lost() -> None:
    from base import registry
    from outbox import pages

    codes = [503]
    with listening(lambda handler, call: codes[0]) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1, 2)
        assert not list(pages._paused(making.administrator()))
        for _try in range(patience.FAILURES):
            delivering.deliver()
            making.again_now(receiver)
        assert making.fresh(receiver).status == "paused"
        assert making.statuses(receiver) == ["waiting", "waiting"]
        alarms = list(pages._paused(making.administrator()))
        assert len(alarms) == 1
        assert isinstance(alarms[0], registry.Alarm)
        entry = AuditEntry.all_unrestricted.get(action="outbox.pause")
        assert entry.actor == "job:outbox.delivery"
        codes[0] = 200
        delivering.deliver()
        assert len(listener.calls) == patience.FAILURES
        actions.resume(making.fresh(receiver), by=making.administrator(), reason="They are back.")
        assert delivering.deliver() == 2


def test_who_fails_for_hours_is_paused() -> None:
    with listening(lambda handler, call: 503) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1)
        since = clock.now() - patience.HOURS
        Receiver.all_unrestricted.update(failures=1, failing_since=since)
        delivering.deliver()
        assert making.fresh(receiver).status == "paused"


def test_pauses_grow_to_a_limit_and_differ() -> None:
    seconds = [[patience.pause(failures).total_seconds() for _n in range(50)] for failures in range(1, 40)]
    assert all(min(2 ** min(at, 40), 3600) * 0.5 <= one <= 3600 for at, many in enumerate(seconds) for one in many)
    assert max(seconds[0]) <= 1
    assert all(len(set(many)) > 1 for many in seconds)


def test_who_ends_hears_nothing_more(healthy: Listener) -> None:
    receiver, _secret = making.active(url=healthy.url)
    making.happened(1)
    fanning.fan_out()
    actions.end_receiver(receiver, by=making.administrator(), reason="Contract ended.")
    making.happened(2)
    assert delivering.deliver() == 0
    assert making.statuses(receiver) == ["skipped"]
    assert not receiver.secrets.in_force().exists()


def drip(handler: BaseHTTPRequestHandler, call: Call) -> None:
    """A header that never ends, a byte at a time: each comes in time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _n in range(300):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def test_an_answer_that_drips_ends_at_the_deadline(short: None) -> None:
    with listening(drip) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1)
        delivering.deliver()
        assert outcomes_of(receiver) == [("timed_out", None)]


def test_of_a_long_answer_no_more_is_read_than_a_limit(healthy: Listener) -> None:
    sent: list[int] = []

    def endless(handler: BaseHTTPRequestHandler, call: Call) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**9))
        handler.end_headers()
        while True:
            sent.append(handler.wfile.write(b"x" * 65536))

    with listening(endless) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1, 2)
        assert delivering.deliver() == 2
        assert outcomes_of(receiver) == [("delivered", 200)] * 2
        assert sum(sent) < 10**8


def test_a_redirect_is_not_followed(healthy: Listener) -> None:
    def elsewhere(handler: BaseHTTPRequestHandler, call: Call) -> None:
        handler.send_response(307)
        handler.send_header("Location", healthy.url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with listening(elsewhere) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1)
        delivering.deliver()
        assert outcomes_of(receiver) == [("failed", 307)]
    assert not healthy.calls


def test_a_connection_that_was_kept_and_ended_is_no_failure() -> None:
    def once(handler: BaseHTTPRequestHandler, call: Call) -> int:
        if call.number == 1:
            handler.close_connection = True  # without saying so
        return 200

    with listening(once) as listener:
        receiver, _secret = making.active(url=listener.url)
        making.happened(1, 2)
        assert delivering.deliver() == 2
        assert making.fresh(receiver).failures == 0
        assert listener.numbers == [1, 2]


def test_those_that_hang_or_fail_delay_nobody_else(short: None, healthy: Listener) -> None:
    """With as many threads as there are healthy receivers and one: the rest shares what they leave."""
    trap: list[Listener] = []
    with listening(hang(trap)) as hanging, listening(lambda handler, call: 500) as failing:
        trap.append(hanging)
        for at in range(4):
            making.active(f"hangs {at}", url=hanging.url)
            making.active(f"fails {at}", url=failing.url)
        good = [making.active(f"healthy {at}", url=healthy.url)[0] for at in range(3)]
        making.happened(*range(40))
        delivering.deliver(seconds=3, threads=9)
        assert len(healthy.calls) == 120
        assert all(making.statuses(receiver) == ["delivered"] * 40 for receiver in good)
        last_good = max(call.at for call in healthy.calls)
        assert last_good - healthy.calls[0].at < 3


def test_the_sweep_wakes_a_worker_only_for_what_nobody_is_at(
    healthy: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Any] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **options: woken.append(options))
    receiver, _secret = making.active(url=healthy.url)
    tasks.sweep()
    assert not woken
    making.happened(1)
    tasks.sweep()
    assert woken == [{"expires": 30}]
    fanning.fan_out()
    Receiver.all_unrestricted.update(lease_until=clock.now() + timedelta(seconds=9))
    tasks.sweep()
    assert len(woken) == 1, "a worker is at it"
    Receiver.all_unrestricted.update(lease_until=clock.now() - timedelta(seconds=1))
    tasks.sweep()
    assert len(woken) == 2
    tasks.deliver()
    assert making.statuses(receiver) == ["delivered"]
    tasks.sweep()
    assert len(woken) == 2


# --- several workers, and a crash -------------------------------------------------------------------------------------


def test_what_a_dead_worker_held_comes_back_when_its_lease_lapses_and_is_marked(healthy: Listener) -> None:
    _receiver, _secret = making.active(url=healthy.url)
    making.happened(1, 2)
    fanning.fan_out()
    gone = delivering.Worker(4)
    with transaction.atomic():
        (held,) = gone.chosen()
        parcels = gone.load(held)
    assert len(parcels) == 2
    assert delivering.deliver() == 0, "it is still leased"
    Receiver.all_unrestricted.update(lease_until=clock.now() - timedelta(seconds=1))
    assert delivering.deliver() == 2
    assert [(call.number, call.attempt) for call in healthy.calls] == [(1, 2), (2, 2)]


def test_a_worker_that_lost_its_lease_writes_nothing(healthy: Listener) -> None:
    receiver, _secret = making.active(url=healthy.url)
    making.happened(1)
    fanning.fan_out()
    slow = delivering.Worker(4)
    with transaction.atomic():
        (held,) = slow.chosen()
        parcels = slow.load(held)
    Receiver.all_unrestricted.update(lease_until=clock.now() - timedelta(seconds=1))
    delivering.deliver()
    done: Any = type("Done", (), {"result": lambda self: [posting.Answer("failed", 500, 1)]})()
    slow.flying = {done: (held, parcels)}
    slow.keep([done])
    assert making.statuses(receiver) == ["delivered"]
    assert outcomes_of(receiver) == [("delivered", 200)]


def test_a_receiver_whose_thread_still_calls_is_not_taken_again(healthy: Listener) -> None:
    """Though its lease has lapsed, the database having been away: two threads would share a connection."""
    making.active(url=healthy.url)
    making.happened(1)
    fanning.fan_out()
    worker = delivering.Worker(4)
    with transaction.atomic():
        (held,) = worker.chosen()
        calling: Any = object()
        worker.flying = {calling: (held, worker.load(held))}
    Receiver.all_unrestricted.update(lease_until=clock.now() - timedelta(seconds=1))
    assert worker.chosen() == []
    assert delivering.Worker(4).chosen() == [held]


def test_nothing_is_sent_under_a_lease_that_could_lapse_meanwhile() -> None:
    lease = carrying.Lease()
    lease.cover(time.monotonic() + posting.CALL_SECONDS / 2, alone=True)
    never: Any = None
    assert carrying.carry(never, [never], lease) == []


def test_what_was_loaded_and_not_sent_is_not_counted_as_tried(healthy: Listener) -> None:
    _receiver, _secret = making.active(url=healthy.url)
    making.happened(1, 2)
    fanning.fan_out()
    worker = delivering.Worker(4)
    with transaction.atomic():
        (held,) = worker.chosen()
        parcels = worker.load(held)
        outcomes.record(held, parcels, [])
    assert list(Delivery.all_unrestricted.values_list("attempts", flat=True)) == [0, 0]
    assert delivering.deliver() == 2
    assert {call.attempt for call in healthy.calls} == {1}


def test_a_fault_of_ours_hurts_one_receiver_only(healthy: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, _secret = making.active("bad", url=f"{healthy.url}/bad")
    making.active("good", url=healthy.url)
    before = carrying.Signed.send

    def broken(self: carrying.Signed, parcel: carrying.Parcel) -> posting.Answer:
        if self.url.endswith("bad"):
            raise KeyError("ours")
        return before(self, parcel)

    monkeypatch.setattr(carrying.Signed, "send", broken)
    making.happened(1)
    assert delivering.deliver() == 1
    assert outcomes_of(bad) == [("broken", None)]
