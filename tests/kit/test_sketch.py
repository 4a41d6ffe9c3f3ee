"""A sketch counts within its error, whatever the order and however often; merging is union; packing keeps it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.kit.sketch import STANDARD_ERROR, Positions, Sketch, unpacked

POSITIONS = Positions(b"a key for nothing but tests", kept_max=1000)
THINGS = st.lists(st.integers(0, 2**63 - 1), max_size=300)


def sketch_of(things) -> Sketch:
    sketch = Sketch()
    sketch.add([POSITIONS.of(each) for each in things])
    return sketch


@given(size=st.integers(0, 20_000), seed=st.integers())
def test_the_estimate_keeps_within_its_error(size, seed):
    drawn = random.Random(seed)
    sketch = sketch_of({drawn.getrandbits(63) for _ in range(size)})
    # Hypothesis looks for the worst that chance can do.
    assert abs(sketch.things - size) <= max(3, 6 * STANDARD_ERROR * size)
    assert sketch.things_at_most >= sketch.things


@pytest.mark.parametrize("size", [0, 1, 5, 20])
def test_small_numbers_are_nearly_exact(size):
    assert abs(sketch_of(range(size)).things - size) <= 1


@given(THINGS, THINGS, st.randoms())
def test_merging_is_union_and_order_is_nothing(some, others, drawn):
    merged = sketch_of(some)
    merged.merge(sketch_of(others))
    mixed = [*some, *others, *some]
    drawn.shuffle(mixed)
    together = sketch_of(mixed)
    assert merged.registers == together.registers
    assert merged.things == together.things
    assert not together.add([POSITIONS.of(each) for each in others]), "all of them are known"
    assert unpacked(merged.packed()).registers == merged.registers


def test_what_is_no_sketch_is_refused():
    for packed in (b"", b"nonsense", Sketch().packed()[:-3]):
        with pytest.raises(ValueError, match="sketch"):
            unpacked(packed)


def test_another_key_is_another_sketch():
    """So that nobody outside can choose ids that fall together."""
    other = Positions(b"another key", kept_max=1000)
    assert [POSITIONS.of(each) for each in range(20)] != [other.of(each) for each in range(20)]
