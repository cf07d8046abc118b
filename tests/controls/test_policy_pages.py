"""The form of a policy: drafts are kept as they are typed, compared, proposed from there, and lost to nobody."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from controls import approvals, documents, drafts, policies
from controls.actor import Actor
from controls.models import PolicyDraft, PolicyVersion, Proposal
from tests.conftest import Make, SignInAs
from tests.controls.test_documents import POLICIES, posted

pytestmark = pytest.mark.django_db

Send = Callable[..., Any]


def link(name: str) -> str:
    return f"/admin/controls/policyversion/edit/{name}/"


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the page, from its very markup; blank rows of templates are not sent."""
    while "<template" in page:
        page = re.sub(r"<template[^>]*>(?:(?!<template).)*?</template>", "", page, flags=re.S)
    form = page[page.index('id="policy-form"') :]
    found: list[tuple[int, str, str]] = []
    for match in re.finditer(r"<input ([^>]*)>", form):
        attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', match[1]))
        if "name" in attributes:
            found.append((match.start(), attributes["name"], unescape(attributes.get("value", ""))))
    areas = re.finditer(r'<textarea [^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.S)
    found += [(match.start(), match[1], unescape(match[2])) for match in areas]
    for match in re.finditer(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', match[2])
        found.append((match.start(), match[1], unescape(chosen[1]) if chosen else ""))
    sent = {unescape(name): value for _at, name, value in sorted(found)}
    del sent["csrfmiddlewaretoken"]
    return sent


@pytest.fixture
def owner(make_actor: Make) -> Callable[[str], Actor]:
    def make(name: str) -> Actor:
        return make_actor("olga_owner", "finance_officer" if name == "assets.prices" else "compliance_officer")

    return make


@pytest.mark.parametrize("name", POLICIES)
def test_the_page_of_each_policy_sent_unchanged_keeps_its_digest(
    client: Client, signin_as: SignInAs, owner: Callable[[str], Actor], name: str
) -> None:
    signin_as(client, owner(name))
    sent = fields(client.get(link(name)).content.decode())
    assert client.post(link(name), sent | {"do": "save"}).status_code == 302
    draft = PolicyDraft.all_unrestricted.get()
    assert policies.digest(draft.document) == drafts.in_force(name).digest == draft.base_digest


@pytest.fixture
def send(client: Client, signin_as: SignInAs, officer: Actor) -> Send:
    """send(do, **changed): what stands on the page, with these changed."""
    signin_as(client, officer)

    def do(button: str, name: str = "kyc.risk", **changed: str) -> Any:
        sent = fields(client.get(link(name)).content.decode())
        return client.post(
            link(name), sent | {key.replace("__", "."): value for key, value in changed.items()} | {"do": button}
        )

    return do


def test_a_draft_is_kept_as_it_is_typed_with_what_is_wrong_beside_it(send: Send, client: Client) -> None:
    assert send("save", d__adult_years="many", reason="Because.").status_code == 302
    draft = PolicyDraft.all_unrestricted.get()
    assert (draft.document["adult_years"], draft.reason, draft.revision) == ("many", "Because.", 1)
    page = client.get(link("kyc.risk")).content.decode()
    assert 'value="many"' in page
    assert '<span class="doc-where">adult_years</span> Write a whole number.' in page


def test_what_does_not_fit_is_not_proposed_and_not_lost(send: Send) -> None:
    answer = send("propose", d__adult_years="3", reason="Because.")
    assert answer.status_code == 422
    assert "Not proposed" in answer.content.decode()
    assert PolicyDraft.all_unrestricted.get().document["adult_years"] == 3
    assert not Proposal.all_unrestricted.exists()


def test_a_draft_is_proposed_from_its_page_and_another_agrees(
    send: Send, client: Client, mlro: Actor, signin_as: SignInAs
) -> None:
    answer = send("propose", d__adult_years="21", reason="The board asks.")
    proposal = Proposal.all_unrestricted.get()
    assert answer["Location"].endswith(f"{proposal.pk}/")
    assert PolicyDraft.all_unrestricted.get().status == "proposed"
    signin_as(client, mlro)
    inbox = client.get(answer["Location"]).content.decode()
    assert "Adult from, years" in inbox
    assert "Risk of applicants" in inbox
    approvals.decide(proposal, by=mlro, agrees=True, reason="Agreed.")
    assert drafts.in_force("kyc.risk").document["adult_years"] == 21


def test_rows_come_and_go_without_a_script(send: Send, client: Client) -> None:
    page = send("add:d.countries.high").content.decode()
    count = len(drafts.in_force("kyc.risk").document["countries"]["high"])
    sent = fields(page)
    assert sent[f"d.countries.high.{count}"] == ""
    client.post(link("kyc.risk"), sent | {f"d.countries.high.{count}": "XK", "do": "save"})
    assert PolicyDraft.all_unrestricted.get().document["countries"]["high"][-1] == "XK"
    assert f"d.countries.high.{count}" not in fields(send(f"remove:d.countries.high.{count}").content.decode())


def test_json_that_cannot_be_read_stays_on_the_page(send: Send) -> None:
    answer = send("save", view="json", document='{"adult_years": 21')
    assert answer.status_code == 422
    assert "{&quot;adult_years&quot;: 21" in answer.content.decode()
    assert not PolicyDraft.all_unrestricted.exists()


def test_what_was_typed_goes_along_from_the_form_to_json_and_back(send: Send, client: Client) -> None:
    page = send("show:json", d__adult_years="20").content.decode()
    assert "&quot;adult_years&quot;: 20" in page
    assert (
        fields(client.post(link("kyc.risk"), fields(page) | {"do": "show:form"}).content.decode())["d.adult_years"]
        == "20"
    )


def test_two_windows_do_not_overwrite_each_other(send: Send, client: Client) -> None:
    send("save", d__adult_years="19")
    sent = fields(client.get(link("kyc.risk")).content.decode())
    client.post(link("kyc.risk"), sent | {"d.adult_years": "20", "do": "save"})
    late = client.post(link("kyc.risk"), sent | {"d.adult_years": "21", "do": "save"})
    assert late.status_code == 409
    assert PolicyDraft.all_unrestricted.get().document["adult_years"] == 20
    again = fields(late.content.decode())
    assert again["d.adult_years"] == "21"
    client.post(link("kyc.risk"), again | {"do": "save"})
    assert PolicyDraft.all_unrestricted.get().document["adult_years"] == 21


def test_a_draft_that_another_version_overtook_says_so_and_takes_it_in(
    send: Send, client: Client, mlro: Actor, make_actor: Make
) -> None:
    send("save", d__adult_years="21", reason="The board asks.")
    change = {**drafts.in_force("kyc.risk").document, "failed_points": {"face": 60, "mrz": 35}}
    words = {"name": "kyc.risk", "document": change, "effective_on": PolicyDraft.all_unrestricted.get().effective_on}
    other = make_actor("dora_deputy", "deputy_mlro")
    made = approvals.propose(by=other, name="controls.change_policy", record=None, arguments=words, reason="Law.")
    approvals.decide(made, by=mlro, agrees=True, reason="Agreed.")
    page = client.get(link("kyc.risk")).content.decode()
    assert "Since you began, version 1 came to hold" in page
    assert send("propose").status_code == 409
    assert send("take-in").status_code == 302
    draft = PolicyDraft.all_unrestricted.get()
    assert (draft.document["adult_years"], draft.document["failed_points"]["face"]) == (21, 60)
    assert send("propose").status_code == 302
    assert Proposal.all_unrestricted.waiting().count() == 1


def test_a_discarded_draft_is_gone_and_another_may_begin(send: Send) -> None:
    send("save", d__adult_years="19")
    assert send("discard").status_code == 302
    send("save", d__adult_years="20")
    assert sorted(PolicyDraft.all_unrestricted.values_list("status", flat=True)) == ["draft", "withdrawn"]


def test_who_does_not_own_a_policy_sees_no_form_and_a_button_that_says_why(
    client: Client, signin_as: SignInAs, make_actor: Make
) -> None:
    signin_as(client, make_actor("fred", "finance_officer"))
    assert client.get(link("kyc.risk")).status_code == 403
    assert client.post(link("kyc.risk"), {"do": "save"}).status_code == 403
    assert client.get(link("assets.prices")).status_code == 200
    assert client.get(link("no.such")).status_code == 404
    page = client.get(f"/admin/controls/policyversion/{drafts.in_force('kyc.risk').pk}/").content.decode()
    assert "Another role owns this policy" in page
    assert "Changes are proposed by" in page


def test_a_draft_is_its_writers_alone(send: Send, client: Client, signin_as: SignInAs, mlro: Actor) -> None:
    send("save", d__adult_years="21")
    signin_as(client, mlro)
    assert fields(client.get(link("kyc.risk")).content.decode())["d.adult_years"] == "18"
    held = drafts.in_force("kyc.risk")
    assert client.get(f"/admin/controls/policyversion/{held.pk}/compare/?with=draft").status_code == 404


def test_a_version_and_a_draft_are_compared_in_words(send: Send, client: Client) -> None:
    send("save", d__adult_years="21")
    held = drafts.in_force("kyc.risk")
    page = client.get(f"/admin/controls/policyversion/{held.pk}/compare/?with=draft").content.decode()
    assert re.search(r"Adult from, years</th><td><del>18</del></td><td><ins>21</ins>", page)
    assert client.get(f"/admin/controls/policyversion/{held.pk}/compare/?with=9").status_code == 404
    assert client.get("/admin/controls/policyversion/nonsense/compare/").status_code == 404


def test_the_form_asks_little_of_the_database(
    send: Send, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send("save", "kyc.reasons")
    held = drafts.in_force("kyc.reasons")
    client.get(link("kyc.reasons"))
    with django_assert_num_queries(6):
        client.get(link("kyc.reasons"))
    with django_assert_num_queries(8):
        client.get(f"/admin/controls/policyversion/{held.pk}/compare/")


def test_the_form_of_the_page_is_the_form_of_the_document() -> None:
    """The markup is read above; that it says what the form says is seen here."""
    kind = policies.KINDS["kyc.reasons"]
    assert dict(posted(documents.form(kind.schema, kind.default, {})))["d.reasons.0.code"] == "all_in_order"
    assert PolicyVersion.all_unrestricted.of("kyc.reasons").count() == 1
