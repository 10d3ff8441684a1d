"""Answers that are probably wrong, by confident learning: what models that have not seen a seller make of its answers.

Northcutt, Jiang & Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal of Artificial
Intelligence Research 70, 2021. Each answer has a threshold, the mean probability that the listings given it have of
it; a listing that reaches the other answer's threshold, and its own only with less probability, is suspected. The
trees are grown without the copies that lack a modality.

Shapes: N listings of which a head's answer is known, J columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from training.bins import Bins
from training.boosting import BoostConfig, ungrown
from training.data.parts import UNKNOWN
from training.examples import Examples
from training.folds import folds
from training.hearing import Heard

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Doubts:
    """What is doubtful in one head's answers.

    Attributes:
        rows_N: rows among all training listings.
        yes_N: the answers as given.
        probability_N: of yes, from a model that has not seen the seller; NaN where there is none.
        threshold_2: the mean probability of the answer given, of no and of yes; NaN where nobody was given it.
        suspected_N: whose answer is probably wrong.
    """

    rows_N: npt.NDArray[np.intp]
    yes_N: Bools
    probability_N: Floats
    threshold_2: Floats
    suspected_N: Bools

    @property
    def margin_N(self) -> Floats:
        """By how much the other answer is more probable than the one given, from -1 to 1."""
        return np.where(self.yes_N, 1 - 2 * self.probability_N, 2 * self.probability_N - 1)

    @property
    def ranked(self) -> npt.NDArray[np.intp]:
        """The places of the suspected ones, the most doubtful first."""
        places = np.flatnonzero(self.suspected_N)
        return places[np.argsort(-self.margin_N[places], kind="stable")]

    @property
    def joint_22(self) -> Floats:
        """About how many answers are given as no or yes (row) and are no or yes (column).

        The counts of confident listings, each row scaled to all listings that were given its answer (equation 3).
        """
        given_2N = np.stack([~self.yes_N, self.yes_N])
        sure_2N = np.stack(_confident(self.probability_N, self.threshold_2))
        counts_22 = given_2N.astype(np.float64) @ sure_2N.T.astype(np.float64)
        scale_2: Floats = given_2N.sum(axis=1) / np.maximum(counts_22.sum(axis=1), 1)
        return counts_22 * scale_2[:, None]


def doubted(heard: Heard, config: BoostConfig) -> Doubts:
    """The doubts about one head's answers; none where folds cannot be made or answers are all the same."""
    probability_N = unseen(heard, config)
    told_N = ~np.isnan(probability_N)
    threshold_2 = np.array(
        [
            _mean(1 - probability_N[told_N & ~heard.yes_N]),
            _mean(probability_N[told_N & heard.yes_N]),
        ]
    )
    sure_no_N, sure_yes_N = _confident(probability_N, threshold_2)
    suspected_N = np.where(heard.yes_N, sure_no_N, sure_yes_N)
    return Doubts(heard.rows_N, heard.yes_N, probability_N, threshold_2, suspected_N)


def unseen(heard: Heard, config: BoostConfig) -> Floats:
    """The probability of yes by trees that were grown on the listings of other sellers."""
    probability_N = np.full(len(heard.yes_N), np.nan)
    binned_NJ = Bins.of(heard.table_NJ)(heard.table_NJ)
    for inside, outside in folds(heard.seller_N):
        if len(np.unique(heard.yes_N[inside])) < 2:
            continue
        table_NJ = binned_NJ.copy()
        table_NJ[:, np.isnan(table_NJ[inside]).all(axis=0)] = 0  # scikit-learn does not take such a column
        model = ungrown(config).fit(table_NJ[inside], heard.yes_N[inside], sample_weight=heard.trust_N[inside])
        probability_N[outside] = model.predict_proba(table_NJ[outside])[:, 1]
    return probability_N


def undoubted(train: Examples, doubts: Sequence[Doubts]) -> Examples:
    """The same listings; the answers that are suspected are unknown. One `Doubts` a head, in the order of `Head`."""
    answers_NH = train.answers_NH.copy()
    for place, each in enumerate(doubts):
        answers_NH[each.rows_N[each.suspected_N], place] = UNKNOWN
    return replace(train, answers_NH=answers_NH)


def _confident(probability_N: Floats, threshold_2: Floats) -> tuple[Bools, Bools]:
    """Who is confidently no and who yes; of both thresholds reached, the more probable answer counts."""
    no_N, yes_N = 1 - probability_N >= threshold_2[0], probability_N >= threshold_2[1]
    likelier_N = probability_N > 0.5
    return no_N & ~(yes_N & likelier_N), yes_N & ~(no_N & ~likelier_N)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan
