"""Which pictures an application needs. Pure: what is there and what was asked for in, what is missing out."""

from collections.abc import Collection

Slot = tuple[str, str]

SELFIE: Slot = ("selfie", "front")
SIDES: dict[str, tuple[str, ...]] = {
    "passport": ("front",),
    "identity_card": ("front", "back"),
    "residence_permit": ("front", "back"),
    "driving_licence": ("front", "back"),
    "selfie": ("front",),
}


def missing(there: Collection[Slot], asked: Collection[Slot] = (), fresh: Collection[Slot] = ()) -> list[Slot]:
    """A selfie, every side of one identity document, and a fresh picture of whatever was asked for."""
    identity = next((kind for kind, _side in there if kind != "selfie"), "")
    needed = [(identity, side) for side in SIDES.get(identity, ())] or [("passport", "front")]
    lacking = [slot for slot in [*needed, SELFIE] if slot not in there]
    return lacking + [slot for slot in _to_renew(needed, asked, fresh) if slot not in fresh and slot not in lacking]


def _to_renew(needed: list[Slot], asked: Collection[Slot], fresh: Collection[Slot]) -> list[Slot]:
    """What was asked for; in the place of an identity document the whole of another kind, once they began with one."""
    kinds = {kind for kind, _side in asked} - {"selfie"}
    instead = kinds and needed[0][0] not in kinds and any(slot in fresh for slot in needed)
    return [*needed, *(slot for slot in asked if slot == SELFIE)] if instead else list(asked)
