"""Pages, alarms and API of the outbox: who sees what, and that what was sent is shown to nobody."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from base import clock
from base.errors import NotPermitted, WrongState
from controls import approvals
from controls.actor import Actor
from controls.models import Proposal
from controls.roles import ROLES
from outbox import actions, delivering, fanning, pages, patience
from outbox.models import Delivery, Receiver
from tests.conftest import Make, SignInAs
from tests.outbox import making
from tests.outbox.listening import Listener, listening

pytestmark = pytest.mark.django_db
BASE = "/api/v1/outbox"
READERS = {"administrator", "compliance_officer", "internal_auditor"}
PEOPLE = sorted(key for key, role in ROLES.items() if role.kind == "person")
MARKED = 77123456


@pytest.fixture
def refusing() -> Iterator[Listener]:
    with listening(lambda handler, call: 422) as found:
        yield found


@pytest.fixture
def dead(refusing: Listener) -> Delivery:
    receiver, _secret = making.active(url=refusing.url)
    making.happened(MARKED)
    for _try in range(patience.REFUSALS):
        delivering.deliver()
        making.again_now(receiver)
    found: Delivery = Delivery.all_unrestricted.get(status="dead")
    return found


@pytest.mark.parametrize("role", PEOPLE)
def test_who_gets_what(role: str, api: Callable[[Actor], Client], make_actor: Make, dead: Delivery) -> None:
    caller, receiver = api(make_actor("rita_role", role)), f"{BASE}/receivers/{dead.receiver_id}"
    reads, manages, stops = role in READERS, role == "administrator", role in {"administrator", "compliance_officer"}
    new = {"name": "new", "url": making.URL, "kinds": [making.KIND.name], "reason": "Asked for."}
    told: dict[str, tuple[int, int]] = {
        "GET receivers": (caller.get(f"{BASE}/receivers").status_code, 200),
        "GET receiver": (caller.get(receiver).status_code, 200 if reads else 404),
        "GET delivery": (caller.get(f"{BASE}/deliveries/{dead.pk}").status_code, 200 if reads else 404),
    }
    calls = {
        "POST receivers": (f"{BASE}/receivers", new, 202 if manages else 403),
        "POST replay": (f"{BASE}/deliveries/{dead.pk}/replay", {"reason": "Mended."}, 200 if manages else 403),
        "POST send_test": (f"{receiver}/send_test", {}, 200 if manages else 403),
        "POST pause": (f"{receiver}/pause", {"reason": "They asked."}, 200 if stops else 403),
        "POST resume": (f"{receiver}/resume", {"reason": "They asked."}, 200 if manages else 403),
        "POST rotate_secret": (f"{receiver}/rotate_secret", {}, 200 if manages else 403),
    }
    for name, (where, body, code) in calls.items():
        known = reads or name == "POST receivers"
        told[name] = (caller.post(where, body, "application/json").status_code, code if known else 404)
    assert {name: seen for name, (seen, _expected) in told.items()} == {
        name: code for name, (_seen, code) in told.items()
    }


def test_what_was_sent_and_a_secret_are_shown_nowhere(
    api: Callable[[Actor], Client], client: Client, signin_as: SignInAs, dead: Delivery
) -> None:
    caller = api(making.administrator())
    signin_as(client, making.administrator())
    secret = dead.receiver.secrets.get().value
    answers = [caller.get(f"{BASE}/{what}") for what in ("receivers", "deliveries", "tries")]
    answers += [client.get(f"/admin/outbox/{what}/") for what in ("receiver", "delivery")]
    answers += [
        client.get(f"/admin/outbox/delivery/{dead.pk}/"),
        client.get(f"/admin/outbox/receiver/{dead.receiver_id}/"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert str(MARKED) not in answer.content.decode()
        assert secret not in answer.content.decode()


def test_a_secret_is_told_once(api: Callable[[Actor], Client]) -> None:
    receiver = making.registered()
    caller = api(making.administrator())
    where, key = f"{BASE}/receivers/{receiver.pk}/issue_secret", {"Idempotency-Key": "one"}
    first, again = (caller.post(where, {}, "application/json", headers=key).json() for _twice in range(2))
    assert first["secret"] == receiver.secrets.get().value
    assert again["secret"] is None
    assert caller.post(where, {}, "application/json").json()["code"] == "wrong_state"


def test_where_data_goes_takes_two_people(api: Callable[[Actor], Client]) -> None:
    making.known()
    words = {"name": "hook", "url": making.URL, "kinds": [making.KIND.name], "reason": "Asked for."}
    assert api(making.administrator()).post(f"{BASE}/receivers", words, "application/json").status_code == 202
    proposal = Proposal.all_unrestricted.get()
    assert not Receiver.all_unrestricted.exists()
    with pytest.raises(NotPermitted):
        approvals.decide(proposal, by=making.administrator(), agrees=True, reason="Me again.")
    approvals.decide(proposal, by=making.person("bob", "administrator"), agrees=True, reason="Fine.")
    assert Receiver.all_unrestricted.get().status == "created"


@pytest.mark.parametrize("kinds", [[], ["outbox.mail"], ["outbox.test"], ["nothing"]])
def test_nobody_asks_for_what_is_for_one_receiver(api: Callable[[Actor], Client], kinds: list[str]) -> None:
    making.known()
    words = {"name": "hook", "url": making.URL, "kinds": kinds, "reason": "Asked for."}
    answer = api(making.administrator()).post(f"{BASE}/receivers", words, "application/json")
    assert answer.status_code == 422
    assert "kinds" in str(answer.json())


def test_the_pages_do_what_they_offer(client: Client, signin_as: SignInAs, dead: Delivery) -> None:
    signin_as(client, making.administrator())
    record = f"/admin/outbox/delivery/{dead.pk}/"
    page = client.get(record).content.decode()
    assert "refused this event" in page
    assert "422" in page
    assert client.post(f"{record}do/replay/", {"reason": "They mended it."}).status_code == 302
    assert Delivery.all_unrestricted.get(pk=dead.pk).status == "waiting"
    receiver = f"/admin/outbox/receiver/{dead.receiver_id}/"
    for verb, status in (("pause", "paused"), ("resume", "active")):
        assert client.post(f"{receiver}do/{verb}/", {"reason": "Because."}).status_code == 302
        assert making.fresh(dead.receiver).status == status
    shown = client.post(f"{receiver}do/rotate_secret/", {"overlap_hours": 1}).content.decode()
    assert "whsec_" in shown
    assert "whsec_" not in client.get(receiver).content.decode()


def test_alarms_lead_to_what_they_tell_of(client: Client, signin_as: SignInAs, dead: Delivery) -> None:
    actions.pause(dead.receiver, by=making.second(), reason="They asked.")
    signin_as(client, making.administrator())
    page = client.get("/admin/").content.decode()
    assert "1 receiver of events is paused" in page
    assert "1 delivery was given up" in page
    assert str(dead.receiver_id) in client.get("/admin/outbox/receiver/?state=paused").content.decode()
    assert str(dead.receiver_id) not in client.get("/admin/outbox/receiver/?state=active").content.decode()
    assert str(dead.pk) in client.get("/admin/outbox/delivery/?state=dead").content.decode()
    assert str(dead.pk) not in client.get("/admin/outbox/delivery/?state=waiting").content.decode()


def test_an_event_that_nobody_puts_in_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    by = making.administrator()
    making.known()
    making.happened(1)
    assert not list(pages._stuck(by))
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + 2 * pages.IN_LINE_WITHIN)
    (alarm,) = pages._stuck(by)
    assert "10 min" in str(alarm.text)
    fanning.fan_out()
    assert not list(pages._stuck(by))


LISTS = ["/admin/outbox/receiver/", "/admin/outbox/delivery/", f"{BASE}/deliveries", f"{BASE}/receivers"]


@pytest.mark.parametrize("address", LISTS)
def test_a_list_costs_the_same_queries_however_long(api: Callable[[Actor], Client], address: str) -> None:
    caller = api(making.administrator())

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert caller.get(address).status_code == 200
        return len(seen)

    making.active("first")
    making.happened(1, 2)
    fanning.fan_out()
    queries()
    few = queries()
    for at in range(5):
        making.active(f"more {at}")
    making.happened(*range(5))
    fanning.fan_out()
    assert queries() == few


def test_a_mailbox_has_no_secret_and_no_test(make_actor: Make) -> None:
    person: Any = making.person("ann", "kyc_reviewer")
    mailbox = Receiver.all_unrestricted.create(kind="email", status="active", person_id=person.person_id)
    by = making.administrator()
    for verb in (actions.issue_secret, actions.rotate_secret, actions.send_test):
        with pytest.raises(WrongState):
            verb(mailbox, by=by)
    assert clock.now() >= mailbox.made_at
