"""What is missing: a rule of its own, without a database."""

import pytest

from kyc.wanted import SELFIE, Slot, missing

PASSPORT: Slot = ("passport", "front")
FRONT: Slot = ("identity_card", "front")
BACK: Slot = ("identity_card", "back")


@pytest.mark.parametrize(
    ("there", "asked", "fresh", "lacking"),
    [
        ([], [], [], [PASSPORT, SELFIE]),
        ([FRONT, SELFIE], [], [], [BACK]),
        ([PASSPORT, SELFIE], [], [], []),
        # asked for again: the picture that was there does not do
        ([PASSPORT, SELFIE], [PASSPORT], [], [PASSPORT]),
        ([PASSPORT, SELFIE], [PASSPORT], [PASSPORT], []),
        ([PASSPORT, SELFIE], [SELFIE], [PASSPORT], [SELFIE]),
        # another kind instead: all of it, and all of it fresh
        ([FRONT, SELFIE], [PASSPORT], [FRONT], [BACK]),
        ([FRONT, BACK, SELFIE], [PASSPORT], [FRONT, BACK], []),
        ([FRONT, BACK, SELFIE], [PASSPORT], [FRONT], [BACK]),
        ([PASSPORT, SELFIE], [FRONT, BACK], [PASSPORT], []),
        ([PASSPORT, SELFIE], [BACK], [PASSPORT], []),
        # begun with nothing yet: what was asked for is named, whatever lies there
        ([PASSPORT, SELFIE], [FRONT, BACK], [], [FRONT, BACK]),
        # a selfie that was asked for stays asked for
        ([FRONT, BACK, SELFIE], [PASSPORT, SELFIE], [FRONT, BACK], [SELFIE]),
        ([FRONT, BACK, SELFIE], [PASSPORT, SELFIE], [FRONT, BACK, SELFIE], []),
        # the kind that was asked for is no other kind
        ([FRONT, BACK, SELFIE], [BACK], [FRONT], [BACK]),
    ],
)
def test_what_is_missing(there: list[Slot], asked: list[Slot], fresh: list[Slot], lacking: list[Slot]) -> None:
    assert missing(there, asked, fresh) == lacking
