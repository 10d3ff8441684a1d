"""Ends that hold for many measured values at once, by the largest of their studentised errors.

Among fifty slices some lie far off by chance, and the worst of them always does. The largest error of all slices in a
bootstrap draw, each in units of its own standard error, says how far off the worst may be where nothing is wrong
("max-t", Westfall & Young, "Resampling-Based Multiple Testing", 1993). Slices share shops and listings, and so do the
draws: what moves together is not paid for twice, as it is with Bonferroni's or Holm's correction.

Shapes: S values, R bootstrap draws.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ends:
    """A measured value, and ends of which either kind holds for all values at once with the confidence asked for."""

    value: float
    low: float
    high: float


def simultaneous(value_S: Floats, drawn_RS: Floats, *, confidence: float) -> list[Ends | None]:
    """The ends of each value; None where it is not defined, the value itself where it is the same in every draw.

    Args:
        drawn_RS: the same values in every draw of one bootstrap; NaN where a draw does not define them.
    """
    defined_RS = ~np.isnan(drawn_RS)
    counts_S = np.maximum(defined_RS.sum(axis=0), 1)
    mean_S = np.where(defined_RS, drawn_RS, 0).sum(axis=0) / counts_S
    spread_S = np.sqrt(np.where(defined_RS, (drawn_RS - mean_S) ** 2, 0).sum(axis=0) / counts_S)
    moves_S = ~np.isnan(value_S) & (spread_S > 0)
    error_RK = (drawn_RS[:, moves_S] - value_S[moves_S]) / spread_S[moves_S]
    above, below = (_furthest(sign * error_RK, confidence) for sign in (1, -1))
    return [
        None if np.isnan(value) else Ends(float(value), float(value - above * spread), float(value + below * spread))
        for value, spread in zip(value_S, spread_S, strict=True)
    ]


def _furthest(error_RK: Floats, confidence: float) -> float:
    """Which error the largest of every draw does not exceed, with that confidence; 0 at least."""
    largest_R = np.where(np.isnan(error_RK), 0.0, error_RK).max(axis=1, initial=0.0)
    return float(np.quantile(largest_R, confidence))
