import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.models.inscriptions import Inscription, packed, unpacked

SHARE = st.floats(0, 1, width=32)
LINE = st.builds(Inscription, st.text(max_size=40), SHARE, st.tuples(SHARE, SHARE, SHARE, SHARE))


@given(lines=st.none() | st.lists(LINE, max_size=5).map(tuple))
def test_lines_come_back_from_a_store_of_arrays_as_they_were(lines: tuple[Inscription, ...] | None) -> None:
    numbers = packed(lines)
    assert numbers.dtype == np.float32
    assert unpacked(numbers) == lines


def test_a_photo_without_lines_is_not_one_that_was_not_read() -> None:
    assert unpacked(packed(())) == ()
    assert unpacked(packed(None)) is None
