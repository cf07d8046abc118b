"""Trees of hashes as in RFC 6962: leaves and nodes are hashed in domains of their own, an odd node moves up as it is.

`verify_evidence.py` says the same again in a file of its own, on purpose: who checks should not need our code.
"""

import hashlib
from collections.abc import Sequence

LEAF, NODE, BATCH = b"\x00", b"\x01", b"\x02"
EMPTY = hashlib.sha256(b"").digest()


def leaf(sequence: int, content: str) -> bytes:
    """The number is hashed with the content, so that two rows that changed places are both told by name."""
    return hashlib.sha256(LEAF + sequence.to_bytes(8, "big") + content.encode()).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    sha256 = hashlib.sha256
    level = list(leaves) or [EMPTY]
    while len(level) > 1:
        odd = [level.pop()] if len(level) % 2 else []
        pairs = iter(level)
        level = [sha256(NODE + left + right).digest() for left, right in zip(pairs, pairs, strict=True)] + odd
    return level[0]


def proof(leaves: Sequence[bytes], index: int) -> list[tuple[str, bytes]]:
    """What must be hashed with a leaf, level by level ("left" or "right" of it), to arrive at the root."""
    level, path = list(leaves), []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(("left" if beside < index else "right", level[beside]))
        level = [root(level[at : at + 2]) for at in range(0, len(level), 2)]
        index //= 2
    return path


def root_by(leaf: bytes, path: Sequence[tuple[str, bytes]]) -> bytes:
    """The root that a leaf and its proof lead to."""
    for side, other in path:
        pair = other + leaf if side == "left" else leaf + other
        leaf = hashlib.sha256(NODE + pair).digest()
    return leaf
