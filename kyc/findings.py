"""What the reasons of checks mean, in words for the desk. None of them names a person's data."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FIELDS = {
    "family_name": gettext_lazy("family name"),
    "surname": gettext_lazy("family name"),
    "given_names": gettext_lazy("given names"),
    "birth_date": gettext_lazy("birth date"),
    "nationality": gettext_lazy("nationality"),
    "document_number": gettext_lazy("document number"),
    "expiry_date": gettext_lazy("date of expiry"),
    "sex": gettext_lazy("sex"),
    "issuer": gettext_lazy("issuer"),
    "document_code": gettext_lazy("kind of document"),
    "optional_data": gettext_lazy("optional data"),
}
OF_A_FIELD = {
    "differs": gettext_lazy("What was typed differs from the document: %(field)s."),
    "nearly_the_same": gettext_lazy("Typed and read nearly alike: %(field)s."),
    "printed_differs": gettext_lazy("The printed zone says something else than the machine-readable one: %(field)s."),
}
PLAIN = {
    "nothing_read": gettext_lazy("Nothing could be read that was also typed."),
    "faces_review": gettext_lazy("The faces are neither clearly alike nor clearly different: compare them by eye."),
    "faces_mismatch": gettext_lazy("The selfie does not look like the portrait on the document."),
    "gave_up": gettext_lazy("The program failed three times; somebody must look."),
}


def words(reason: Mapping[str, Any]) -> str:
    """One reason as a sentence."""
    code = str(reason.get("code", ""))
    if code in OF_A_FIELD:
        name = str(reason.get("field", ""))
        return str(OF_A_FIELD[code]) % {"field": FIELDS.get(name, name)}
    if code in PLAIN:
        return str(PLAIN[code])
    return str(reason.get("text") or _("See the figures."))
