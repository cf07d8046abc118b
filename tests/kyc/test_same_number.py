"""A document number that two customers share is found, whether they stated it or handed in a document that bears it."""

import pytest

from controls.actor import Actor
from controls.models import LegalEntity
from kyc import pages, reports
from kyc.models import Application, Customer, Document
from tests.kyc import making

NUMBER = "C01X0006H"


def sharing(application: Application) -> set[str]:
    found = Customer.all_unrestricted.sharing_a_number_with(application.customer)
    return {customer.reference for customer in found}


def test_typed_by_one_and_read_at_the_other_is_found_from_both_sides(entity: LegalEntity) -> None:
    typed = making.checked(entity, document_number="c01x-0006 h")
    read = making.checked(entity, reads=making.page(document_number=NUMBER))
    assert sharing(typed) == {read.customer.reference}
    assert sharing(read) == {typed.customer.reference}
    assert read.risk_reasons == [{"code": "number_seen_elsewhere", "points": 50, "about": "1"}]


def test_two_papers_with_the_same_number_are_found_though_both_typed_another(entity: LegalEntity) -> None:
    first, second = (making.checked(entity, reads=making.page(document_number=NUMBER)) for _ in range(2))
    assert sharing(first) == {second.customer.reference}
    assert sharing(second) == {first.customer.reference}


def test_ones_own_number_on_ones_own_paper_is_nobody_elses(entity: LegalEntity) -> None:
    application = making.checked(entity, document_number=NUMBER, reads=making.page(document_number=NUMBER))
    assert sharing(application) == set()
    assert application.risk_band == "low"


def test_nobody_shares_no_number(entity: LegalEntity) -> None:
    first, _second = (making.checked(entity, document_number="") for _ in range(2))
    assert sharing(first) == set()


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (making.page(document_number=NUMBER, digit=True, confidence=0.7), True),
        (making.page(document_number=NUMBER, digit=False, confidence=0.3), False),
        (making.page(document_number=NUMBER, source="barcode", confidence=0.98), True),
        (making.page(document_number=NUMBER, source="barcode", confidence=0.5), False),
        (making.page(surname="EXAMPLE"), False),
    ],
)
def test_only_a_number_that_was_surely_read_is_kept(entity: LegalEntity, page: dict[str, object], kept: bool) -> None:
    application = making.checked(entity, reads=page)
    index = Document.all_unrestricted.get(application=application, kind="passport").number_index
    assert bool(index) is kept
    assert NUMBER not in index


def test_a_paper_that_was_replaced_still_tells_who_held_it(entity: LegalEntity) -> None:
    read = making.checked(entity, reads=making.page(document_number=NUMBER))
    Document.all_unrestricted.filter(application=read, kind="passport").update(replaced_at=read.opened_at)
    assert sharing(making.checked(entity, document_number=NUMBER)) == {read.customer.reference}


def test_the_desk_names_who_handed_in_the_same_number(entity: LegalEntity, reviewer: Actor) -> None:
    read = making.checked(entity, reads=making.page(document_number=NUMBER))
    typed = making.checked(entity, document_number=NUMBER)
    assert reports.desk(typed, reviewer).same_number == [read.customer]


def test_the_search_finds_by_the_number_that_was_read(entity: LegalEntity, reviewer: Actor) -> None:
    read = making.checked(entity, reads=making.page(document_number=NUMBER))
    making.checked(entity)
    hits = list(pages._find(reviewer, "C01X 0006-h"))
    assert [hit.title.split(" · ")[-1] for hit in hits] == [read.customer.reference]
