"""Units in the database, against Python's whole numbers: stored, read, added up, compared, sorted, on either one."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Avg, Case, Count, F, Max, Min, Sum, Value, When
from django.db.models.functions import Coalesce
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.exact import Total, UnitsField, never_negative

pytestmark = pytest.mark.django_db

COPIES = """
    INSERT INTO base_posting (kind, units)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
    SELECT 'copy', units FROM base_posting, n
"""
LARGEST = UnitsField.offset - 1
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30),
    st.integers(-(10**48), 10**48),
    st.integers(-LARGEST, LARGEST),
    st.sampled_from(
        [0, 1, -1, 10**10, -(10**10), 10**30, -(10**30), 2**63, -(2**63) - 1, 2**256 - 1, LARGEST, -LARGEST]
    ),
)
EXAMPLES = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def posting() -> Any:
    with isolate_apps("base"):

        class Posting(models.Model):
            kind = models.CharField(max_length=5)
            units = UnitsField(null=True)

            class Meta:
                app_label = "base"
                constraints = [never_negative("units", name="no_debt")]

    return Posting


@pytest.fixture
def rows(posting: Any, db: None) -> Iterator[Any]:
    key = "integer PRIMARY KEY" if connection.vendor == "sqlite" else "bigserial PRIMARY KEY"
    field = posting._meta.get_field("units")
    column = f"units {field.db_type(connection)} NULL CHECK ({field.db_check(connection)})"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE base_posting (id {key}, kind varchar(5) NOT NULL, {column})")
    yield posting._default_manager
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE base_posting")


def filled(rows: Any, numbers: Sequence[int | None], kind: str = "") -> None:
    rows.all().delete()
    rows.bulk_create([rows.model(units=number, kind=kind) for number in numbers])


@EXAMPLES
@given(number=NUMBERS)
def test_what_is_stored_is_read(rows: Any, number: int) -> None:
    made = rows.create(units=number)
    assert rows.get(pk=made.pk).units == number
    assert rows.filter(pk=made.pk, units=number).exists()
    assert not rows.filter(pk=made.pk, units=number - 1 if number > 0 else number + 1).exists()


@EXAMPLES
@given(numbers=st.lists(NUMBERS, max_size=12))
def test_sums_and_extremes_are_exact(rows: Any, numbers: list[int]) -> None:
    filled(rows, [*numbers, None])
    found = rows.aggregate(total=Total("units", default=0), least=Min("units"), most=Max("units"), count=Count("units"))
    assert found == {
        "total": sum(numbers),
        "least": min(numbers, default=None),
        "most": max(numbers, default=None),
        "count": len(numbers),
    }


@EXAMPLES
@given(numbers=st.lists(NUMBERS, max_size=12), bound=NUMBERS, other=NUMBERS)
def test_order_and_comparison_are_those_of_numbers(rows: Any, numbers: list[int], bound: int, other: int) -> None:
    filled(rows, numbers)
    asked = rows.order_by("units").values_list("units", flat=True)
    assert list(asked) == sorted(numbers)
    assert list(asked.reverse()) == sorted(numbers, reverse=True)
    assert list(asked.filter(units__gt=bound)) == sorted(n for n in numbers if n > bound)
    assert list(asked.filter(units__lte=bound)) == sorted(n for n in numbers if n <= bound)
    low, high = sorted([bound, other])
    assert list(asked.filter(units__range=(low, high))) == sorted(n for n in numbers if low <= n <= high)
    assert list(asked.filter(units__in=[bound, *numbers[:2]])) == sorted(
        n for n in numbers if n in [bound, *numbers[:2]]
    )


@EXAMPLES
@given(groups=st.lists(st.lists(NUMBERS, min_size=1, max_size=5), min_size=1, max_size=4), bound=NUMBERS)
def test_sums_are_filtered_and_sorted_by(rows: Any, groups: list[list[int]], bound: int) -> None:
    rows.all().delete()
    rows.bulk_create([rows.model(kind=str(at), units=n) for at, group in enumerate(groups) for n in group])
    sums = sorted(map(sum, groups))
    asked = rows.values("kind").annotate(total=Total("units")).order_by("total").values_list("total", flat=True)
    assert list(asked) == sums
    assert list(asked.filter(total__gte=bound)) == [n for n in sums if n >= bound]
    assert list(asked.filter(total=sums[0])) == [n for n in sums if n == sums[0]]


def test_a_million_of_the_largest_that_the_figure_names_add_up(rows: Any) -> None:
    """10^30 units a million times, and the largest there are: SQLite sums ten digits at a time, none overflows."""
    for number, times in ((10**30, 1_000_000), (-(10**30), 1_000_000), (LARGEST, 1000), (-LARGEST, 1000)):
        filled(rows, [number])
        with connection.cursor() as cursor:
            cursor.execute(COPIES, [times - 1])
        assert rows.aggregate(total=Total("units"))["total"] == number * times


def test_the_sum_of_nothing_is_nothing_unless_said(rows: Any) -> None:
    filled(rows, [None])
    assert rows.aggregate(total=Total("units")) == {"total": None}
    assert rows.aggregate(total=Total("units", default=7)) == {"total": 7}


def test_a_sum_takes_a_filter(rows: Any) -> None:
    filled(rows, [1, 2, 3, None])
    assert rows.aggregate(total=Total("units", filter=models.Q(units__gte=2)))["total"] == 5
    assert rows.aggregate(total=Total("units", filter=models.Q(units__gte=9), default=0))["total"] == 0


def test_values_of_expressions_are_exact_too(rows: Any) -> None:
    filled(rows, [10**40, None])
    chosen = Case(When(units__gt=5, then=F("units")), default=Value(-1, UnitsField()))
    assert sorted(rows.annotate(chosen=chosen).values_list("chosen", flat=True)) == [-1, 10**40]
    either = Coalesce("units", Value(-(10**40), UnitsField()))
    assert sorted(rows.annotate(either=either).values_list("either", flat=True)) == [-(10**40), 10**40]
    rows.filter(units=None).update(units=2**256)
    row = rows.get(units=2**256)
    row.units = -5
    rows.bulk_update([row], ["units"])
    assert sorted(rows.values_list("units", flat=True)) == [-5, 10**40]


@pytest.mark.parametrize("wrong", [1.0, True, "1", 0.5, 1e30])
def test_a_float_is_refused_wherever_it_comes_in(rows: Any, wrong: Any) -> None:
    filled(rows, [1])
    with pytest.raises(TypeError), transaction.atomic():
        rows.create(units=wrong)
    with pytest.raises(TypeError):
        rows.filter(units__gte=wrong).exists()
    with pytest.raises(TypeError), transaction.atomic():
        rows.update(units=wrong)


def test_what_is_too_large_is_refused(rows: Any) -> None:
    for number in (UnitsField.offset, -UnitsField.offset):
        with pytest.raises(ValueError, match="units"), transaction.atomic():
            rows.create(units=number)
        with pytest.raises(ValidationError):
            UnitsField().validate(number, None)


def test_sql_that_puts_in_something_else_is_refused(rows: Any) -> None:
    for wrong in ("'-5'", "'12'", "''") if connection.vendor == "sqlite" else (str(UnitsField.offset),):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO base_posting (kind, units) VALUES ('', {wrong})")  # noqa: S608


@pytest.mark.parametrize("inexact", [Sum, Avg])
def test_an_inexact_sum_is_refused_on_both_databases(rows: Any, inexact: Any) -> None:
    filled(rows, [10**30, 1])
    with pytest.raises(FieldError):
        rows.aggregate(wrong=inexact("units"))
    with pytest.raises(FieldError):
        list(rows.values("kind").annotate(wrong=inexact("units")).filter(wrong__gt=5))
    with pytest.raises(FieldError):
        list(rows.values("kind").annotate(wrong=Coalesce(inexact("units"), Value(0, UnitsField()))))


def test_arithmetic_and_text_in_sql_are_refused(rows: Any) -> None:
    filled(rows, [10**30])
    for ask in (
        lambda: rows.update(units=F("units") + 1),
        lambda: list(rows.annotate(more=F("units") + F("units"))),
        lambda: list(rows.filter(units__contains="1")),
        lambda: list(rows.filter(units__startswith=1)),
    ):
        with pytest.raises(FieldError), transaction.atomic():
            ask()


def test_a_column_of_units_is_made_and_guarded_by_a_migration(posting: Any) -> None:
    _name, path, args, kwargs = UnitsField(null=True, verbose_name="units").deconstruct()
    assert (path, list(args), kwargs) == ("base.exact.UnitsField", [], {"null": True, "verbose_name": "units"})
    editor = connection.SchemaEditorClass(connection, collect_sql=True)
    sql, _params = editor.table_sql(posting)
    assert "CHECK" in sql
    assert "no_debt" in sql


def test_fixtures_and_forms_give_the_same_numbers(posting: Any) -> None:
    row = posting(units=-(10**30))
    field = posting._meta.get_field("units")
    assert field.to_python(field.value_to_string(row)) == -(10**30)
    assert field.formfield().clean("-1" + "0" * 30) == -(10**30)
    for wrong in ("1.0", "x", 1.0, "١"):
        with pytest.raises(ValidationError):
            field.to_python(wrong)
