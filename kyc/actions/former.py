"""Customers that the exchange knew before: brought in from the system that it used until now."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import clock
from controls.actions import action
from controls.actor import Actor
from kyc.models import Customer
from kyc.models.customers import number_index
from kyc.typed import LONGEST_ADDRESS, LONGEST_NAME, LONGEST_NUMBER, birth_date_of, country, text
from work.actions.intake import being_applied, count_applied
from work.models import Intake
from work.targets import Field, Problem, Row, Target


@action("kyc.import_customers", when=being_applied)
def import_customers(intake: Intake, *, by: Actor, rows: Sequence[Row], handled: int, digest: str) -> Intake:
    """They are known from now on, and not approved: each applies like anybody else. One entry for all of them carries
    their count and digest; each customer names the intake."""
    now = clock.now()
    Customer.all_unrestricted.bulk_create(
        (
            Customer(
                entity_id=intake.entity_id,
                opened_by=by.label,
                opened_at=now,
                brought_in=intake,
                document_number_index=number_index(row.values["document_number"]),
                **row.values,
            )
            for row in rows
        ),
        batch_size=500,
    )
    count_applied(intake, handled=handled, applied=len(rows), digest=digest)
    return intake


def known_already(intake: Intake, rows: Sequence[Row]) -> Iterator[Problem]:
    wanted = [row.values["reference"] for row in rows]
    known: set[str] = set()
    for first in range(0, len(wanted), 900):  # as many as SQLite takes
        taken = Customer.all_unrestricted.filter(entity=intake.entity_id, reference__in=wanted[first : first + 900])
        known.update(taken.values_list("reference", flat=True))
    for row in rows:
        if row.values["reference"] in known:
            yield Problem(row.line, "reference", _("A customer with this reference exists already."))


def _words(field: str, longest: int, *, needed: bool = True) -> Any:
    return lambda value: text(value, field, longest, needed=needed)


@lru_cache(maxsize=50_000)  # of the same day there are many; what was born stays born
def _birth_date(value: str) -> date:
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(_("This is no day like 1990-11-23.")) from error
    return birth_date_of(found, clock.today())


def _country(field: str) -> Any:
    return lru_cache(maxsize=2_000)(lambda value: country(value, field))


def brought_in(intake: Intake) -> str:
    return f"{reverse('admin:kyc_customer_changelist')}?intake={intake.pk}"


FORMER_CUSTOMERS = Target(
    "kyc.customers",
    gettext_lazy("Customers of a former system"),
    "kyc.import_customers",
    (
        Field("reference", gettext_lazy("reference"), _words("reference", 64), required=True, key=True),
        Field("given_names", gettext_lazy("given names"), _words("given_names", LONGEST_NAME, needed=False)),
        Field("family_name", gettext_lazy("family name"), _words("family_name", LONGEST_NAME), required=True),
        Field(
            "birth_date", gettext_lazy("birth date"), _birth_date, required=True, hint=gettext_lazy("like 1990-11-23")
        ),
        Field(
            "residence",
            gettext_lazy("country of residence"),
            _country("residence"),
            required=True,
            hint=gettext_lazy("ISO 3166-1, like LT or LTU"),
        ),
        Field("nationality", gettext_lazy("nationality"), _country("nationality"), required=True),
        Field(
            "document_number",
            gettext_lazy("document number"),
            _words("document_number", LONGEST_NUMBER, needed=False),
        ),
        Field("address", gettext_lazy("address"), _words("address", LONGEST_ADDRESS, needed=False)),
    ),
    known_already,
    import_customers,
    brought_in,
)
