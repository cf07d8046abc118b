"""The list of data subjects: by the reference the desk knows, asked for all at once."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from controls.models import LegalEntity
from tests.conftest import Make, SignInAs
from tests.privacy.making import ended, tracked

LIST = "/admin/privacy/subject/"


@pytest.fixture
def officer(client: Client, signin_as: SignInAs, make_actor: Make) -> Client:
    signin_as(client, make_actor("dora", "data_protection_officer"))
    return client


def test_a_subject_goes_by_the_reference_of_the_desk(officer: Client, entity: LegalEntity) -> None:
    tracked(ended(entity, reference="GONE-1"))
    assert "GONE-1" in officer.get(LIST).content.decode()


def test_the_list_costs_the_same_for_one_and_for_many(officer: Client, entity: LegalEntity) -> None:
    tracked(ended(entity, reference="GONE-0"))
    officer.get(LIST)
    with CaptureQueriesContext(connection) as for_one:
        officer.get(LIST)
    for number in range(1, 5):
        tracked(ended(entity, reference=f"GONE-{number}"))
    with CaptureQueriesContext(connection) as for_many:
        officer.get(LIST)
    assert len(for_many) == len(for_one)
