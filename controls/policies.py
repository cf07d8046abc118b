"""Versioned policies: one mechanism for whatever people agree on and the product then follows.

An app declares a policy in its `ready()`: `register(Kind("kyc.risk", _("Risk of applicants"), SCHEMA, DEFAULT, read))`.
What the product comes with becomes version 0 after the first migrate. `policy("kyc.risk")` gives what holds today, as
the type that `read` makes of the document, with its digest. A change is proposed with the day from which it holds, and
agreed by another person, who sees old beside new.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import connections
from django.db.models import Subquery
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from base import clock
from base.canonical import canonical
from base.errors import Invalid, NotPermitted, WrongState
from base.locks import only_one
from controls import alone, approvals, unit
from controls.actions import action
from controls.actor import Actor
from controls.models.policies import PolicyVersion

AGREED_BY_ANOTHER = {"controls.agree_policy": 1}
FIRST_DAY = date(2000, 1, 1)  # what the product came with holds for everything before the first change


@dataclass(frozen=True)
class Kind:
    """A policy by its name. Its owners are who holds `proposes`; who holds `agrees` is the second person.

    `schema` is JSON Schema (2020-12) of the document, `default` what the product comes with.
    `read` makes a typed, immutable value of a document that fits the schema, and raises ValueError in words for what a
    schema cannot say."""

    name: str
    title: Any
    schema: Mapping[str, Any]
    default: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], Any]
    proposes: str = "controls.change_policy"
    agrees: str = "controls.agree_policy"

    def refusal(self, by: Any) -> NotPermitted | None:
        """Why `by` may not propose a change of it: the same answer for buttons, drafts and the action."""
        if by.may("controls.change_policy") and by.may(self.proposes):
            return None
        return NotPermitted(_("Another role owns this policy; it proposes its changes."))


@dataclass(frozen=True)
class Policy:
    """What holds on a day: the typed value, and the digest under which a record names it."""

    name: str
    number: int
    digest: str
    value: Any


KINDS: dict[str, Kind] = {}


def _quorum(arguments: Mapping[str, Any]) -> dict[str, int]:
    return {KINDS[arguments["name"]].agrees: 1}


def _deeds() -> Iterator[alone.Deed]:
    """A policy each: its owners begin, and others agree."""
    for kind in KINDS.values():
        first = frozenset({"controls.change_policy", "controls.propose", kind.proposes})
        name = f"controls.change_policy {kind.name}"
        yield alone.Deed(name, first, {kind.agrees: 1}, voter=frozenset({"controls.decide"}))


approvals.QUORUMS["controls.change_policy"] = _quorum
alone.BY_ARGUMENT["controls.change_policy"] = _deeds


def register(kind: Kind) -> None:
    assert kind.name not in KINDS, f"two policies are called {kind.name}"
    KINDS[kind.name] = kind


def policy(name: str, *, on: date | None = None) -> Policy:
    """What holds on that day (today, in UTC, unless said). One query."""
    kind, day = KINDS[name], on or clock.today()
    version = PolicyVersion.all_unrestricted.of(name).in_force(day).first()
    assert version is not None, f"{name} has no version: migrate makes the first"
    return Policy(name, version.number, version.digest, _value(kind, version))


def value_under(name: str, digests: Mapping[str, str]) -> Any:
    """What held when a record was decided that keeps these digests; for one older than the policy, what the product
    came with. No query for a version that this process has read before."""
    versions, named = PolicyVersion.all_unrestricted.of(name), digests.get(name)
    if (name, named) in _READ:
        return _READ[name, named]
    version = versions.filter(digest=named).first() if named else versions.get(number=0)
    assert version is not None, f"no version of {name} has the digest {named}"
    return _value(KINDS[name], version)


_READ: dict[tuple[str, str | None], Any] = {}


def _value(kind: Kind, version: PolicyVersion) -> Any:
    return _read(kind, version.digest, version.document)


def _read(kind: Kind, named: str, document: Mapping[str, Any]) -> Any:
    """Read once a version and process. A document that is no longer the one that was agreed to is not followed."""
    key = (kind.name, named)
    if key not in _READ:
        if digest(document) != named:
            raise ValueError(f"the document of {kind.name} does not fit its digest {named}")
        _READ[key] = kind.read(document)
    return _READ[key]


def beside(rows: Any, name: str) -> Any:
    """The rows, each with what holds today for `value_beside`: for what is asked so often that a query of its own would
    be one too many."""
    version = PolicyVersion.all_unrestricted.of(name).in_force(clock.today())
    return rows.annotate(
        policy_digest=Subquery(version.values("digest")[:1]), policy_document=Subquery(version.values("document")[:1])
    )


def value_beside(row: Any, name: str) -> Any:
    return _read(KINDS[name], row.policy_digest, row.policy_document)


@action("controls.change_policy", quorum=AGREED_BY_ANOTHER)
def change_policy(*, by: Actor, name: str, document: Mapping[str, Any], effective_on: date) -> PolicyVersion:
    """The next version of a policy, from a day on that has not begun before it is agreed."""
    if name not in KINDS:
        raise Invalid(_("There is no such policy."), field="name")
    if refused := KINDS[name].refusal(by):
        raise refused
    checked(KINDS[name], document)
    only_one(f"policy:{name}")
    if effective_on < clock.today():
        raise Invalid(_("A policy holds from today on at the earliest."), field="effective_on")
    versions = PolicyVersion.all_unrestricted.of(name)
    before = versions.in_force(effective_on).first()
    newest = versions.order_by("-number").first()
    assert before is not None, f"{name} has no version: migrate makes the first"
    assert newest is not None
    if not (changes := list(compared(before.document, document))):
        raise WrongState(_("Nothing in it differs from what holds on that day."), code="nothing_changes")
    return PolicyVersion.all_unrestricted.create(
        name=name,
        number=newest.number + 1,
        effective_on=effective_on,
        document=document,
        changes=changes,
        digest=digest(document),
        made_at=clock.now(),
        proposed_by_id=by.person_id,
        agreed_by_id=unit.agreed_by(),
    )


def sync(using: str = "default", **kwargs: Any) -> None:
    """Version 0 of each policy that has none, as the product comes with it; safe to repeat. A receiver of
    post_migrate. A later release that comes with other figures changes nothing: they must be agreed to."""
    if PolicyVersion._meta.db_table not in connections[using].introspection.table_names():
        return  # migrated back to before there were policies
    known = set(PolicyVersion.all_unrestricted.order_by().values_list("name", flat=True).distinct())
    for kind in KINDS.values():
        if kind.name not in known:
            document = checked(kind, kind.default)
            PolicyVersion.all_unrestricted.create(
                name=kind.name, number=0, effective_on=FIRST_DAY, document=document, digest=digest(document)
            )


def digest(document: Mapping[str, Any]) -> str:
    return sha256(canonical(document).encode()).hexdigest()


def checked(kind: Kind, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document, when it fits. Raises Invalid, which names the place and what is wrong there."""
    faults = sorted(Draft202012Validator(kind.schema).iter_errors(document), key=lambda fault: fault.json_path)
    if faults:
        raise Invalid(f"{faults[0].json_path}: {faults[0].message}", field="document")
    try:
        kind.read(document)
    except ValueError as error:
        raise Invalid(str(error), field="document") from error
    return document


def compared(old: Any, new: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Where two documents differ: {"path", "old", "new"}, place by place; a list is one place."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from compared(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif old != new:
        yield {"path": path, "old": old, "new": new}
