"""Every change of what is kept, held and erased."""

from privacy.actions.access import prepare_access
from privacy.actions.erasing import erase, finish_erasure, replay
from privacy.actions.holds import lift_hold, place_hold, review_hold
from privacy.actions.subjects import restrict, track

__all__ = [
    "erase",
    "finish_erasure",
    "lift_hold",
    "place_hold",
    "prepare_access",
    "replay",
    "restrict",
    "review_hold",
    "track",
]
