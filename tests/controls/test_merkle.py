"""Properties of the tree, whatever its leaves."""

from hypothesis import given
from hypothesis import strategies as st

from controls import merkle

CONTENTS = st.lists(st.text(max_size=8), min_size=1, max_size=40)


def leaves_of(contents: list[str]) -> list[bytes]:
    return [merkle.leaf(number, content) for number, content in enumerate(contents, 1)]


@given(CONTENTS, st.data())
def test_a_changed_leaf_changes_the_root(contents: list[str], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(contents) - 1))
    changed = [*contents]
    changed[index] += "!"
    assert merkle.root(leaves_of(contents)) != merkle.root(leaves_of(changed))


@given(CONTENTS)
def test_one_leaf_more_changes_the_root(contents: list[str]) -> None:
    assert merkle.root(leaves_of(contents)) != merkle.root(leaves_of([*contents, contents[-1]]))


@given(st.lists(st.text(max_size=8), min_size=2, max_size=40, unique=True), st.data())
def test_two_contents_that_change_places_change_the_root(contents: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(contents) - 2))
    swapped = [*contents]
    swapped[first], swapped[first + 1] = swapped[first + 1], swapped[first]
    assert merkle.root(leaves_of(contents)) != merkle.root(leaves_of(swapped))


@given(CONTENTS, st.data())
def test_every_leaf_has_a_proof_that_leads_to_the_root(contents: list[str], data: st.DataObject) -> None:
    leaves = leaves_of(contents)
    index = data.draw(st.integers(0, len(leaves) - 1))
    assert merkle.root_by(leaves[index], merkle.proof(leaves, index)) == merkle.root(leaves)


@given(CONTENTS, st.data())
def test_a_proof_does_not_serve_another_leaf(contents: list[str], data: st.DataObject) -> None:
    leaves = leaves_of(contents)
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = merkle.leaf(index + 1, contents[index] + "!")
    assert merkle.root_by(other, merkle.proof(leaves, index)) != merkle.root(leaves)


def test_an_inner_node_is_no_leaf() -> None:
    """Without domains of their own, the two nodes below the root would pass for a tree of two leaves."""
    leaves = leaves_of(["a", "b", "c", "d"])
    nodes = [merkle.root(leaves[:2]), merkle.root(leaves[2:])]
    assert merkle.root(nodes) == merkle.root(leaves)
    assert all(node not in leaves for node in nodes)
