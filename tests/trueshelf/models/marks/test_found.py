"""Marks found, as they are kept and shown."""

from hypothesis import given
from hypothesis import strategies as st

from trueshelf.models.marks.differences import Difference
from trueshelf.models.marks.found import MOST_WAYS, Box, FoundMark, packed, unpacked

BRANDS = ("Nike", "Sony", "Zara")

shares = st.floats(0, 1, width=32)
boxes = st.builds(Box, shares, shares, shares, shares)


@st.composite
def numbered_marks(draw: st.DrawFn) -> tuple[int, FoundMark]:
    number = draw(st.integers(0, len(BRANDS) - 1))
    ways = tuple(draw(st.lists(st.sampled_from(Difference), max_size=MOST_WAYS, unique=True)))
    return number, FoundMark(BRANDS[number], draw(shares), draw(boxes), draw(shares), draw(boxes), draw(shares), ways)


@given(st.lists(numbered_marks(), max_size=4))
def test_what_is_kept_comes_back_as_it_was(found: list[tuple[int, FoundMark]]) -> None:
    seen = unpacked(packed(found), BRANDS)
    assert seen.known == frozenset(BRANDS)
    assert seen.found == tuple(mark for _, mark in found)


def test_a_box_is_written_in_thousandths_of_the_photo() -> None:
    assert str(Box(0.25, 1 / 3, 0.5, 0.0)) == "0.250,0.333,0.500,0.000"
