"""Roles that one person does not hold together, each pair with its reason. A program's role counts as its owner's.

Which halves of a change lie in which role is computed (controls.alone); a system check says which such pair is missing
here. What else the desk or the law keeps apart is declared, though no action needs both halves yet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.errors import WrongState
from controls.roles import ROLES

EVERY_OTHER = tuple(key for key, role in ROLES.items() if role.kind == "person")


@dataclass(frozen=True)
class Toxic:
    """`role` is not held beside any of `others`."""

    role: str
    others: tuple[str, ...]
    reason: Any

    def forbids(self, one: str, another: str) -> bool:
        return one != another and (
            (one == self.role and another in self.others) or (another == self.role and one in self.others)
        )


TOXIC = (
    Toxic(
        "administrator",
        EVERY_OTHER,
        gettext_lazy("who creates accounts and proposes roles has no business rights, and agrees to none"),
    ),
    Toxic(
        "internal_auditor",
        EVERY_OTHER,
        gettext_lazy("who audits does not audit their own work"),
    ),
    Toxic(
        "finance_controller",
        ("finance_officer", "treasury"),
        gettext_lazy("who checks a posting neither makes one nor moves the money"),
    ),
    Toxic("treasury", ("finance_officer",), gettext_lazy("who moves the money does not post it")),
    Toxic(
        "qa_reviewer",
        ("kyc_reviewer", "senior_kyc_reviewer"),
        gettext_lazy("who samples decisions does not take them"),
    ),
    Toxic(
        "kyc_reviewer",
        ("mlro", "deputy_mlro"),
        gettext_lazy("the MLRO is the second person for what a reviewer approves"),
    ),
    Toxic(
        "data_protection_officer",
        ("compliance_officer", "mlro", "deputy_mlro", "senior_management"),
        gettext_lazy("a data-protection officer has no task that conflicts with watching over it (GDPR Art. 38(6))"),
    ),
    Toxic(
        "applicant_intake",
        ("kyc_reviewer", "senior_kyc_reviewer", "mlro", "deputy_mlro"),
        gettext_lazy("who hands applicants in, through a program of theirs, does not approve them"),
    ),
)


@dataclass(frozen=True)
class Clash:
    roles: tuple[str, str]
    reason: Any

    @property
    def names(self) -> str:
        return " + ".join(str(ROLES[role].name) for role in self.roles)


def clashes(roles: Iterable[str]) -> Iterator[Clash]:
    """Each toxic pair among these roles, once."""
    held = sorted(roles)
    for at, one in enumerate(held):
        for another in held[at + 1 :]:
            if found := next((row for row in TOXIC if row.forbids(one, another)), None):
                yield Clash((one, another), found.reason)


def refuse(role: str, held: Iterable[str]) -> None:
    """Raises WrongState, in words, where `role` would be toxic beside what is held."""
    for other in sorted(held):
        for clash in clashes({role, other}):
            text = _("%(roles)s are not held by one person: %(reason)s.")
            raise WrongState(text % {"roles": clash.names, "reason": clash.reason}, code="toxic_roles")
