"""The frame of the back office: closed to strangers, strict towards scripts, ours alone."""

import re

import pytest
from django.contrib import admin
from django.test import Client

from base.admin import ModelAdmin
from controls.actor import Actor
from tests.conftest import SignInAs

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son(click|load|submit|change|input|error)=", re.IGNORECASE
)


def test_nobody_gets_in_without_a_session(client: Client, db: None) -> None:
    answer = client.get("/admin/")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=%2Fadmin%2F"


def test_whoever_is_signed_in_sees_their_home_page(client: Client, signin_as: SignInAs, stranger: Actor) -> None:
    signin_as(client, stranger)
    answer = client.get("/admin/")
    assert answer.status_code == 200
    assert "You hold no role yet" in answer.content.decode()


def test_the_policy_allows_no_inline_and_no_eval(client: Client, signin_as: SignInAs, stranger: Actor) -> None:
    signin_as(client, stranger)
    policy = client.get("/admin/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_frame_holds_no_inline_script_and_no_inline_style(
    client: Client, signin_as: SignInAs, stranger: Actor
) -> None:
    signin_as(client, stranger)
    assert not INLINE.search(client.get("/admin/").content.decode())


def test_the_admin_classes_of_libraries_are_kept_out() -> None:
    assert all(isinstance(found, ModelAdmin) for found in admin.site._registry.values())


@pytest.mark.parametrize("path", ["login/", "logout/", "password_change/", "auth/group/", "r/1/1/", "autocomplete/"])
def test_doors_of_django_that_lead_past_our_rules_do_not_exist(
    client: Client, signin_as: SignInAs, administrator: Actor, path: str
) -> None:
    signin_as(client, administrator)
    assert client.get(f"/admin/{path}").status_code == 404


def test_an_explorer_shows_one_part_its_legend_and_everything_for_one_that_is_unknown(
    client: Client, signin_as: SignInAs, officer: Actor
) -> None:
    signin_as(client, officer)
    everything, part, unknown = (client.get(f"/admin/permissions/{q}") for q in ("", "?part=kyc", "?part=nothing"))
    assert {row["name"].partition(".")[0] for row in part.context["rows"]} == {"kyc"}
    assert len(unknown.context["rows"]) == len(everything.context["rows"]) > len(part.context["rows"])
    assert "others must agree" in everything.content.decode()
