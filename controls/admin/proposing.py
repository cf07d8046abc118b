"""Buttons for what one person proposes and others agree to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from base.buttons import Button
from base.errors import RuleError
from controls import approvals
from controls.actor import Actor


@dataclass(frozen=True)
class ProposeButton(Button):
    """Its dialog makes a proposal of the verb. Refused like the verb itself, and to whoever may propose nothing."""

    def told(self, record: Any, result: Any) -> Any:
        return self.done or _("Proposed: nothing is changed until another person agrees. It waits under Proposals.")

    def refusal(self, record: Any, *, by: Actor) -> RuleError | None:
        found: RuleError | None = self.verb.action.refusal(record, by=by)
        return found or approvals.propose.refusal(by=by)

    def run(self, record: Any, *, by: Actor, words: Mapping[str, Any]) -> Any:
        arguments = {key: value for key, value in words.items() if key != "reason"}
        return approvals.propose(
            by=by, name=self.verb.action.name, record=record, arguments=arguments, reason=words["reason"]
        )
