"""Exact amounts: a whole number of smallest units, and what they are units of. No float comes in anywhere.

`Denomination("ETH", 18).amount(10**18)` is one ether. Amounts are added and compared only with amounts of the same
denomination; text is read by `Denomination.parse`, which names the field at fault.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from base.errors import Invalid

SCALE_AT_MOST = 36
DIGITS_AT_MOST = 79  # a 256-bit word of a chain has 78
_WRITTEN = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?(?: ?([A-Z][A-Z0-9.]{1,19}))?", re.ASCII)
_PLACES_SHOWN = 2  # further zeros at the end are left out


class DifferentAssets(TypeError):
    """Two amounts of different assets were added or compared: our mistake, not the reader's."""


@dataclass(frozen=True, slots=True)
class Denomination:
    """What a number of units counts: a code, and how many decimal places its smallest unit has."""

    code: str
    scale: int

    def __post_init__(self) -> None:
        if not 0 <= whole(self.scale) <= SCALE_AT_MOST:
            raise ValueError(f"a scale lies between 0 and {SCALE_AT_MOST}")

    def amount(self, units: int) -> "Amount":
        return Amount(units, self)

    def parse(self, text: str, *, field: str = "amount") -> "Amount":
        """Reads what people and files write: 1234.5, 1,234.50, -0.01 EUR. Raises Invalid, which names the field."""
        if not isinstance(text, str):
            raise TypeError(f"an amount is read from text, not from {type(text).__name__}")
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise Invalid(_("Write a number such as 1234.56."), field=field)
        sign, before, after, code = found.groups()
        if code not in (None, self.code):
            raise Invalid(_("This is an amount in %(code)s.") % {"code": self.code}, field=field)
        places = (after or "").rstrip("0")
        if len(places) > self.scale:
            text = _("%(code)s has %(scale)d decimal places at most.") % {"code": self.code, "scale": self.scale}
            raise Invalid(text, field=field)
        digits = (before.replace(",", "") + places.ljust(self.scale, "0")).lstrip("0")
        if len(digits) > DIGITS_AT_MOST:
            raise Invalid(_("The number is too large."), field=field)
        return Amount(int(sign + (digits or "0")), self)


@dataclass(frozen=True, slots=True)
class Amount:
    """So many smallest units of one denomination. Never changed; arithmetic makes another."""

    units: int
    of: Denomination

    def __post_init__(self) -> None:
        whole(self.units)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.units + self._same(other), self.of)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.units - self._same(other), self.of)

    def __neg__(self) -> "Amount":
        return Amount(-self.units, self.of)

    def __abs__(self) -> "Amount":
        return Amount(abs(self.units), self.of)

    def __mul__(self, times: int) -> "Amount":
        return Amount(self.units * whole(times), self.of)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.units != 0

    def __lt__(self, other: "Amount") -> bool:
        return self.units < self._same(other)

    def __le__(self, other: "Amount") -> bool:
        return self.units <= self._same(other)

    def __gt__(self, other: "Amount") -> bool:
        return self.units > self._same(other)

    def __ge__(self, other: "Amount") -> bool:
        return self.units >= self._same(other)

    def _same(self, other: object) -> int:
        if not isinstance(other, Amount):
            raise TypeError(f"an amount and a {type(other).__name__} do not go together")
        if other.of != self.of:
            raise DifferentAssets(f"{self.of.code} and {other.of.code} do not go together")
        return other.units

    @property
    def fraction(self) -> Fraction:
        """In whole assets, exactly."""
        return Fraction(self.units, 10**self.of.scale)

    def plain(self) -> str:
        """Every decimal place, no separators, no code: for machines and exports. `parse` reads it back."""
        before, after = _parts(self.units, self.of.scale)
        return f"{'-' * (self.units < 0)}{before}{'.' * bool(after)}{after}"

    def __str__(self) -> str:
        """For people: 1,234.50 EUR; zeros beyond the second place are left out."""
        before, after = _parts(self.units, self.of.scale)
        after = after.rstrip("0").ljust(min(self.of.scale, _PLACES_SHOWN), "0")
        return f"{'-' * (self.units < 0)}{int(before):,}{'.' * bool(after)}{after} {self.of.code}"


def total(amounts: Iterable[Amount], of: Denomination) -> Amount:
    """The sum, which is told of what even when there is none to add."""
    return sum(amounts, Amount(0, of))


def rounded(exact: Fraction) -> int:
    """To the nearest whole number, a half to the even one: over many roundings neither side gains."""
    return round(exact)


def whole(value: object) -> int:
    """An int, and no float, bool or text that only looks like one."""
    if type(value) is not int:
        raise TypeError(f"units are whole numbers, not {type(value).__name__}")
    return value


def _parts(units: int, scale: int) -> tuple[str, str]:
    digits = str(abs(units)).zfill(scale + 1)
    return (digits[:-scale], digits[-scale:]) if scale else (digits, "")
