"""Notifications: to whom, about what they may still see, when by mail, and what no mail may hold."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client

from base import clock
from base.errors import Invalid
from controls import staff
from controls.actor import Actor
from controls.models import LegalEntity
from outbox import delivering
from outbox.models import Event
from tests.conftest import Make, SignInAs
from tests.kyc import making
from tests.work.sweep_tasks import late, person, raised
from work import quiet, watching
from work.actions import notices
from work.actions import todo as actions
from work.models import Notice, NoticeChoice

pytestmark = pytest.mark.django_db
MARK = "Xanthippe"
WATCH = Actor.job("work.watch")


def unread(who: Actor) -> int:
    return int(Notice.objects.visible_to(who).unread().count())


def with_mail(who: Actor) -> Actor:
    known = person(who)
    known.email = f"{known.username}@example.com"
    known.save(update_fields=["email"])
    return who


def mails() -> int:
    return Event.objects.filter(kind="outbox.mail").count()


# --- to whom ------------------------------------------------------------------------------------------------------


def test_only_who_may_see_the_record_is_told(
    entity: LegalEntity, mlro: Actor, reviewer: Actor, make_actor: Make
) -> None:
    application, treasurer = making.checked(entity), make_actor("tom", "treasury")
    raised(mlro, record=application)
    raised(mlro, record=application, role="treasury")
    assert (unread(reviewer), unread(treasurer), unread(mlro)) == (1, 0, 0)
    assert not Notice.all_unrestricted.filter(person=treasurer.person_id).exists()


def test_a_notice_is_gone_with_the_right_to_see_its_record(
    client: Client, signin_as: SignInAs, entity: LegalEntity, mlro: Actor, officer: Actor, reviewer: Actor
) -> None:
    raised(mlro, record=making.checked(entity, reference=MARK), owner=person(reviewer), role="")
    signin_as(client, reviewer)
    assert MARK in client.get("/admin/work/notice/").content.decode()
    staff.end_role(person(reviewer).grants.get(), by=officer, reason="Moves to another team.")
    shown = client.get("/admin/work/notice/?tab=all").content.decode()
    assert MARK not in shown
    assert "An application" not in shown
    assert unread(Actor.of(person(reviewer))) == 0
    notice = Notice.all_unrestricted.get()
    assert client.post(f"/admin/work/notice/{notice.pk}/open/").status_code == 404


def test_nobody_sees_anothers_notices(
    client: Client, signin_as: SignInAs, mlro: Actor, reviewer: Actor, auditor: Actor
) -> None:
    raised(mlro)
    assert (unread(reviewer), unread(auditor), unread(mlro)) == (1, 0, 0)
    signin_as(client, mlro)
    assert client.post(f"/admin/work/notice/{Notice.all_unrestricted.get().pk}/open/").status_code == 404
    assert unread(reviewer) == 1


def test_who_opens_one_has_read_it_and_comes_to_the_task(
    client: Client, signin_as: SignInAs, mlro: Actor, reviewer: Actor
) -> None:
    task = raised(mlro)
    raised(mlro)
    signin_as(client, reviewer)
    notice = Notice.all_unrestricted.get(task=task)
    assert client.get(f"/admin/work/notice/{notice.pk}/open/").status_code == 403
    answer = client.post(f"/admin/work/notice/{notice.pk}/open/")
    assert answer["Location"] == f"/admin/work/task/{task.pk}/"
    assert unread(reviewer) == 1
    client.post("/admin/work/notice/read/")
    assert unread(reviewer) == 0


def test_who_a_task_goes_up_to_is_told_once(reviewer: Actor, officer: Actor) -> None:
    late()
    assert (unread(reviewer), unread(officer)) == (1, 0)
    watching.sweep()
    watching.sweep()
    assert (unread(reviewer), unread(officer)) == (2, 1)


# --- by mail ------------------------------------------------------------------------------------------------------


def test_one_mail_tells_how_many_and_a_second_sweep_sends_none(mlro: Actor, reviewer: Actor) -> None:
    with_mail(reviewer)
    raised(mlro)
    raised(mlro)
    watching.mail_out(WATCH)
    watching.mail_out(WATCH)
    (sent,) = Event.objects.filter(kind="outbox.mail")
    assert (sent.payload["count"], sent.payload["person"]) == (2, reviewer.id)


def test_nothing_in_a_mail_tells_of_whom_it_is_about(
    entity: LegalEntity, mlro: Actor, reviewer: Actor, settings: Any
) -> None:
    """Marked values of a customer, of the words and of the record are in no part of the mail that leaves."""
    with_mail(reviewer)
    application = making.checked(entity, given_names=MARK, family_name="Markedsson", reference="MARK-1")
    task = raised(mlro, record=application, words="Suspicion against Markedsson.")
    watching.mail_out(WATCH)
    for _pass in range(3):
        delivering.deliver()
    (letter,) = mail.outbox
    whole = letter.message().as_string() + str(Event.objects.get(kind="outbox.mail").payload)
    marks = (MARK, "Markedsson", "MARK-1", str(application.pk), str(application.customer_id), str(task.pk))
    for mark in (*marks, "uspicion", "pplication", "kyc", "KYC", "mlro", "MLRO"):
        assert mark not in whole
    assert "Notifications that wait for you: 1." in letter.body


def test_what_was_read_or_went_out_of_sight_is_not_counted(
    mlro: Actor, officer: Actor, reviewer: Actor, make_actor: Make
) -> None:
    other = with_mail(make_actor("other", "kyc_reviewer"))
    with_mail(reviewer)
    raised(mlro)
    notices.mark_read(reviewer)
    staff.end_role(person(other).grants.get(), by=officer, reason="Moves.")
    watching.mail_out(WATCH)
    assert mails() == 0
    assert not Notice.all_unrestricted.to_mail().exists()


def test_an_hourly_digest_waits_for_its_hour(mlro: Actor, reviewer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(reviewer)
    raised(mlro)
    watching.mail_out(WATCH)
    raised(mlro)
    watching.mail_out(WATCH)
    assert mails() == 1
    now = clock.now() + timedelta(minutes=61)
    monkeypatch.setattr(clock, "now", lambda: now)
    watching.mail_out(WATCH)
    assert mails() == 2


def test_who_wants_no_mail_gets_none(mlro: Actor, reviewer: Actor) -> None:
    notices.choose_notices(by=with_mail(reviewer), cadence="never")
    raised(mlro)
    watching.mail_out(WATCH)
    assert mails() == 0
    assert unread(reviewer) == 1


@pytest.mark.parametrize(
    ("zone", "hour", "is_it"),
    [
        ("UTC", 19, False),
        ("UTC", 20, True),
        ("UTC", 6, True),
        ("UTC", 7, False),
        ("Asia/Tokyo", 11, True),  # 20:00 there
        ("Asia/Tokyo", 20, True),  # 05:00 there
        ("Asia/Tokyo", 22, False),  # 07:00 there
    ],
)
def test_quiet_hours_pass_midnight_in_the_persons_zone(zone: str, hour: int, is_it: bool) -> None:
    wish = quiet.Wish("at_once", zone, time(20), time(7))
    assert quiet.is_quiet(wish, datetime(2026, 11, 25, hour, tzinfo=UTC)) is is_it


def test_quiet_hours_within_a_day_and_across_a_change_of_clocks() -> None:
    wish = quiet.Wish("at_once", "Europe/Vilnius", time(12), time(13))
    for day, utc_hour in ((24, 9), (26, 10)):
        noon = datetime(2026, 10, day, utc_hour, tzinfo=UTC)
        assert noon.astimezone(ZoneInfo(wish.zone)).hour == 12
        assert quiet.is_quiet(wish, noon)
        assert not quiet.is_quiet(wish, noon + timedelta(hours=1))


@pytest.mark.parametrize(
    ("cadence", "hours", "goes"),
    [
        ("at_once", 0, True),
        ("hourly", 0.9, False),
        ("hourly", 1, True),
        ("daily", 23, False),
        ("daily", 24, True),
        ("never", 99, False),
        ("unknown", 99, False),
    ],
)
def test_how_often(cadence: str, hours: float, goes: bool) -> None:
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert quiet.is_due(quiet.Wish(cadence, "UTC"), now - timedelta(hours=hours), now) is goes


# --- the page of one's own account --------------------------------------------------------------------------------


def test_how_one_is_told_is_chosen_on_a_page_of_ones_own(
    client: Client, signin_as: SignInAs, reviewer: Actor, stranger: Actor
) -> None:
    page = "/account/notifications/"
    assert client.get(page).status_code == 302
    for who in (reviewer, stranger):
        signin_as(client, who)
        assert client.get(page).status_code == 200
        kept = client.post(page, {"cadence": "daily", "quiet_from": "20:00", "quiet_to": "07:00"})
        assert kept.status_code == 302
    choice = NoticeChoice.all_unrestricted.get(person=reviewer.person_id)
    assert (choice.cadence, choice.quiet_from, choice.quiet_to) == ("daily", time(20), time(7))
    half = client.post(page, {"cadence": "daily", "quiet_from": "20:00"})
    assert half.status_code == 422
    assert "a beginning and another end" in half.content.decode()


def test_half_of_quiet_hours_is_refused(reviewer: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        notices.choose_notices(by=reviewer, cadence="daily", quiet_from=time(20), quiet_to=time(20))
    assert refused.value.field == "quiet_to"


def test_a_list_of_notices_costs_the_same_queries_however_long(
    client: Client,
    signin_as: SignInAs,
    entity: LegalEntity,
    mlro: Actor,
    reviewer: Actor,
    django_assert_max_num_queries: Any,
) -> None:
    for _each in range(6):
        raised(mlro, record=making.checked(entity))
    signin_as(client, reviewer)
    client.get("/admin/work/notice/")
    with django_assert_max_num_queries(16):
        assert client.get("/admin/work/notice/").status_code == 200


def test_handed_over_again_is_told_again(mlro: Actor, reviewer: Actor, make_actor: Make) -> None:
    kim = make_actor("kim", "kyc_reviewer")
    task = raised(mlro, owner=person(reviewer), role="")
    actions.hand_over(task, by=reviewer, to=person(kim))
    actions.hand_over(task, by=kim, to=person(reviewer))
    assert (unread(kim), unread(reviewer)) == (0, 2), "what is no longer Kim's is out of her sight"
