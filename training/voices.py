"""Linear models of one modality each, with what they say of their own training listings as if they had not seen them.

Shapes: N listings, D columns of the evidence.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.linear_model import LogisticRegression

from training.folds import folds

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Voice:
    """Log odds as a weighted sum of evidence.

    Attributes:
        unseen_N: of the training listings, each from a model that has not seen its seller; NaN without evidence.
    """

    weight_D: Floats
    bias: float
    unseen_N: Floats


def voice(
    evidence_ND: Any, present_N: Bools, yes_N: Bools, seller_N: Ints, trust_N: Floats, *, strength: float
) -> Voice:
    """Logistic regression, at equal weight of both answers, on the listings that have the evidence.

    A model knows its own training listings too well for what it says of them to be learned from (Wolpert, "Stacked
    generalization", Neural Networks 5(2), 1992); so each fold is told by a model of the others, and no seller is in
    two. Where listings do not suffice to learn from, nothing is said.

    Args:
        trust_N: how much each answer counts.
        strength: the inverse of the ridge; dense evidence is standardised first.
    """
    rows = np.flatnonzero(present_N)
    weight_D, bias = _fitted(evidence_ND, rows, yes_N, trust_N, strength)
    unseen_N = np.full(len(yes_N), np.nan, dtype=np.float32)
    for inside, outside in folds(seller_N[rows]):
        fold_D, fold_bias = _fitted(evidence_ND, rows[inside], yes_N, trust_N, strength)
        unseen_N[rows[outside]] = evidence_ND[rows[outside]] @ fold_D + fold_bias
    return Voice(weight_D, bias, unseen_N)


def _fitted(
    evidence_ND: Any, rows: npt.NDArray[np.intp], yes_N: Bools, trust_N: Floats, strength: float
) -> tuple[Floats, float]:
    """Weights and bias for the evidence as it is, not as it is standardised."""
    if len(np.unique(yes_N[rows])) < 2:
        return np.zeros(evidence_ND.shape[1], dtype=np.float32), 0.0
    own_ND, mean_D, spread_D = evidence_ND[rows], np.float32(0), np.float32(1)
    if not issparse(own_ND):
        mean_D, spread_D = own_ND.mean(axis=0), np.maximum(own_ND.std(axis=0), 1e-6)
        own_ND = (own_ND - mean_D) / spread_D
    model = LogisticRegression(C=strength, max_iter=1000, class_weight="balanced")
    model.fit(own_ND, yes_N[rows], sample_weight=trust_N[rows])
    weight_D = (model.coef_[0] / spread_D).astype(np.float32)
    return weight_D, float(model.intercept_[0] - (model.coef_[0] / spread_D * mean_D).sum())
