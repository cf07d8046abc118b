"""What the sidebar offers: only what the actor's roles open."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from controls.roles import ROLES


@dataclass(frozen=True)
class Item:
    """`permission` is the page's own; empty means whoever is signed in."""

    title: Any
    icon: str
    url: str
    permission: str = ""


GROUPS: list[tuple[Any, list[Item]]] = [
    ("", [Item(_("Home"), "home", "admin:index")]),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """In the form unfold draws it from."""
    actor = request.actor  # type: ignore[attr-defined]
    groups = []
    for title, items in GROUPS:
        shown = [item for item in items if not item.permission or actor.may(item.permission)]
        if shown:
            groups.append({"title": title, "separator": bool(title), "items": [_drawn(item) for item in shown]})
    return groups


def _drawn(item: Item) -> dict[str, Any]:
    return {"title": item.title, "icon": item.icon, "link": reverse(item.url)}


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """Links of the person's own menu."""
    return [
        {"title": _("My account"), "link": reverse("account:home")},
        {"title": _("My sessions"), "link": reverse("account:sessions")},
    ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame's templates show of the reader."""
    actor = getattr(request, "actor", None)
    names = [str(ROLES[role].name) for role in sorted(actor.roles)] if actor else []
    return {"role_names": ", ".join(names), "sign_out_url": reverse("account:sign-out")}


def icon(request: HttpRequest) -> str:
    return static("backoffice/icon.svg")
