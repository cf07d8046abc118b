"""Every address of the admin site for every role: who opens it, who is refused, what does not exist for whom."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from base.filters import InputFilter
from controls.actor import Actor
from controls.models import Person, RoleGrant
from controls.roles import ROLES
from tests.backoffice.pages import ALL, STAFF_READERS, WHO_OPENS, names
from tests.backoffice.test_site import INLINE
from tests.conftest import Make, SignInAs
from tests.exports import PURPOSE

PEOPLE = sorted(role for role, found in ROLES.items() if found.kind == "person")
OF_A_RECORD = ("_edit", "_compare", "_change", "_do", "_export", "_progress", "_result", "_mapping", "_shape")
BESIDE = {"kyc"}  # apps that bring a table of their own


def test_every_address_has_its_row() -> None:
    ours = {name for name in names() if name.partition("_")[0] not in BESIDE}
    lists = {name for name in ours if name != "None" and not name.endswith(OF_A_RECORD)}
    assert lists == set(WHO_OPENS)


@pytest.mark.parametrize("role", [*PEOPLE, ""])
def test_each_page_opens_for_its_roles_and_for_nobody_else(
    client: Client, signin_as: SignInAs, make_actor: Make, role: str
) -> None:
    signin_as(client, make_actor("somebody", *([role] if role else [])))
    expected = {name: 200 if who == ALL or role in who else 403 for name, who in WHO_OPENS.items()}
    if not role:
        expected["controls_proposal_changelist"] = 403
    found = {name: client.get(reverse(f"admin:{name}")).status_code for name in WHO_OPENS}
    assert found == expected


def test_nothing_opens_without_a_second_factor(client: Client, administrator: Actor) -> None:
    person = Person.all_unrestricted.get(pk=str(administrator.person_id))
    client.force_login(person)  # the password alone, as far as Django knows
    for name in WHO_OPENS:
        answer = client.get(reverse(f"admin:{name}"))
        assert (name, answer.status_code) == (name, 302)
        assert answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("model", ["person", "rolegrant", "reportsight", "session", "apiclient", "proposal", "lockout"])
def test_a_record_that_does_not_exist_is_not_found(
    client: Client, signin_as: SignInAs, administrator: Actor, model: str
) -> None:
    signin_as(client, administrator)
    missing = "0190163d-8694-739b-aea5-966c26f8ad91"
    for key in (missing, "1", "x' or 1=1", "%00"):
        assert client.get(f"/admin/controls/{model}/{key}/").status_code == 404
        assert client.get(f"/admin/controls/{model}/{key}/do/end/").status_code == 404


def test_what_one_may_not_know_of_looks_like_what_does_not_exist(
    client: Client, signin_as: SignInAs, reviewer: Actor, officer: Actor
) -> None:
    signin_as(client, reviewer)
    hidden = client.get(f"/admin/controls/person/{officer.person_id}/")
    missing = client.get("/admin/controls/person/0190163d-8694-739b-aea5-966c26f8ad91/")
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    assert hidden.status_code == 404


def test_what_is_refused_and_what_is_missing_say_so_in_one_frame(
    client: Client, signin_as: SignInAs, stranger: Actor
) -> None:
    signin_as(client, stranger)
    refused, missing = client.get("/admin/controls/person/"), client.get("/admin/nowhere/")
    assert (refused.status_code, missing.status_code) == (403, 404)
    assert [used.name for used in refused.templates] == ["403.html", "plain.html"]
    assert [used.name for used in missing.templates] == ["404.html", "plain.html"]
    for answer, says in ((refused, "Your role does not allow this"), (missing, "There is no such page")):
        page = answer.content.decode()
        assert says in page
        assert 'Nothing was changed. <a href="/admin/">Go to the home page</a>' in page
        assert not INLINE.search(page)


def test_somebody_sees_their_own_record_and_grants(client: Client, signin_as: SignInAs, reviewer: Actor) -> None:
    signin_as(client, reviewer)
    grant = RoleGrant.all_unrestricted.get(person=reviewer.person_id)
    assert client.get(f"/admin/controls/person/{reviewer.person_id}/").status_code == 200
    assert client.get(f"/admin/controls/rolegrant/{grant.pk}/").status_code == 200


def test_no_address_adds_changes_or_deletes() -> None:
    assert not [name for name in names() if name.endswith(("_add", "_delete", "_history"))]


@pytest.mark.parametrize("path", ["", "add/", "x/delete/", "x/change/"])
def test_posts_of_the_old_admin_change_nothing(
    client: Client, signin_as: SignInAs, administrator: Actor, path: str
) -> None:
    signin_as(client, administrator)
    assert client.post(f"/admin/controls/person/{path}", {"name": "changed"}).status_code in {403, 404, 405}
    assert not Person.all_unrestricted.filter(name="changed").exists()


def test_the_sidebar_leads_only_to_pages_that_open(client: Client, signin_as: SignInAs, make_actor: Make) -> None:
    for role in ("kyc_reviewer", "mlro", "internal_auditor", "administrator"):
        client = Client()
        signin_as(client, make_actor(f"nav_{role}", role))
        page = client.get("/admin/")
        links = [item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]]
        assert links
        assert {client.get(link).status_code for link in links} == {200}


def test_every_model_admin_says_who_opens_its_list() -> None:
    assert all(hasattr(found, "permission") for found in admin.site._registry.values())


OWN_SEARCH = {"auditentry"}  # the trail has a form of its own


def test_every_table_is_filtered_sorted_exported_and_says_what_to_do_when_empty() -> None:
    for model, found in admin.site._registry.items():
        name, page = str(model._meta.model_name), found.list_page  # type: ignore[attr-defined]
        filters: Any = page.filters if page else found.list_filter
        assert name in OWN_SEARCH or filters, name
        assert all(issubclass(one, InputFilter) and one.title and one.parameters for one in filters), name
        assert name in OWN_SEARCH or page or (found.empty and found.ordering), name  # type: ignore[attr-defined]
        assert found.export_fields or found.list_display != ("__str__",) or name in OWN_SEARCH, name  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(name for name in WHO_OPENS if name.endswith("_changelist")))
def test_each_choice_of_each_filter_is_answered(client: Client, signin_as: SignInAs, mlro: Actor, name: str) -> None:
    signin_as(client, mlro)
    address = reverse(f"admin:{name}")
    page = client.get(address)
    specs = page.context.get("specs") or getattr(page.context.get("cl"), "filter_specs", [])
    for spec in specs:
        keys = [key for key, _word in spec.options()] if spec.kind == "choice" else ["2026-11-23"]
        typed = [(parameter, key) for parameter in spec.parameters for key in keys]
        for parameter, value in typed:
            answer = client.get(address, {parameter: value})
            assert answer.status_code == 200, (parameter, value)
            assert "was left out" not in answer.content.decode(), (parameter, value)


LISTS = sorted(name for name in WHO_OPENS if name.endswith("_changelist"))
SUSPENDERS = {"administrator", "compliance_officer", "mlro", "deputy_mlro"}


def export_of(name: str) -> str:
    return name.replace("_changelist", "_export")


@pytest.mark.parametrize("role", PEOPLE)
def test_each_list_is_exported_by_whoever_opens_it(
    client: Client, signin_as: SignInAs, make_actor: Make, role: str
) -> None:
    signin_as(client, make_actor("somebody", role))
    expected = {name: 200 if WHO_OPENS[name] == ALL or role in WHO_OPENS[name] else 403 for name in LISTS}
    found = {
        name: client.post(reverse(f"admin:{name.replace('_changelist', '_export')}"), PURPOSE).status_code
        for name in LISTS
    }
    assert found == expected


@pytest.mark.parametrize("role", PEOPLE)
def test_a_colleagues_record_and_its_dialog_for_each_role(
    client: Client, signin_as: SignInAs, make_actor: Make, stranger: Actor, role: str
) -> None:
    signin_as(client, make_actor("somebody", role))
    record = f"/admin/controls/person/{stranger.person_id}/"
    sees, acts = role in STAFF_READERS, role in SUSPENDERS
    assert client.get(record).status_code == (200 if sees else 404)
    assert client.get(record + "?tab=timeline").status_code == (200 if sees else 404)
    dialog = client.post(record + "do/suspend_person/", {"reason": "Left."}).status_code
    assert dialog == (302 if acts else 403 if sees else 404)
    assert Person.all_unrestricted.get(pk=str(stranger.person_id)).is_active is not acts


@pytest.mark.parametrize("name", sorted(set(WHO_OPENS) - {"jsi18n"}))
def test_no_page_holds_inline_script_or_style(client: Client, signin_as: SignInAs, mlro: Actor, name: str) -> None:
    signin_as(client, mlro)
    assert not INLINE.search(client.get(reverse(f"admin:{name}")).content.decode())
