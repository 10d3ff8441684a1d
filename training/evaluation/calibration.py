"""How far the probabilities of a head can be taken at their word.

Four measures, since each is blind to something: the Brier score also rewards ranking; the error over equal-mass bins
depends on the bins; the Kolmogorov–Smirnov error has none, but lets faults of opposite direction close together cancel;
none of the three sees the few listings near 1, on which a marketplace acts, and which the tail error is about.

Shapes: N labelled listings, R weightings (bootstrap draws), T distinct probabilities, B bins.
"""

import numpy as np
import numpy.typing as npt

from training.evaluation.metrics import ratio

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ECE_BINS = 15
FEWEST_IN_A_BIN = 20
"""Below it there are fewer bins: the error of a bin of four is mostly chance."""

TAIL = 0.8
"""The probability above which the tail error is measured."""

TAIL_SUPPORT = 20
"""How many listings above `TAIL` it takes: of ten that are 90 % sure, one more or less is a tenth of error."""


def brier(positive_N: Bools, probability_N: Floats, weight_RN: Floats) -> Floats:
    """The weighted mean squared distance of probability from label, [R]."""
    return ratio(weight_RN @ np.square(probability_N - positive_N), weight_RN.sum(axis=1))


def equal_mass_bins(probability_N: Floats, bins: int = ECE_BINS) -> npt.NDArray[np.intp]:
    """The bin of each probability when every bin holds about as many; equal probabilities share a bin.

    There are at most `bins`, and fewer where that would leave a bin with less than `FEWEST_IN_A_BIN`.
    """
    if not len(probability_N):
        return np.empty(0, int)
    bins = max(1, min(bins, len(probability_N) // FEWEST_IN_A_BIN))
    edges = np.quantile(probability_N, np.arange(1, bins) / bins)
    return np.searchsorted(np.unique(edges), probability_N, side="left")


def calibration_error(positive_N: Bools, probability_N: Floats, weight_RN: Floats, *, bins: int = ECE_BINS) -> Floats:
    """Expected calibration error over equal-mass bins of the unweighted listings, [R]; NaN where no weight is left.

    Nixon et al., "Measuring Calibration in Deep Learning", 2019 (adaptive bins, one class, absolute differences).
    With few listings it is above zero even for a perfectly calibrated head: about 0.3 · sqrt(bins / N).
    """
    bin_N = equal_mass_bins(probability_N, bins)
    excess_NB: Floats = np.zeros((len(bin_N), bins))
    excess_NB[np.arange(len(bin_N)), bin_N] = positive_N - probability_N
    gap_RB: Floats = np.abs(weight_RN @ excess_NB)
    return ratio(gap_RB.sum(axis=1), weight_RN.sum(axis=1))


def ks_error(positive_N: Bools, probability_N: Floats, weight_RN: Floats) -> Floats:
    """The Kolmogorov–Smirnov calibration error, [R]: the largest distance, over every probability t, between the share
    of listings that are "yes" with a probability up to t, and the share that was foretold.

    max over t of |Σ (yes − probability) over listings up to t| / N (Gupta et al., "Calibration of Neural Networks
    using Splines", ICLR 2021). No bins to choose, and no more than the mean absolute miscalibration; for a perfectly
    calibrated head about 0.9 · sqrt(mean p(1 − p) / N).
    """
    if not len(probability_N):
        return np.full(len(weight_RN), np.nan)
    order_N = np.argsort(probability_N, kind="stable")
    excess_N, ranked_N = (positive_N - probability_N)[order_N], probability_N[order_N]
    last_T = np.append(np.flatnonzero(np.diff(ranked_N)), len(ranked_N) - 1)
    drift_RT = np.cumsum(weight_RN[:, order_N] * excess_N, axis=1)[:, last_T]
    return ratio(np.abs(drift_RT).max(axis=1), weight_RN.sum(axis=1))


def in_tail(probability_N: Floats) -> Bools:
    """Which listings the tail error is about."""
    return np.asarray(probability_N > TAIL)


def tail_error(positive_N: Bools, probability_N: Floats, weight_RN: Floats) -> Floats:
    """Mean probability minus share of "yes" among the listings with a probability above `TAIL`, [R].

    Above zero the head is surer than it may be. NaN with fewer than `TAIL_SUPPORT` such listings.
    """
    tail_N = in_tail(probability_N)
    if tail_N.sum() < TAIL_SUPPORT:
        return np.full(len(weight_RN), np.nan)
    return ratio(weight_RN @ (tail_N * (probability_N - positive_N)), weight_RN @ tail_N.astype(float))
