"""How rare "yes" is in the field, where the dataset was gathered to be richer.

All that follows from it takes for granted that "yes" and "no" listings look the same in the field as in the dataset,
and that only their shares differ: label shift. Where "yes" listings were picked for being easy to tell, for instance,
it is not so, and no prevalence makes the probabilities right.

Shapes: N listings.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from training.data.parts import UNKNOWN
from trueshelf.listings import Head

Floats = npt.NDArray[np.float64]


def prevalence_of(assignments: Sequence[str]) -> Mapping[Head, float]:
    """The stated shares of "yes", each as `counterfeit=0.02`; heads that are not named have that of the dataset.

    Raises:
        ValueError: an assignment is malformed, names no head, or is not strictly between 0 and 1.
    """
    table = {}
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        try:
            head, value = Head(name.strip()), float(text)
        except ValueError:
            raise ValueError(f"prevalence {assignment!r} is not one of {', '.join(Head)} with a number") from None
        if not 0 < value < 1:
            raise ValueError(f"prevalence {assignment!r} must be strictly between 0 and 1")
        table[head] = value
    return table


def field_weights(answers_N: npt.NDArray[np.int64], probability_N: npt.ArrayLike, share: float) -> Floats | None:
    """How many listings of the field each stands for: π / π₀ for a "yes" and (1 − π) / (1 − π₀) for a "no", where π is
    `share` and π₀ that of the known answers; None without both answers. A listing without an answer counts by what it
    is expected to be.

    Args:
        answers_N: 1, 0 or `UNKNOWN`.
        probability_N: right at `share`.
    """
    yes, no = int((answers_N == 1).sum()), int((answers_N == 0).sum())
    if not (yes and no):
        return None
    of_yes, of_no = share * (yes + no) / yes, (1 - share) * (yes + no) / no
    yes_N = np.where(answers_N == UNKNOWN, np.asarray(probability_N, dtype=np.float64), answers_N)
    weight_N: Floats = 1 / (yes_N / of_yes + (1 - yes_N) / of_no)
    return weight_N
