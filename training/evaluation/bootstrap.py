"""How far a measure would have moved with other shops: the cluster bootstrap.

Listings of one shop resemble each other, so shops are redrawn, not listings (Field & Welsh, "Bootstrapping
clustered data", JRSS B 69(3), 2007). A draw is a weight for every listing: how often its shop was drawn.

Shapes: N listings, C clusters, R replicates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Measure = Callable[[Floats], Floats]
"""From weights [R, N] to values [R], NaN where undefined."""

CONFIDENCE = 0.95
REPLICATES = 1000

_AT_ONCE = 100
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value and its 95 % interval; None where the data do not define it."""

    value: float | None
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


UNDEFINED = Interval(None, None, None)


def clusters(shop_ids: Sequence[str | None]) -> npt.NDArray[np.intp]:
    """A cluster number for every listing; a listing without a shop is a cluster of its own."""
    numbers: dict[str | int, int] = {}
    keys = [row if shop is None else shop for row, shop in enumerate(shop_ids)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def intervals(
    measures: Sequence[Measure], cluster_N: npt.NDArray[np.intp], *, replicates: int, seed: int
) -> list[Interval]:
    """The interval of each measure; all measures see the same draws, so that differences between models are paired."""
    if not len(cluster_N):
        return [UNDEFINED] * len(measures)
    everything_1N = np.ones((1, len(cluster_N)))
    values = [float(measure(everything_1N)[0]) for measure in measures]
    random = np.random.default_rng(seed)
    drawn: list[list[Floats]] = [[] for _ in measures]
    for start in range(0, replicates, _AT_ONCE):
        weight_RN = _draw(cluster_N, min(_AT_ONCE, replicates - start), random)
        for kept, measure in zip(drawn, measures, strict=True):
            kept.append(measure(weight_RN))
    return [_interval(value, np.concatenate(kept)) for value, kept in zip(values, drawn, strict=True)]


def no_event_bound(trials: int, *, confidence: float = CONFIDENCE) -> float:
    """The upper end for a rate of which nothing was seen in so many independent trials (Clopper & Pearson 1934)."""
    return 1.0 if not trials else float(1 - ((1 - confidence) / 2) ** (1 / trials))


def _draw(cluster_N: npt.NDArray[np.intp], replicates: int, random: np.random.Generator) -> Floats:
    count = int(cluster_N.max()) + 1
    cell = random.integers(count, size=(replicates, count)) + count * np.arange(replicates)[:, None]
    weight_RC = np.bincount(cell.ravel(), minlength=replicates * count).reshape(replicates, count)
    return weight_RC[:, cluster_N].astype(np.float64)


def _interval(value: float, drawn_R: Floats) -> Interval:
    """The bias-corrected percentile interval (Efron, "Nonparametric standard errors and confidence intervals", 1981).

    Redrawing shops adds noise to the bins of a calibration error and so shifts its draws upwards; plain percentiles
    would often leave the value itself outside its interval.
    """
    defined_R = drawn_R[~np.isnan(drawn_R)]
    if np.isnan(value) or not len(defined_R):
        return UNDEFINED
    below = (np.sum(defined_R < value) + np.sum(defined_R == value) / 2) / len(defined_R)
    shift = 2 * _NORMAL.inv_cdf(min(max(below, 0.5 / len(defined_R)), 1 - 0.5 / len(defined_R)))
    tail = _NORMAL.inv_cdf((1 + CONFIDENCE) / 2)
    low, high = np.quantile(defined_R, [_NORMAL.cdf(shift - tail), _NORMAL.cdf(shift + tail)])
    return Interval(value, min(float(low), value), max(float(high), value))
