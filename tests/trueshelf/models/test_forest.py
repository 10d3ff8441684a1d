import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.models.forest import RAMP, Forest, Tree

TREE = Tree(
    column_I=np.array([1, 0]),
    threshold_I=np.array([0.5, -1.0], dtype=np.float32),
    missing_left_I=np.array([False, True]),
    path_LI=np.array([[1, 0], [-1, 1], [-1, -1]], dtype=np.float32),
    value_L=np.array([1.0, 2.0, 4.0], dtype=np.float32),
)
"""Column 1 up to 0.5 is 1; beyond it or missing, column 0 up to -1 or missing is 2, and beyond it 4."""
STUMP = Tree(
    np.zeros(0, dtype=np.int64),
    np.zeros(0, np.float32),
    np.zeros(0, np.bool_),
    np.zeros((1, 0), np.float32),
    np.array([0.25], np.float32),
)

values = st.floats(-3, 3, width=32) | st.just(float("nan"))


def said(*row: float) -> float:
    return float(Forest([TREE, STUMP], 10.0)(torch.tensor([row], dtype=torch.float32)))


def test_a_forest_sums_what_its_trees_say() -> None:
    assert said(0.0, 0.0) == 11.25
    assert said(-2.0, 1.0) == 12.25
    assert said(0.0, 1.0) == 14.25


def test_a_missing_value_goes_where_the_tree_was_taught() -> None:
    assert said(0.0, np.nan) == 14.25
    assert said(np.nan, 1.0) == 12.25


def test_without_trees_only_the_base_is_left() -> None:
    assert Forest([], -1.5)(torch.zeros(3, 2)).tolist() == [-1.5] * 3


@given(values, st.floats(-3, 3, width=32), st.floats(-1e-5, 1e-5))
def test_a_last_bit_never_moves_an_answer_by_a_leaf(first: float, second: float, nudge: float) -> None:
    assert abs(said(first, second) - said(first, second + nudge)) <= 3.1 * (abs(nudge) + 1e-6) / RAMP
