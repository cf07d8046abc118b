"""Whole numbers of any size a chain can hold, in one column, exact on both databases.

On PostgreSQL NUMERIC(80, 0). SQLite has no such type: there the number plus 5 * 10^79 lies as text of 80 digits, which
sorts and compares as the numbers do. `Total` adds them up exactly, there too; Sum, Avg and arithmetic in SQL are
refused, because SQLite would do them in floating point without a word.
"""

from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Case, CheckConstraint, Max, Min, Q, When
from django.db.models.expressions import CombinedExpression
from django.utils.translation import gettext_lazy as _

from base.units import whole

CHUNK = 10  # digits that SQLite adds up at a time: no sum of fewer than 900 million rows overflows
CHUNKS = 8
TAKEN = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "range", "isnull"})


class UnitsField(models.Field):  # type: ignore[type-arg]
    """A whole number, negative ones too, below 5 * 10^79 either way. It takes and gives `int`; a float, a bool or a
    Decimal is refused, whatever its value."""

    description = _("a whole number of smallest units")
    empty_strings_allowed = False
    digits = CHUNK * CHUNKS
    offset: int = 5 * 10 ** (digits - 1)
    aggregates: tuple[type[Aggregate], ...] = (Max, Min)

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return f"varchar({self.digits})" if connection.vendor == "sqlite" else f"numeric({self.digits}, 0)"

    def get_internal_type(self) -> str:
        return "UnitsField"

    def db_check(self, connection: BaseDatabaseWrapper) -> str | None:
        column = connection.ops.quote_name(str(self.column))
        if connection.vendor == "sqlite":
            return f"length({column}) = {self.digits} AND {column} NOT GLOB '*[^0-9]*'"
        return f"abs({column}) < {self.offset}"

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if not -self.offset < whole(value) < self.offset:
            raise ValueError(f"{self.name}: the number is too large")
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        value = value if prepared else self.get_prep_value(value)
        if value is None or connection.vendor != "sqlite" or hasattr(value, "resolve_expression"):
            return value
        return str(value + self.offset).zfill(self.digits)

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        """Asked before every write: the one place to see F("units") + 1, which SQLite would add up as it likes."""
        _refuse_inexact(value, self.aggregates)
        return "%s"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> int | None:
        _refuse_inexact(expression, self.aggregates)
        if value is None:
            return None
        if connection.vendor == "sqlite":
            if not isinstance(value, str) or len(value) != self.digits:
                raise TypeError(f"{expression} gives no exact number: add up with base.exact.Total")
            return int(value) - self.offset
        number = int(value)
        if number != value:
            raise TypeError(f"{expression} gives no whole number")
        return number

    def to_python(self, value: Any) -> int | None:
        """From forms and fixtures: a text of digits counts as a number there."""
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return int(value)
        text = value.strip() if isinstance(value, str) else ""
        if not (text.isascii() and text.removeprefix("-").isdigit()) or len(text) > self.digits:
            raise ValidationError(_("Write a whole number."), code="invalid")
        return int(text)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value is not None and not -self.offset < value < self.offset:
            raise ValidationError(_("The number is too large."), code="too_large")

    def value_to_string(self, obj: models.Model) -> Any:
        value = self.value_from_object(obj)
        return None if value is None else str(value)

    def get_lookup(self, lookup_name: str) -> Any:
        found = super().get_lookup(lookup_name) if lookup_name in TAKEN else None
        if found is None:
            raise FieldError(f"{lookup_name} is no question to ask of units")
        return type(found.__name__, (_Guarded, found), {"refused": self.aggregates})

    def get_transform(self, lookup_name: str) -> Any:
        return None

    def formfield(self, **kwargs: Any) -> Any:
        from base.amounts import UnitsInput

        kwargs.pop("choices_form_class", None)
        return super().formfield(**{"form_class": UnitsInput, **kwargs})


class _Guarded:
    """A comparison that is never made with what SQLite added up in floating point."""

    refused: tuple[type[Aggregate], ...] = ()

    def __init__(self, lhs: Any, rhs: Any) -> None:
        for side in (lhs, rhs):
            _refuse_inexact(side, self.refused)
        super().__init__(lhs, rhs)  # type: ignore[call-arg]


def _refuse_inexact(expression: Any, exact: tuple[type[Aggregate], ...]) -> None:
    for part in expression.flatten() if hasattr(expression, "flatten") else ():
        if isinstance(part, CombinedExpression) or (isinstance(part, Aggregate) and not isinstance(part, exact)):
            raise FieldError(f"{type(part).__name__} is not exact on both databases: add up with base.exact.Total")


class Total(Aggregate):
    """The exact sum of a UnitsField: `rows.aggregate(total=Total("units", default=0))`. It can be filtered and ordered
    by like any annotation."""

    function = "SUM"
    allow_distinct = False
    name = "Total"

    def _resolve_output_field(self) -> Any:
        return TotalField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        source, *_rest = self.get_source_expressions()
        if self.filter is not None:
            source = Case(When(self.filter, then=source))
        inner, params = compiler.compile(source)
        sql = exact_sum(inner)
        return sql, tuple(params) * sql.count(inner)


class TotalField(UnitsField):
    """What Total gives: room for a sum of 900 million of the largest numbers. No model has one."""

    digits = UnitsField.digits + 9
    offset: int = 46 * 10 ** (digits - 2)
    aggregates = (Total, Max, Min)


def exact_sum(column: str) -> str:
    """SQLite's exact sum of a column of units, as text of 89 digits which sorts as the sums do: ten digits at a time
    are added up, and what is carried goes to the ten before."""
    sums: list[str] = [f"SUM(CAST(substr({column}, {at * CHUNK + 1}, {CHUNK}) AS INTEGER))" for at in range(CHUNKS)]
    base, carried = 10**CHUNK, ""
    parts: list[str] = []
    for each in reversed(sums[1:]):
        carried = f"({each} + {carried} / {base})" if carried else each
        parts.insert(0, f"printf('%0{CHUNK}d', {carried} % {base})")
    first = TotalField.offset // 10 ** (CHUNK * (CHUNKS - 1))
    own = UnitsField.offset // 10 ** (CHUNK * (CHUNKS - 1))
    top = f"printf('%019d', {sums[0]} + {carried} / {base} - COUNT({column}) * {own} + {first})"
    return f"CASE WHEN COUNT({column}) > 0 THEN {' || '.join([top, *parts])} END"


def never_negative(field: str, *, name: str) -> CheckConstraint:
    """The constraint that a column of units holds no debt."""
    return CheckConstraint(condition=Q(**{f"{field}__gte": 0}), name=name)
