"""Folds of training listings that share no seller."""

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]

_FOLDS = 5


def folds(seller_N: Ints) -> list[tuple[Places, Places]]:
    """For each fold, the places of all other listings and of its own; none where there are fewer sellers than folds.

    Args:
        seller_N: a number for each seller.
    """
    if len(np.unique(seller_N)) < _FOLDS:
        return []
    return list(GroupKFold(_FOLDS, shuffle=True, random_state=0).split(seller_N, seller_N, seller_N))
