"""Bins keep the order of values, and their thresholds part values as their numbers do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.bins import MOST, Bins


@given(st.lists(st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan"))), min_size=1, max_size=40))
def test_a_threshold_parts_values_as_the_numbers_of_their_bins_do(values: list[float]) -> None:
    table_NJ = np.array(values, dtype=np.float32)[:, None]
    bins = Bins.of(table_NJ)
    binned_N = bins(table_NJ)[:, 0]
    for number in range(len(bins.edges[0]) + 1):
        (threshold,) = bins.thresholds(np.array([0]), np.array([number + 0.5]))
        known_N = ~np.isnan(table_NJ[:, 0])
        np.testing.assert_array_equal(table_NJ[known_N, 0] <= threshold, binned_N[known_N] <= number)


def test_missing_values_stay_missing_and_columns_have_bins_of_their_own() -> None:
    table_NJ = np.array([[0, 5], [1, np.nan], [2, 5]], dtype=np.float32)
    np.testing.assert_array_equal(Bins.of(table_NJ)(table_NJ), [[0, 0], [1, np.nan], [2, 0]])


@pytest.mark.parametrize("rows", [1_000, 10_000])
def test_many_values_share_few_bins_of_about_as_many_rows(rows: int) -> None:
    table_NJ = np.random.default_rng(0).lognormal(size=(rows, 1)).astype(np.float32)
    counts = np.bincount(Bins.of(table_NJ)(table_NJ)[:, 0].astype(int))
    assert len(counts) == MOST
    assert counts.max() <= 2 * rows / MOST
