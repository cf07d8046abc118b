"""An examiner at every address: what is of the examination opens, marked and noted; nothing else does, nothing acts."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.html import escape
from PIL import Image, ImageStat

from backoffice import navigation
from base import clock
from base.errors import NotPermitted, WrongState
from controls import approvals, examinations, leaving, shredding, staff
from controls.actions import REGISTRY
from controls.actor import Actor
from controls.examinations import ADDRESSES, LOOK
from controls.models import AuditEntry, AuditValue, Examination, LegalEntity, Proposal, Session
from controls.models.standing import standing_of
from controls.roles import OF_EXAMINERS
from kyc import actions
from kyc.models import Application, Customer, Picture
from tests.backoffice.test_site import INLINE
from tests.committed import CommittedDatabase
from tests.conftest import Make, SignInAs
from tests.kyc.examining import drawn, examination, proposed, row
from tests.kyc.making import checked
from tests.kyc.test_races import at_once
from tests.people import hold

ABSENT = "01900000-0000-7000-8000-000000000000"
OPEN_TO_ALL = {"healthz", "readyz", "metrics"}
PLAIN = {"admin:index", "admin:jsi18n"}


@pytest.fixture
def application(entity: LegalEntity) -> Application:
    return checked(entity)


@pytest.fixture
def outside(db: None) -> Application:
    return checked(LegalEntity.all_unrestricted.create(name="Example Exchange Ltd", country="MT"))


@pytest.fixture
def examiner(make_actor: Make) -> Actor:
    return make_actor("<b>eva</b>_examiner")


@pytest.fixture
def grant(
    examiner: Actor, administrator: Actor, officer: Actor, entity: LegalEntity, application: Application
) -> Examination:
    return examination(examiner, administrator, officer, entity=entity)


@pytest.fixture
def eva(client: Client, signin_as: SignInAs, examiner: Actor, grant: Examination) -> Client:
    signin_as(client, examiner)
    return client


def looks() -> list[AuditEntry]:
    return list(AuditEntry.all_unrestricted.filter(action=LOOK).order_by("id"))


def in_scope(application: Application) -> dict[str, str]:
    """Every declared address of a record of the examination, by its name; a new one is to be added here."""
    decision = application.decisions.first()
    key = {
        "admin:kyc_application_change": application.pk,
        "admin:kyc_desk": application.pk,
        "admin:kyc_customer_change": application.customer_id,
        "admin:kyc_picture": drawn(application).pk,
        "api-application-detail": application.pk,
        "api-document-detail": application.documents.get(kind="passport").pk,
        "api-decision-detail": decision.pk if decision else None,
        "admin:controls_examination_change": Examination.all_unrestricted.get().pk,
    }
    return {name: reverse(name, args=[key[name]] if name in key else []) for name in ADDRESSES if key.get(name, 1)}


def walked(patterns: Any, spaces: tuple[str, ...] = ()) -> Any:
    """(name, spaces, parts of the address) of every address there is."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walked(pattern.url_patterns, (*spaces, *([pattern.namespace] if pattern.namespace else [])))
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, spaces, list(pattern.pattern.regex.groupindex)


def everywhere() -> list[tuple[str, str]]:
    """The name and an address of everything that has one, but the way in and one's own account."""
    found = {}
    for name, spaces, _parts in walked(get_resolver().url_patterns):
        called = ":".join([*spaces, name])
        if called in OPEN_TO_ALL or {"signin", "account"} & set(spaces):
            continue
        for words in (
            {},
            {"object_id": ABSENT},
            {"object_id": ABSENT, "verb": "claim"},
            {"verb": "claim"},
            {"key": ABSENT},
            {"pk": ABSENT},
        ):
            try:
                found[called, str(sorted(words))] = reverse(called, kwargs=words)
            except Exception:  # noqa: S112 - not how this address is built
                continue
    return [(called, address) for (called, _words), address in found.items()]


# --- every address ------------------------------------------------------------------------------------------------


def test_what_is_of_the_examination_opens_marked_and_each_look_is_one_entry(
    eva: Client, grant: Examination, application: Application
) -> None:
    mark = escape(f"Examination 1 · {grant.person.name} · Authority & Sons")
    for name, address in in_scope(application).items():
        before = len(looks())
        answer = eva.get(address)
        assert (name, answer.status_code) == (name, 200)
        (entry,) = looks()[before:]
        about = ADDRESSES[name]
        assert (entry.record_model, bool(entry.record_id)) == (about.model._meta.label_lower, bool(about.key)), name
        assert entry.record_id in address
        if answer["Content-Type"].startswith("text/html"):
            page = answer.content.decode()
            assert mark in page, name
            assert "UTC" in page
            assert not INLINE.search(page), name
            assert page.index(mark) < page.index("</body>")


def test_every_other_address_is_closed(eva: Client, application: Application) -> None:
    closed = [(name, address) for name, address in everywhere() if name not in {*ADDRESSES, *PLAIN}]
    assert len(closed) > 60, "the walk has found the addresses"
    for name, address in closed:
        assert (name, eva.get(address).status_code) == (name, 403)
        assert (name, eva.post(address, {}).status_code) == (name, 403)
    assert not looks()


def test_no_declared_address_takes_a_post(eva: Client, application: Application) -> None:
    for name, address in in_scope(application).items():
        assert (name, eva.post(address, {}).status_code) == (name, 403)


def test_pages_without_a_record_and_pages_that_refuse_are_marked_too(eva: Client, grant: Examination) -> None:
    for address in ("/admin/", "/admin/controls/person/", "/admin/nowhere/", "/account/"):
        assert "examination-mark" in eva.get(address).content.decode(), address


def test_what_lies_outside_looks_like_what_does_not_exist(
    eva: Client, application: Application, outside: Application
) -> None:
    picture = Picture.all_unrestricted.filter(document__application=outside).first()
    assert picture is not None
    keys = {
        "admin:kyc_application_change": outside.pk,
        "admin:kyc_desk": outside.pk,
        "admin:kyc_picture": picture.pk,
        "admin:kyc_customer_change": outside.customer_id,
        "api-application-detail": outside.pk,
        "api-document-detail": picture.document_id,
    }
    for name, key in keys.items():
        hidden, missing = eva.get(reverse(name, args=[key])), eva.get(reverse(name, args=[ABSENT]))
        assert (name, hidden.status_code, missing.status_code) == (name, 404, 404)
        shown = hidden.content.replace(str(key).encode(), ABSENT.encode())
        assert _timeless(shown) == _timeless(missing.content), name
    assert not looks()


def _timeless(page: bytes) -> bytes:
    """Without the minute of the mark: the next one may have begun in between."""
    return re.sub(rb"\d\d:\d\d UTC", b"", page)


def test_lists_hold_the_examination_alone(
    eva: Client, examiner: Actor, application: Application, outside: Application
) -> None:
    by = examiner.still()
    assert list(Application.objects.visible_to(by)) == [application]
    assert list(Customer.objects.visible_to(by)) == [application.customer]
    page = eva.get(reverse("admin:kyc_customer_changelist")).content.decode()
    assert application.customer.reference in page
    assert outside.customer.reference not in page
    rows = eva.get("/api/v1/kyc/applications").json()["results"]
    assert [one["reference"] for one in rows] == [application.customer.reference]


@pytest.mark.parametrize("limit", ["period", "listed", "kind"])
def test_the_scope_is_period_list_and_kind(
    examiner: Actor, administrator: Actor, officer: Actor, application: Application, limit: str
) -> None:
    today, day = clock.today(), timedelta(days=1)
    limits: dict[str, dict[str, Any]] = {
        "period": {"records_from": today - 9 * day, "records_to": today - day},
        "listed": {"listed": f"{ABSENT}, {ABSENT}"},
        "kind": {"records": ["kyc.document"]},
    }
    examination(examiner, administrator, officer, **limits[limit])
    assert not Application.objects.visible_to(examiner.still()).exists()
    assert not Picture.objects.visible_to(examiner.still()).exists()


def test_pictures_are_a_kind_of_their_own(
    client: Client,
    signin_as: SignInAs,
    examiner: Actor,
    administrator: Actor,
    officer: Actor,
    application: Application,
) -> None:
    examination(examiner, administrator, officer, records=["kyc.application"], listed=str(application.customer_id))
    signin_as(client, examiner)
    assert client.get(reverse("admin:kyc_application_change", args=[application.pk])).status_code == 200
    assert client.get(reverse("admin:kyc_desk", args=[application.pk])).status_code == 403
    assert client.get(reverse("admin:kyc_picture", args=[drawn(application).pk])).status_code == 403
    assert not Picture.objects.visible_to(examiner.still()).exists()


def test_a_picture_bears_the_mark_in_its_pixels(
    eva: Client, signin_as: SignInAs, mlro: Actor, application: Application
) -> None:
    address = reverse("admin:kyc_picture", args=[drawn(application).pk])
    plain = Client()
    signin_as(plain, mlro)
    spread = [
        ImageStat.Stat(Image.open(BytesIO(who.get(address).content)).convert("L")).stddev[0] for who in (plain, eva)
    ]
    assert spread[0] < 1
    assert spread[1] > 5


# --- nothing acts -------------------------------------------------------------------------------------------------


def test_no_action_but_ones_own_sign_in_is_an_examiners(examiner: Actor, grant: Examination) -> None:
    by = examiner.still()
    open_to = {name for name, found in REGISTRY.items() if by.may_carry_out(found.permission)}
    assert {REGISTRY[name].permission for name in open_to} <= OF_EXAMINERS
    for name, found in REGISTRY.items():
        if name not in open_to:
            refused = found.refusal(None, by=by)
            assert isinstance(refused, NotPermitted), name
            assert refused.code == "not_permitted"


def test_a_role_that_got_there_beside_it_counts_for_nothing(
    eva: Client, examiner: Actor, application: Application, outside: Application
) -> None:
    hold(row(examiner), "senior_kyc_reviewer", "compliance_officer")
    by = examiner.still()
    assert by.roles == {"senior_kyc_reviewer", "compliance_officer"}
    assert not by.may("kyc.claim")
    assert list(Application.objects.visible_to(by)) == [application]
    with pytest.raises(NotPermitted):
        actions.claim(application, by=by)
    assert eva.get("/admin/controls/person/").status_code == 403
    claim = reverse("admin:kyc_application_do", args=[application.pk, "claim"])
    assert eva.post(claim).status_code == 403


def test_neither_is_given_beside_the_other(
    examiner: Actor, grant: Examination, administrator: Actor, officer: Actor, reviewer: Actor, mlro: Actor
) -> None:
    with pytest.raises(WrongState) as refused:
        staff.grant_report_sight(row(examiner), by=mlro, reason="Asked for.")
    assert refused.value.code == "examines"
    with pytest.raises(WrongState) as refused:
        examination(reviewer, administrator, officer)
    assert refused.value.code == "examines"


# --- its end ------------------------------------------------------------------------------------------------------


def at(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    then = clock.now() + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: then)


def test_it_ends_by_itself_and_the_session_with_it(
    client: Client, signin_as: SignInAs, examiner: Actor, grant: Examination, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(3, monkeypatch)
    signin_as(client, examiner)
    answer = client.get("/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")
    assert "ended=1" in answer["Location"]
    assert "_auth_user_id" not in client.session
    assert row(examiner).pk not in standing_of([examiner.person_id])


def test_one_person_ends_it_at_once(eva: Client, examiner: Actor, grant: Examination, mlro: Actor) -> None:
    assert eva.get("/admin/").status_code == 200
    examinations.end_examination(grant, by=mlro, reason="Finished.")
    assert eva.get("/admin/")["Location"].startswith("/sign-in/")
    assert not Session.all_unrestricted.filter(person=row(examiner), ended_at=None).exists()


def test_what_was_under_way_when_it_ended_does_not_leave(
    eva: Client, grant: Examination, mlro: Actor, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = examinations.note_look

    def ended_first(*args: Any) -> bool:
        examinations.end_examination(grant, by=mlro, reason="Finished.")
        return noted(*args)

    monkeypatch.setattr(examinations, "note_look", ended_first)
    answer = eva.get(reverse("admin:kyc_application_change", args=[application.pk]))
    assert answer.status_code == 302
    assert application.customer.reference not in answer.content.decode()
    assert not looks()


def test_a_look_that_cannot_be_noted_is_not_had(
    eva: Client, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> bool:
        raise OSError("the disk is full")

    monkeypatch.setattr(examinations, "note_look", full)
    with pytest.raises(OSError, match="full"):
        eva.get(reverse("admin:kyc_application_change", args=[application.pk]))


# --- who watches --------------------------------------------------------------------------------------------------


def test_the_page_counts_the_looks_and_leads_to_them(
    eva: Client, signin_as: SignInAs, officer: Actor, application: Application
) -> None:
    for _time in range(3):
        eva.get(reverse("admin:kyc_application_change", args=[application.pk]))
    watching = Client()
    signin_as(watching, officer)
    page = watching.get(reverse("admin:controls_examination_changelist"))
    (shown,) = page.context["cl"].result_list
    assert shown.looked_at == 3
    link = page.content.decode().split("auditentry/?", 1)[1].split('"', 1)[0].replace("&amp;", "&")
    trail = watching.get(f"{reverse('admin:controls_auditentry_changelist')}?{link}")
    assert [row["said"].action for row in trail.context["rows"]] == [LOOK] * 3


def test_what_a_list_was_searched_by_is_shredded_with_who_is_erased(eva: Client) -> None:
    eva.get(reverse("admin:kyc_customer_changelist"), {"q": "Müller & Söhne"})
    (entry,) = looks()
    assert shredding.count([], ["müller & söhne"]) == 1
    shredding.shred([], ["Müller & Söhne"])
    assert not AuditValue.objects.filter(pk=entry.ref).exists()


# --- how it is given ----------------------------------------------------------------------------------------------


def test_it_is_proposed_on_the_page_of_the_person_and_ended_on_its_own(
    client: Client, signin_as: SignInAs, administrator: Actor, officer: Actor, stranger: Actor, mlro: Actor
) -> None:
    signin_as(client, administrator)
    today = str(clock.today())
    words = {
        "kind": "external_auditor",
        "firm": "Example Audit",
        "purpose": "Audit.",
        "records": ["kyc.application"],
        "records_from": "2026-01-01",
        "records_to": today,
        "first_day": today,
        "last_day": today,
        "entity": "",
        "listed": "",
        "reason": "Engagement letter.",
    }
    dialog = reverse("admin:controls_person_do", args=[stranger.person_id, "grant_examination"])
    wrong = client.post(dialog, {**words, "listed": "Ana Example"})
    assert "no id" in wrong.content.decode()
    assert client.post(dialog, words).status_code == 302
    approvals.decide(Proposal.all_unrestricted.get(), by=officer, agrees=True, reason="Fine.")
    given = Examination.all_unrestricted.get()
    assert (given.number, given.listed, given.records, given.entity) == (1, [], ["kyc.application"], None)
    signin_as(client, mlro)
    assert (
        "Example Audit"
        in client.get(reverse("admin:controls_person_change", args=[stranger.person_id])).content.decode()
    )
    ends = reverse("admin:controls_examination_do", args=[given.pk, "end_examination"])
    assert client.post(ends, {"reason": "Withdrawn."}).status_code == 302
    assert not Examination.all_unrestricted.running().exists()


def test_the_api_proposes_lists_and_ends(api: Any, administrator: Actor, officer: Actor, stranger: Actor) -> None:
    by, today = api(administrator), str(clock.today())
    words = {
        "kind": "external_auditor",
        "firm": "Example Audit",
        "purpose": "Audit.",
        "records": ["kyc.application"],
        "records_from": "2026-01-01",
        "records_to": today,
        "first_day": today,
        "last_day": today,
        "reason": "Letter.",
    }
    where = f"/api/v1/controls/people/{stranger.person_id}/grant_examination"
    answer = by.post(where, words, content_type="application/json")
    assert answer.status_code == 202, answer.content
    approvals.decide(Proposal.all_unrestricted.get(), by=officer, agrees=True, reason="Fine.")
    (given,) = by.get("/api/v1/controls/examinations").json()["results"]
    assert (given["firm"], given["available_actions"]) == ("Example Audit", ["end_examination"])
    ends = f"/api/v1/controls/examinations/{given['id']}/end_examination"
    assert by.post(ends, {"reason": "Done."}, content_type="application/json").json()["ended_at"]


def test_nobody_examines_by_one_persons_word_even_by_sql(
    grant: Examination, administrator: Actor, examiner: Actor
) -> None:
    for words in (
        {"agreed_by": administrator.person_id},
        {"granted_by": examiner.person_id},
        {"last_day": clock.today() + timedelta(days=99)},
        {"records_from": clock.today() - timedelta(days=999)},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Examination.all_unrestricted.update(**words)


def test_who_examines_and_leaves_examines_no_more(grant: Examination, officer: Actor) -> None:
    leaving.see_off(grant.person, by=officer, reason="Replaced by a colleague.")
    assert not Examination.all_unrestricted.running().exists()


def test_two_that_wait_for_agreement_do_not_hinder_each_other(
    make_actor: Make, administrator: Actor, officer: Actor
) -> None:
    waiting = [proposed(make_actor(f"examiner_{number}"), administrator) for number in range(2)]
    for one in waiting:
        approvals.decide(one, by=officer, agrees=True, reason="Both come.")
    assert sorted(Examination.all_unrestricted.values_list("number", flat=True)) == [1, 2]


def test_no_look_is_noted_after_the_end(
    committed_db: CommittedDatabase,
    examiner: Actor,
    grant: Examination,
    mlro: Actor,
    application: Application,
) -> None:
    by = examiner.still()

    def work(number: int) -> object:
        if number == 3:
            return examinations.end_examination(grant, by=mlro, reason="Finished.")
        return [examinations.note_look(by, application, "admin:kyc_application_change", "") for _time in range(12)]

    at_once(work)
    assert not examinations.note_look(by, application, "admin:kyc_application_change", "")
    (end,) = AuditEntry.all_unrestricted.filter(action="controls.end_examination")
    assert all(entry.pk < end.pk for entry in looks())


def test_the_menu_offers_what_is_open_and_no_export(eva: Client) -> None:
    links = {item["link"] for group in navigation.sidebar(_asked_by(eva)) for item in group["items"]}
    assert {reverse("admin:index"), reverse("admin:kyc_application_changelist")} <= links
    assert {link: eva.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    queue = eva.get(reverse("admin:kyc_application_changelist")).content.decode()
    assert reverse("admin:kyc_application_export") not in queue
    assert ">To take" not in queue


def _asked_by(client: Client) -> Any:
    return client.get(reverse("admin:index")).wsgi_request
