"""How far a measure would have moved with other shops: the cluster bootstrap.

Listings of one shop resemble each other, so shops are redrawn, not listings (Field & Welsh, "Bootstrapping
clustered data", JRSS B 69(3), 2007). A draw is a weight for every listing: how often its shop was drawn.

Shapes: N listings, C clusters, R replicates.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Measure = Callable[[Floats], Mapping[str, Floats]]
"""From weights [R, N] to named values [R], NaN where undefined."""

CONFIDENCE = 0.95
REPLICATES = 1000

_WEIGHTS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value and its 95 % interval; None where the data do not define it."""

    value: float | None
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


UNDEFINED = Interval(None, None, None)


def clusters(shop_ids: Sequence[str | None] | npt.NDArray[np.object_]) -> npt.NDArray[np.intp]:
    """A cluster number for every listing; a listing without a shop is a cluster of its own."""
    numbers: dict[str | int, int] = {}
    keys = [row if shop is None else shop for row, shop in enumerate(shop_ids)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def intervals(
    measure: Measure,
    cluster_N: npt.NDArray[np.intp],
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
    biased: Collection[str] = (),
) -> dict[str, Interval]:
    """The interval of everything that `measure` names. All of it sees the same draws: a difference is paired.

    Args:
        biased: names of measures that noise pushes upwards. Redrawing shops adds as much noise again, so plain
            percentiles would lie above the truth twice over: for a well calibrated head they never held its
            calibration error in 150 simulated test sets, reflected ones in half of them (in 78 to 95 % with real
            miscalibration).
    """
    if not len(cluster_N):
        return dict.fromkeys(measure(np.ones((1, 0))), UNDEFINED)
    values, drawn = draws(measure, cluster_N, replicates=replicates, seed=seed)
    return {name: _interval(value, drawn[name], biased=name in biased) for name, value in values.items()}


def draws(
    measure: Measure, cluster_N: npt.NDArray[np.intp], *, replicates: int = REPLICATES, seed: int = 0
) -> tuple[dict[str, float], dict[str, Floats]]:
    """Everything that `measure` names, as it is and in every draw [R]; of one listing at least."""
    random = np.random.default_rng(seed)
    at_once = max(1, _WEIGHTS_AT_ONCE // len(cluster_N))
    parts = [
        measure(_draw(cluster_N, min(at_once, replicates - start), random)) for start in range(0, replicates, at_once)
    ]
    values = {name: float(value[0]) for name, value in measure(np.ones((1, len(cluster_N)))).items()}
    return values, {name: np.concatenate([part[name] for part in parts]) for name in values}


def no_event_bound(trials: int, *, confidence: float = CONFIDENCE) -> float:
    """The upper end for a rate of which nothing was seen in so many independent trials (Clopper & Pearson 1934)."""
    return 1.0 if not trials else float(1 - ((1 - confidence) / 2) ** (1 / trials))


def widened(interval: Interval, *, trials: int) -> Interval:
    """A rate's interval, its end exact where nothing or everything was seen in that many independent trials: all draws
    are the same then."""
    if interval.value == 0:
        return replace(interval, high=no_event_bound(trials))
    if interval.value == 1:
        return replace(interval, low=1 - no_event_bound(trials))
    return interval


def _draw(cluster_N: npt.NDArray[np.intp], replicates: int, random: np.random.Generator) -> Floats:
    count = int(cluster_N.max()) + 1
    cell = random.integers(count, size=(replicates, count)) + count * np.arange(replicates)[:, None]
    weight_RC = np.bincount(cell.ravel(), minlength=replicates * count).reshape(replicates, count)
    return weight_RC[:, cluster_N].astype(np.float64)


def _interval(value: float, drawn_R: Floats, *, biased: bool) -> Interval:
    """The percentile interval, or, for a biased measure, the same reflected at the value (the "basic" interval)."""
    defined_R = drawn_R[~np.isnan(drawn_R)]
    if np.isnan(value) or not len(defined_R):
        return UNDEFINED
    low, high = (float(end) for end in np.quantile(defined_R, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]))
    if biased:
        low, high = max(0.0, 2 * value - high), 2 * value - low
    return Interval(value, min(low, value), max(high, value))
