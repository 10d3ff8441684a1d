import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.mapped import Growing, GrowingRagged


@given(rows=st.lists(st.lists(st.integers(0, 99), max_size=5), min_size=1, max_size=8), data=st.data())
def test_rows_of_any_length_are_padded_to_the_longest(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]], data: st.DataObject
) -> None:
    growing = GrowingRagged(tmp_path_factory.mktemp("ragged") / "x.npy", np.int32)
    for row in rows:
        growing.append(np.array(row, dtype=np.int32))
    asked = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1))
    padded, there = growing.finished().padded(np.array(asked))
    assert padded.shape == there.shape == (len(asked), max(1, *(len(rows[place]) for place in asked), 0))
    for place, values, real in zip(asked, padded, there, strict=True):
        assert values[real].tolist() == rows[place]
        assert not values[~real].any()


def test_a_file_is_plain_numpy_and_read_in_any_order(tmp_path: Path) -> None:
    growing = Growing(tmp_path / "x.npy", np.float32, (3,))
    blocks = [np.random.default_rng(count).random((count, 3), dtype=np.float32) for count in (4, 0, 1000)]
    for block in blocks:
        growing.append(block)
    mapped, whole = growing.finished(), np.concatenate(blocks)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), whole)
    np.testing.assert_array_equal(mapped.take([7, 1003, 7]), whole[[7, 1003, 7]])
    assert len(mapped) == 1004
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(mapped)).take([5]), whole[[5]])  # noqa: S301


def test_a_file_without_rows_can_be_read(tmp_path: Path) -> None:
    mapped = Growing(tmp_path / "x.npy", np.float32, (3, 2)).finished()
    assert mapped.take([]).shape == (0, 3, 2)
