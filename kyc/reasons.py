"""Why a decision is taken. A code is chosen first, free words come second; the applicant reads only the text written
for them, which never says more than they need to act on. Pure: the codes are a policy that people agree on
(kyc.policies)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from base.errors import Invalid

APPROVE, REJECT, ASK, SEND_BACK = VERDICTS = ("approve", "reject", "ask", "send_back")
ALL_IN_ORDER = "all_in_order"  # may be chosen only where every check passed
LANGUAGE = "en"  # of a text that has no other


@dataclass(frozen=True)
class Reason:
    """`verdict` is the decision it belongs to; `reviewer` is read at the desk; `applicant`, by language, by the
    applicant: nothing for what they are not told of."""

    code: str
    verdict: str
    reviewer: str
    applicant: Mapping[str, str]

    def told(self, language: str) -> str:
        """The applicant's words in their language ("pt-br", then "pt"), else in English."""
        known = self.applicant
        return known.get(language) or known.get(language.partition("-")[0]) or known.get(LANGUAGE, "")


Reasons = Mapping[str, Reason]


def for_verdict(known: Reasons, verdict: str) -> list[Reason]:
    return [reason for reason in known.values() if reason.verdict == verdict]


def needed(known: Reasons, code: str, verdict: str) -> Reason:
    """The reason of this code, when it belongs to this decision; else Invalid, which names the field."""
    reason = known.get(code)
    if reason is None or reason.verdict != verdict:
        codes = ", ".join(found.code for found in for_verdict(known, verdict))
        raise Invalid(_("Choose a reason code of this decision: %(known)s.") % {"known": codes}, field="code")
    return reason
