"""What applicants type, checked for shape: cleaned, or refused by the name of the field. Pure."""

from datetime import date

from django.utils.translation import gettext as _

from base.errors import Invalid
from kyc.countries import code_of

LONGEST_NAME, LONGEST_NUMBER, LONGEST_ADDRESS, OLDEST_YEARS = 150, 30, 500, 120


def text(value: str, field: str, longest: int, *, needed: bool = True) -> str:
    found = " ".join(value.split())
    if needed and not found:
        raise Invalid(_("This is needed."), field=field)
    if len(found) > longest:
        raise Invalid(_("At most %(longest)d characters.") % {"longest": longest}, field=field)
    if not found.isprintable():
        raise Invalid(_("This holds characters that cannot be written."), field=field)
    return found


def country(value: str, field: str) -> str:
    if code := code_of(value):
        return code
    raise Invalid(_("Write the country as an ISO 3166-1 code, for example LT."), field=field)


def birth_date_of(value: date, today: date) -> date:
    if not today.year - OLDEST_YEARS <= value.year or value >= today:
        raise Invalid(_("This is not the birth date of somebody alive."), field="birth_date")
    return value
