"""Documents of policies as forms: what a form is made of comes back the same; what is wrong is told by its place."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls import documents, policies
from controls.documents import Node

POLICIES = sorted(policies.KINDS)
LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=12)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip)


def posted(node: Node) -> Iterator[tuple[str, str]]:
    """What a browser sends for the form."""
    if node.key:
        yield node.key.name, node.key.value
    if node.plain:
        yield node.name, node.value
    for child in node.children:
        yield from posted(child)


def there_and_back(schema: Any, document: Any) -> Any:
    return documents.document(schema, posted(documents.form(schema, document, documents.faults(schema, document))))


def raw(node: Node) -> list[str]:
    return [node.name] * (node.kind == "raw") + [name for child in node.children for name in raw(child)]


def test_the_policies_are_those_we_know() -> None:
    assert POLICIES == [
        "assets.prices",
        "controls.sessions",
        "kyc.faces",
        "kyc.reasons",
        "kyc.risk",
        "kyc.service_level",
        "privacy.retention",
    ]


@pytest.mark.parametrize("name", POLICIES)
def test_each_policy_posted_unchanged_has_the_same_digest(name: str) -> None:
    kind = policies.KINDS[name]
    assert policies.digest(there_and_back(kind.schema, kind.default)) == policies.digest(kind.default)


@pytest.mark.parametrize("name", POLICIES)
def test_each_policy_is_edited_by_fields_of_its_own(name: str) -> None:
    kind = policies.KINDS[name]
    assert raw(documents.form(kind.schema, kind.default, {})) == []


REASONS = st.lists(
    st.fixed_dictionaries(
        {
            "code": LETTERS,
            "verdict": st.sampled_from(["approve", "reject", "ask", "send_back"]),
            "reviewer": WORDS,
            "applicant": st.dictionaries(st.sampled_from(["en", "lt", "de", "pt-br"]), WORDS),
        }
    )
)


@given(REASONS)
def test_any_reasons_come_back_as_they_were(rows: list[dict[str, Any]]) -> None:
    assert there_and_back(policies.KINDS["kyc.reasons"].schema, {"reasons": rows}) == {"reasons": rows}


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_any_number_comes_back_as_it_was(number: float) -> None:
    document = {**policies.KINDS["kyc.faces"].default, "eyes_px": number}
    found = there_and_back(policies.KINDS["kyc.faces"].schema, document)
    assert policies.digest(found) == policies.digest(document)


SPOILT = [
    {},
    {"source": "x"},
    {"source": "", "default_years": "many", "years": {"XX": "ten", "at": 7, "": 3}},
    {"source": "x", "default_years": [1, {"a": None}], "years": "none", "other.thing": {"deep": [1]}},
]


@pytest.mark.parametrize("document", SPOILT)
def test_what_does_not_fit_is_kept_as_it_was_written(document: dict[str, Any]) -> None:
    found = there_and_back(policies.KINDS["privacy.retention"].schema, document)
    assert document.items() <= found.items()


RISK = policies.KINDS["kyc.risk"]


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"adult_years": "many"}, ("adult_years",), "Write a whole number."),
        ({"adult_years": None}, ("adult_years",), "Fill this in."),
        ({"adult_years": 3}, ("adult_years",), "At least 18."),
        ({"bands": {"medium_from": 1}}, ("bands", "high_from"), "Fill this in."),
        ({"other": 1}, ("other",), "No such value is known; make it empty as JSON."),
    ],
)
def test_what_is_wrong_is_told_at_its_place(change: dict[str, Any], place: tuple[str, ...], words: str) -> None:
    assert documents.faults(RISK.schema, {**RISK.default, **change}) == {place: [words]}


def test_a_name_that_stands_there_twice_loses_neither_value() -> None:
    schema = policies.KINDS["privacy.retention"].schema
    sent = [("d.source", "x"), ("d.default_years", "5")]
    sent += [("d.years.0.key", "AT"), ("d.years.0.value", "7"), ("d.years.1.key", "AT"), ("d.years.1.value", "8")]
    found = documents.document(schema, sent)
    assert found["years"] == {"AT": 7, "AT (2)": 8}
    assert documents.faults(schema, found) == {("years", "AT (2)", documents.NAME): ["This name stands there twice."]}


def test_an_empty_row_is_no_row_and_lists_are_counted_anew() -> None:
    schema = policies.KINDS["kyc.reasons"].schema
    sent = [("d.reasons.0.code", ""), ("d.reasons.n1.code", "late"), ("d.reasons.n1.applicant.7.key", "en")]
    assert documents.document(schema, sent)["reasons"] == [
        {"code": "late", "verdict": "", "reviewer": "", "applicant": {"en": ""}}
    ]
    assert documents.renamed(schema, sent, "d.reasons.n1.applicant") == "d.reasons.0.applicant"
    assert documents.renamed(schema, sent, "d.reasons.gone.applicant") == ""


def test_two_documents_are_compared_in_words() -> None:
    new = {**RISK.default, "adult_years": 21, "countries": {**RISK.default["countries"], "high": ["AO", "XX"]}}
    old = {**RISK.default, "countries": {**RISK.default["countries"], "high": ["AO", "BG"]}}
    assert [(one.place, one.old, one.new) for one in documents.differences(RISK.schema, old, new)] == [
        ("Adult from, years", "18", "21"),
        ("Countries › High", "BG", "XX"),
    ]
    assert not list(documents.differences(RISK.schema, old, old))


def test_rows_are_compared_by_what_names_them() -> None:
    kind = policies.KINDS["kyc.reasons"]
    first, *rest = kind.default["reasons"]
    new = {"reasons": [*rest, {**first, "applicant": {**first["applicant"], "lt": "Priimta."}}]}
    told = [(one.place, one.old, one.new) for one in documents.differences(kind.schema, kind.default, new)]
    assert told[0] == (f"Reasons › {first['code']} › Applicant's words › lt", None, "Priimta.")
    assert [place for place, _old, _new in told[1:]] == ["Reasons › order"]


def test_what_others_changed_is_taken_in_where_i_changed_nothing() -> None:
    base = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1], "gone": 1}
    mine = {"a": 9, "b": {"c": 2, "d": 3}, "e": [1, 2], "gone": 1}
    theirs = {"a": 5, "b": {"c": 7, "d": 3}, "e": [1], "new": 4}
    assert documents.merged(base, mine, theirs) == {"a": 9, "b": {"c": 7, "d": 3}, "e": [1, 2], "new": 4}
