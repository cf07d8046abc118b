"""Why a thing was refused. Three kinds of errors exist: a RuleError (a person may not, or it cannot be
done; its text is fit to show), our mistake (assert), and the world failed (a task retries)."""


class RuleError(Exception):
    """Refused. `code` is stable and for machines, `text` is for people, `field` names the input at fault."""

    status = 409
    code = "refused"

    def __init__(self, text: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(text)
        self.text = str(text)
        self.code = code or self.code
        self.field = field


class NotPermitted(RuleError):
    """The actor may see the record, but may not do this with it."""

    status = 403
    code = "not_permitted"


class ConfirmationNeeded(NotPermitted):
    """A second factor within the last 15 minutes is needed first."""

    code = "confirmation_needed"


class WrongState(RuleError):
    """The record is not in a state in which this can be done."""

    status = 409
    code = "wrong_state"


class Invalid(RuleError):
    """An input is missing, malformed or contradicts another."""

    status = 422
    code = "invalid"


class NotFound(RuleError):
    """There is no such record, or the actor may not know of it: the two look the same."""

    status = 404
    code = "not_found"
