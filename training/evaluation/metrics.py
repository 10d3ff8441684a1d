"""Measures of one head's answers, computed for one weighting of the listings or for a thousand at once.

The bootstrap weights every listing by how often its shop was drawn. Sorting is the same for all draws, so each
measure takes the labels already ranked and a matrix of weights, and costs a cumulative sum.

Shapes: N labelled listings, R weightings (bootstrap draws), T distinct scores.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


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
        return ratio((gained_RT * beaten_RT).sum(axis=1), _last(self.true_RT) * negatives_R)

    def pr_auc(self) -> Floats:
        """Average precision: the precision at each distinct score, weighted by the recall gained there."""
        gained_RT = np.diff(self.true_RT, axis=1, prepend=0.0)
        return ratio((gained_RT * self.precision()).sum(axis=1), _last(self.true_RT))

    def recall_at_precision(self, precision: float) -> Floats:
        """The highest recall at any score where precision is at least `precision`; 0 where none is."""
        kept_RT = np.where(self.precision() >= precision, self.true_RT, 0.0)
        return ratio(kept_RT.max(axis=1, initial=0.0), _last(self.true_RT))

    def recall_at_share(self, share: float) -> Floats:
        """The recall when the highest-scored `share` of all listings is taken, of equal scores as many as there is room
        for, whichever they are."""
        pad = ((0, 0), (1, 0))
        true_RT, seen_RT = np.pad(self.true_RT, pad), np.pad(self.true_RT + self.false_RT, pad)
        room_R = share * seen_RT[:, -1]
        next_R = np.minimum((seen_RT <= room_R[:, None]).sum(axis=1), seen_RT.shape[1] - 1)
        row_R, before_R = np.arange(len(seen_RT)), np.maximum(next_R - 1, 0)
        seen_before_R, true_before_R = seen_RT[row_R, before_R], true_RT[row_R, before_R]
        fitting_R = np.nan_to_num(ratio(room_R - seen_before_R, seen_RT[row_R, next_R] - seen_before_R))
        taken_R = true_before_R + fitting_R * (true_RT[row_R, next_R] - true_before_R)
        return ratio(taken_R, true_RT[:, -1])

    def at_prevalence(self, prevalence: float) -> "Curve":
        """The same ranking among listings of which a share `prevalence` is positive: the rates among positives and
        among negatives stay as they are (label shift; Saerens, Latinne & Decaestecker, Neural Computation 14(1), 2002).
        """
        positives_R, negatives_R = _last(self.true_RT), _last(self.false_RT)
        return Curve(
            self.true_RT * ratio(np.full_like(positives_R, prevalence), positives_R)[:, None],
            self.false_RT * ratio(np.full_like(negatives_R, 1 - prevalence), negatives_R)[:, None],
        )

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
    return ratio(weight_RN @ (of_N & among_N).astype(float), weight_RN @ among_N.astype(float))


def at_prevalence(weight_RN: Floats, positive_N: Bools, share: float | None) -> Floats:
    """The weights [R, N] under which a `share` of the labelled listings is positive in every draw, adding up to 1; None
    leaves the weights as they are. Right under label shift, as `Curve.at_prevalence` is; NaN without both labels."""
    if share is None:
        return weight_RN
    positives_R, negatives_R = weight_RN @ positive_N.astype(float), weight_RN @ (~positive_N).astype(float)
    both_R = np.where((positives_R > 0) & (negatives_R > 0), 1.0, np.nan)
    each_yes_R, each_no_R = ratio(share * both_R, positives_R), ratio((1 - share) * both_R, negatives_R)
    return weight_RN * np.where(positive_N, each_yes_R[:, None], each_no_R[:, None])


def _last(values_RT: Floats) -> Floats:
    return values_RT[:, -1] if values_RT.shape[1] else np.zeros(len(values_RT))


def ratio(part_R: Floats, whole_R: Floats) -> Floats:
    """part / whole, NaN where the whole is nothing."""
    undefined_R: Floats = np.full(np.shape(whole_R), np.nan)
    return np.divide(part_R, whole_R, out=undefined_R, where=whole_R > 0)
