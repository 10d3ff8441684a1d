"""Measures of one head's answers, computed for one weighting of the listings or for a thousand at once.

The bootstrap weights every listing by how often its shop was drawn. Sorting is the same for all draws, so each
measure takes the labels already ranked and a matrix of weights, and costs a cumulative sum.

Shapes: N labelled listings, R weightings (bootstrap draws), T distinct scores, B bins.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ECE_BINS = 15
FEWEST_IN_A_BIN = 20
"""Below it there are fewer bins: the error of a bin of four is mostly chance."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Listings from the highest score to the lowest, where equal scores cannot be told apart.

    Attributes:
        order_N: the position in the caller's arrays of each ranked listing.
        positive_N: its label.
        last_T: for each distinct score, the rank of the last listing that has it.
    """

    order_N: npt.NDArray[np.intp]
    positive_N: Bools
    last_T: npt.NDArray[np.intp]

    @classmethod
    def of(cls, positive_N: Bools, score_N: Floats) -> "Ranking":
        order_N = np.argsort(-score_N, kind="stable")
        ranked_N = score_N[order_N]
        last_T = np.append(np.flatnonzero(np.diff(ranked_N)), len(ranked_N) - 1) if len(ranked_N) else np.empty(0, int)
        return cls(order_N, positive_N[order_N], last_T)

    def curve(self, weight_RN: Floats) -> "Curve":
        """Weighted counts above each distinct score; `weight_RN` is in the caller's order."""
        ranked_RN = weight_RN[:, self.order_N]
        seen_RT = np.cumsum(ranked_RN, axis=1)[:, self.last_T]
        true_RT = np.cumsum(ranked_RN * self.positive_N, axis=1)[:, self.last_T]
        return Curve(true_RT, seen_RT - true_RT)


@dataclass(frozen=True, slots=True)
class Curve:
    """True and false positives when everything down to each distinct score is taken.

    Its measures are [R]; NaN where a weighting leaves no positives, or no negatives that the measure needs.
    """

    true_RT: Floats
    false_RT: Floats

    def roc_auc(self) -> Floats:
        """The probability that a positive outranks a negative, ties counting half (trapezoids under the ROC curve)."""
        gained_RT = np.diff(self.true_RT, axis=1, prepend=0.0)
        false_before_RT = self.false_RT - np.diff(self.false_RT, axis=1, prepend=0.0)
        negatives_R = _last(self.false_RT)
        beaten_RT = negatives_R[:, None] - (self.false_RT + false_before_RT) / 2
        return _ratio((gained_RT * beaten_RT).sum(axis=1), _last(self.true_RT) * negatives_R)

    def pr_auc(self) -> Floats:
        """Average precision: the precision at each distinct score, weighted by the recall gained there."""
        gained_RT = np.diff(self.true_RT, axis=1, prepend=0.0)
        return _ratio((gained_RT * self.precision()).sum(axis=1), _last(self.true_RT))

    def recall_at_precision(self, precision: float) -> Floats:
        """The highest recall at any score where precision is at least `precision`; 0 where none is."""
        kept_RT = np.where(self.precision() >= precision, self.true_RT, 0.0)
        return _ratio(kept_RT.max(axis=1, initial=0.0), _last(self.true_RT))

    def precision(self) -> Floats:
        """Precision down to each distinct score, [R, T]; 0 where nothing is taken."""
        seen_RT = self.true_RT + self.false_RT
        return np.divide(self.true_RT, seen_RT, out=np.zeros_like(seen_RT), where=seen_RT > 0)


def average_precision(positive_N: npt.ArrayLike, score_N: npt.ArrayLike) -> float | None:
    """PR-AUC of one unweighted sample; None without a positive."""
    ranking = Ranking.of(np.asarray(positive_N, dtype=bool), np.asarray(score_N, dtype=np.float64))
    value = float(ranking.curve(np.ones((1, len(ranking.order_N)))).pr_auc()[0])
    return None if np.isnan(value) else value


def rate(of_N: Bools, among_N: Bools, weight_RN: Floats) -> Floats:
    """The weighted share of `among_N` that is also `of_N`, [R]; NaN where a weighting leaves none."""
    return _ratio(weight_RN @ (of_N & among_N).astype(float), weight_RN @ among_N.astype(float))


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
    return _ratio(gap_RB.sum(axis=1), weight_RN.sum(axis=1))


def brier(positive_N: Bools, probability_N: Floats, weight_RN: Floats) -> Floats:
    """The weighted mean squared distance of probability from label, [R]."""
    return _ratio(weight_RN @ np.square(probability_N - positive_N), weight_RN.sum(axis=1))


def _last(values_RT: Floats) -> Floats:
    return values_RT[:, -1] if values_RT.shape[1] else np.zeros(len(values_RT))


def _ratio(part_R: Floats, whole_R: Floats) -> Floats:
    undefined_R: Floats = np.full(np.shape(whole_R), np.nan)
    return np.divide(part_R, whole_R, out=undefined_R, where=whole_R > 0)
