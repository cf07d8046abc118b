"""What one human being could carry through without a second: computed from the registry of actions, the table of roles,
and the accounts. Data in, data out.

An action that takes two is a deed with a first and a second hand. Actions hold the two apart by person, that is by
account. So somebody is alone where they may come in by two accounts (the same e-mail address; a password that they
issued, to an account without a second factor), or where nothing holds the two hands apart, as between a program that
hands in and its owner who decides.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from django.utils.translation import gettext_lazy as _

from controls.actions import Action
from controls.roles import ROLES, permissions_of
from controls.toxic import Clash, clashes


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in: the roles in force, the roles of the programs that are theirs. `open_to` is the key of
    whoever could come in as them: who issued the password, while it is not replaced and no second factor is set up."""

    key: str
    name: str
    roles: frozenset[str]
    programs: frozenset[str] = frozenset()
    email: str = ""
    open_to: str = ""

    def may(self, permissions: Iterable[str]) -> bool:
        return permissions_of(self.roles) >= frozenset(permissions)

    def may_begin(self, deed: "Deed") -> bool:
        own = any(ROLES[role].permissions >= deed.first for role in self.programs if role in ROLES)
        return self.may(deed.first) or (own and deed.by_program)


@dataclass(frozen=True)
class Deed:
    """What takes two. `first` are the permissions of who begins it, `votes` those of who agrees, with how many;
    `apart`: the action itself refuses both to one account."""

    name: str
    first: frozenset[str]
    votes: Mapping[str, int]
    apart: bool = True
    by_program: bool = False
    voter: frozenset[str] = frozenset()

    def ballots(self) -> list[str]:
        return [permission for permission, count in self.votes.items() for _vote in range(count)]


@dataclass(frozen=True)
class Finding:
    """One human being, by the names of their accounts, could do the deed alone, or holds toxic roles."""

    names: tuple[str, ...]
    deed: str = ""
    clash: Clash | None = None


# Declared beside the registry: what it cannot tell. Apps above add theirs in `ready()`.
FIRST_HANDS: dict[str, str] = {
    "controls.review_emergency": "controls.break_glass"
}  # an action with `maker`: the action whose actor that field names
CHAINS: list[Deed] = []  # what takes two although no single action asks for both
ON_PURPOSE: dict[str, Any] = {  # sensitive, and one person's by intent: why that is right
    "controls.propose": _("a proposal changes nothing before others agree"),
    "controls.propose_draft": _("a proposal changes nothing before others agree"),
    "controls.reveal": _("looking is an entry that others read"),
    "controls.grant_report_sight": _("the law makes the MLRO alone answerable for who sees reports"),
    "controls.break_glass": _("it cannot wait; others are told at once, it ends by itself, and another reviews it"),
    "controls.issue_password": _("the second factor still stands in the way"),
    "controls.issue_key": _("two agreed to the program; its owner alone sees its key"),
    "controls.rotate_key": _("two agreed to the program; its owner alone sees its key"),
    "controls.change_password": _("everybody's own"),
    "controls.replace_authenticator": _("everybody's own"),
    "controls.add_passkey": _("everybody's own"),
    "controls.remove_factor": _("everybody's own"),
    "controls.new_recovery_codes": _("everybody's own"),
}
BY_ARGUMENT: dict[str, Callable[[], Iterable[Deed]]] = {}  # an action whose two hands depend on what it is given
MACHINERY = "controls.decide"  # stands for every action with a quorum


def deeds(registry: Mapping[str, Action]) -> list[Deed]:
    """Every change that takes two, by name."""
    found = list(CHAINS)
    for name, action in registry.items():
        if name in BY_ARGUMENT:
            found += BY_ARGUMENT[name]()
        elif action.quorum:
            first = frozenset({action.permission, "controls.propose"})
            found.append(Deed(name, first, action.quorum, voter=frozenset({"controls.decide"})))
        elif action.maker and name in FIRST_HANDS:
            found.append(Deed(name, frozenset({registry[FIRST_HANDS[name]].permission}), {action.permission: 1}))
    return sorted(found, key=lambda deed: deed.name)


def undeclared(registry: Mapping[str, Action]) -> list[str]:
    """Actions of which nobody said who goes first, or why one person is enough."""
    return sorted(name for name, action in registry.items() if name != MACHINERY and not _said(name, action))


def _said(name: str, action: Action) -> bool:
    if action.maker:
        return name in FIRST_HANDS
    return bool(action.quorum) or not action.sensitive or name in ON_PURPOSE


def halves(deed: Deed, role: str) -> tuple[bool, bool]:
    """Whether a role holds the first hand of a deed, and a second."""
    held = ROLES[role].permissions
    second = any({permission, *deed.voter} <= held for permission in deed.votes)
    return deed.first <= held and (deed.by_program or ROLES[role].kind == "person"), second


def split(all_deeds: Iterable[Deed]) -> Iterator[Clash]:
    """Pairs of roles that hold a deed's two hands, one each: whoever held both would need only a second account."""
    seen: set[tuple[str, str]] = set()
    for deed in all_deeds:
        firsts = [role for role in ROLES if halves(deed, role) == (True, False)]
        seconds = [role for role in ROLES if halves(deed, role) == (False, True)]
        for pair in ((min(a, b), max(a, b)) for a in firsts for b in seconds):
            if pair not in seen:
                seen.add(pair)
                yield Clash(pair, deed.name)


def findings(accounts: Iterable[Account], all_deeds: Iterable[Deed]) -> list[Finding]:
    """What each human being could do alone, and which toxic roles they hold; nothing is told twice."""
    all_deeds = list(all_deeds)
    found = []
    for hand in hands(accounts):
        names = tuple(sorted(account.name for account in hand))
        roles = frozenset().union(*(account.roles | account.programs for account in hand))
        found += [Finding(names, clash=clash) for clash in clashes(roles)]
        found += [Finding(names, deed=deed.name) for deed in all_deeds if carried(deed, hand)]
    return found


def carried(deed: Deed, hand: list[Account]) -> bool:
    """Whether these accounts alone suffice: one begins, others give the votes, each account one."""
    ballots = deed.ballots()
    for first in hand:
        if not first.may_begin(deed):
            continue
        voters = [account for account in hand if account is not first or not deed.apart]
        for order in permutations(voters, len(ballots)):
            if all(who.may({ballot, *deed.voter}) for who, ballot in zip(order, ballots, strict=True)):
                return True
    return False


@dataclass
class _Same:
    """Accounts put together because one human being may be behind them."""

    of: dict[str, str] = field(default_factory=dict)

    def root(self, key: str) -> str:
        while self.of.setdefault(key, key) != key:
            key = self.of[key]
        return key

    def join(self, one: str, another: str) -> None:
        self.of[self.root(one)] = self.root(another)


def hands(accounts: Iterable[Account]) -> list[list[Account]]:
    known = {account.key: account for account in accounts}
    same = _Same()
    by_email: dict[str, str] = {}
    for account in known.values():
        if account.open_to in known:
            same.join(account.key, account.open_to)
        if email := account.email.strip().casefold():
            same.join(account.key, by_email.setdefault(email, account.key))
    grouped: dict[str, list[Account]] = {}
    for account in known.values():
        grouped.setdefault(same.root(account.key), []).append(account)
    return list(grouped.values())
