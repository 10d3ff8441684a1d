"""Windows of time for the parts of a split: which dates lose fewest listings, and which window each unit goes to.

Shapes: N listings, K kinds of listings, P parts. Time is cut into bins; a window is a run of bins.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from training.data.duplicates import Ints

Cuts = tuple[int, int, int]
"""The bins at which the second, third and fourth window start."""


def best_cuts(
    bins_N: Ints, units_N: Ints, kinds_KN: npt.NDArray[np.bool_], *, bins: int, shares_P: npt.NDArray[np.float64]
) -> Cuts | None:
    """The bins at which new windows start; None where some part would always be empty."""
    best, found = (-1.0, 0.0), None
    before_K = [_cumulative(np.where(kind_N, bins_N, -1), units_N, bins) for kind_N in kinds_KN]
    totals_K = np.array([max(1, before[:, -1].sum()) for before in before_K])
    units = np.arange(len(before_K[0]))
    for first, second, third in combinations(range(1, bins), 3):
        cuts = (first, second, third)
        counts_K = [np.diff(before[:, (0, *cuts, bins)], axis=1) for before in before_K]
        part = counts_K[0].argmax(axis=1)
        kept_KP = np.array([np.bincount(part, counts[units, part], minlength=len(shares_P)) for counts in counts_K])
        score = (float((kept_KP / shares_P / totals_K[:, None]).min()), float(kept_KP[0].sum()))
        if kept_KP[0].min() > 0 and score > best:
            best, found = score, cuts
    return found


def window_counts(bins_N: Ints, units_N: Ints, *, bins: int, cuts: Cuts) -> Ints:
    """How many listings each unit has in each window, [units, 4]."""
    return np.diff(_cumulative(bins_N, units_N, bins)[:, (0, *cuts, bins)], axis=1)


def _cumulative(bins_N: Ints, units_N: Ints, bins: int) -> Ints:
    """How many listings each unit has before each bin, [units, bins + 1]."""
    counts = np.zeros((int(units_N.max()) + 1, bins + 1), dtype=np.int64)
    timed = bins_N >= 0
    np.add.at(counts, (units_N[timed], bins_N[timed] + 1), 1)
    return counts.cumsum(axis=1)
