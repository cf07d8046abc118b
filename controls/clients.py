"""Programs that call the API. Giving one access takes two people; ending it takes one and works at once.

The agreed client has no key yet: its owner issues one, sees it that once, and is the only one who ever does.
"""

import hashlib
import secrets
from datetime import timedelta
from hmac import compare_digest
from ipaddress import ip_address, ip_network

from django.db.models import Exists
from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, NotPermitted, RuleError, WrongState
from controls.actions import action
from controls.actor import Actor
from controls.models.clients import ApiClient, ClientKey
from controls.models.keeping import Restoration
from controls.models.people import Person
from controls.roles import ROLES
from controls.staff import AGREED_BY_ANOTHER, refuse_toxic, with_reason

DAYS, MAX_DAYS = 180, 366
OVERLAP_HOURS, MAX_OVERLAP_HOURS = 24, 168
START = len("bo_01234567")
SEEN_EVERY = timedelta(minutes=1)


@action("controls.manage_clients", quorum=AGREED_BY_ANOTHER)
def make_client(
    *, by: Actor, name: str, owner: Person, role: str, networks: list[str], valid_days: int = DAYS
) -> ApiClient:
    """Access for a program. Its owner answers for what it does."""
    if not name.strip() or ApiClient.all_unrestricted.filter(name=name.strip()).exists():
        raise Invalid(_("A name is needed that no other client has."), field="name")
    if role not in ROLES or ROLES[role].kind != "client":
        raise Invalid(_("There is no such role for programs."), field="role")
    if not owner.is_active:
        raise Invalid(_("%(name)s is suspended.") % {"name": owner.name}, field="owner")
    refuse_toxic(owner, role)
    return ApiClient.all_unrestricted.create(
        name=name.strip(),
        owner=owner,
        role=role,
        networks=_networks(networks),
        expires_at=clock.now() + timedelta(days=_within(valid_days, MAX_DAYS, "valid_days", least=1)),
    )


def _owned(client: ApiClient, by: Actor) -> str | RuleError | None:
    if client.owner_id != by.person_id:
        return NotPermitted(_("Only its owner handles the keys of a client."))
    return None if client.is_usable() else _("This client has ended.")


@action("controls.propose", when=_owned, sensitive=True)
def issue_key(client: ApiClient, *, by: Actor) -> ClientKey:
    """The first key, or a new one where none is in force. The caller shows `.shown` once."""
    if client.keys.in_force().exists():
        raise WrongState(_("A key is in force; rotate it."))
    return _new_key(client)


@action("controls.propose", when=_owned, sensitive=True)
def rotate_key(client: ApiClient, *, by: Actor, overlap_hours: int = OVERLAP_HOURS) -> ClientKey:
    """A new key; the old one is taken for some hours more, so that nothing stops while it is put in place."""
    hours = _within(overlap_hours, MAX_OVERLAP_HOURS, "overlap_hours", least=0)
    if not client.keys.in_force().exists():
        raise WrongState(_("No key is in force; issue one."))
    _end_within(client, timedelta(hours=hours))
    return _new_key(client)


def _key_in_force(key: ClientKey, by: Actor) -> str | RuleError | None:
    if key.client.owner_id != by.person_id:
        return NotPermitted(_("Only its owner handles the keys of a client."))
    return None if key.is_in_force() else _("This key has ended.")


@action("controls.propose", when=_key_in_force)
def end_key(key: ClientKey, *, by: Actor, reason: str) -> ClientKey:
    """One key that got into wrong hands, or is no longer used. Works at once."""
    with_reason(reason)
    key.ends_at = clock.now()
    key.save(update_fields=["ends_at"])
    return key


def _not_revoked(client: ApiClient, by: Actor) -> str | None:
    return _("This client is revoked already.") if client.revoked_at else None


@action("controls.suspend", when=_not_revoked)
def revoke_client(client: ApiClient, *, by: Actor, reason: str) -> ApiClient:
    """Ends a client with all its keys, at once and for good."""
    with_reason(reason)
    client.revoked_at = clock.now()
    client.save(update_fields=["revoked_at"])
    return client


@action("controls.manage_clients", quorum=AGREED_BY_ANOTHER, when=_not_revoked)
def extend_client(client: ApiClient, *, by: Actor, valid_days: int = DAYS) -> ApiClient:
    """Access for longer, counted from the day it is agreed. What the client opened stays its own, and its keys go on:
    a new client in its place would know nothing of either."""
    client.expires_at = clock.now() + timedelta(days=_within(valid_days, MAX_DAYS, "valid_days", least=1))
    client.save(update_fields=["expires_at"])
    return client


@action("controls.manage_clients", quorum=AGREED_BY_ANOTHER, when=_not_revoked)
def hand_over_client(client: ApiClient, *, by: Actor, owner: Person) -> ApiClient:
    """Another person answers for it from now on. The keys that the former owner has seen are taken for a day more,
    so that the new owner can put one of their own in place."""
    if not owner.is_active:
        raise Invalid(_("%(name)s is suspended.") % {"name": owner.name}, field="owner")
    if owner.pk == client.owner_id:
        raise Invalid(_("%(name)s owns it already.") % {"name": owner.name}, field="owner")
    refuse_toxic(owner, client.role)
    client.owner = owner
    client.save(update_fields=["owner"])
    _end_within(client, timedelta(hours=OVERLAP_HOURS))
    return client


# --- who shows this key -------------------------------------------------------------------------------------------


def client_of(key: str, address: str) -> ApiClient | None:
    """The client that this key proves, if it may be used now and from there (one query)."""
    keys = ClientKey.all_unrestricted.select_related("client__owner").filter(start=key[:START])
    found = keys.exclude(Exists(Restoration.objects.closed())).first()  # out of a backup come ended keys too
    fits = compare_digest(found.digest if found else "", _digest(key))
    if not fits or found is None or not found.is_in_force() or not found.client.is_usable():
        return None
    return found.client if _from_allowed(address, found.client.networks) else None


def used(client: ApiClient) -> None:
    """Notes the last use, at most once a minute: it is a hint for people, not evidence."""
    now = clock.now()
    if client.last_used_at is None or now - client.last_used_at >= SEEN_EVERY:
        ApiClient.all_unrestricted.filter(pk=client.pk).update(last_used_at=now)


def _from_allowed(address: str, networks: list[str]) -> bool:
    if not networks:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ip_network(network) for network in networks)


def _end_within(client: ApiClient, overlap: timedelta) -> None:
    """The newest key is taken for that long and no longer than it would be, older ones no more."""
    now = clock.now()
    for at, key in enumerate(client.keys.in_force().order_by("-made_at")):
        key.ends_at = min(key.ends_at or now + overlap, now + overlap) if at == 0 else now
        key.save(update_fields=["ends_at"])


def _new_key(client: ApiClient) -> ClientKey:
    text = f"bo_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    key = ClientKey.all_unrestricted.create(client=client, start=text[:START], digest=_digest(text))
    key.shown = text
    return key


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _networks(networks: list[str]) -> list[str]:
    try:
        return [str(ip_network(network)) for network in networks]
    except ValueError as error:
        raise Invalid(
            _("Networks are written like 192.0.2.0/24: %(why)s.") % {"why": error}, field="networks"
        ) from error


def _within(number: int, most: int, field: str, *, least: int) -> int:
    if not least <= number <= most:
        raise Invalid(_("From %(least)s to %(most)s.") % {"least": least, "most": most}, field=field)
    return number
