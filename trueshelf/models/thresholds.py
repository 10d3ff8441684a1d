"""Where automatic action begins and where review begins.

Action begins at the Neyman–Pearson umbrella's order statistic (Tong, Feng & Li, "Neyman–Pearson classification
algorithms and NP receiver operating characteristics", Science Advances 4(2), 2018). Of n calibration listings that
do not deserve action, m lie above the threshold, where m is the largest count with P(Binomial(n, α) ≤ m) ≤ δ = 1 −
confidence; the true rate above it then exceeds α in a share δ of calibration sets at most. With m = 0 that takes n
≥ ln δ / ln(1 − α), which is 299 for 1 % at 95 %.

The n must be independent draws, and listings of one shop are not: they share a photographer, a writer and a
supplier. Simulated with 370 and 1,000 shops of 8 listings on average (`python -m benchmarks.promise`), the promise of
δ = 5 % was broken in

    correlation within a shop              0        0.3        0.6        0.9
    all listings counted              2–6 %     6–10 %    15–20 %    22–37 %
    one listing drawn from each shop  1–3 %      2–5 %      3–4 %      2–4 %

so where shops are known, one listing is drawn from each, at a price in recall: .65 instead of .72 with 1,000 shops, .52
instead of .70 with 370. The promise is then about a listing drawn at random from a shop drawn at random; it says
nothing of large shops in particular. With too few shops there is no automatic action. Only where no shop is known at
all do listings count one by one, and `Guarantee.per_shop` is false.

Shapes: N listings answered "no", M all listings.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trueshelf.models.verdict import Guarantee, Thresholds

Floats = npt.NDArray[np.float64]

ALPHA = 0.01
CONFIDENCE = 0.95
REVIEW_CAPACITY = 0.05


def fit_thresholds(
    negative_probability_N: npt.ArrayLike,
    all_probability_M: npt.ArrayLike,
    *,
    groups: Sequence[str | None] | npt.NDArray[np.str_] | None = None,
    alpha: float = ALPHA,
    confidence: float = CONFIDENCE,
    review_capacity: float = REVIEW_CAPACITY,
    seed: int = 0,
) -> Thresholds:
    """The thresholds of one head from its calibrated probabilities on the calibration split.

    Args:
        negative_probability_N: of the listings that were answered "no".
        all_probability_M: of listings as they come in, whatever the answer; sets the review threshold.
        groups: who stands behind each of the N (operator or else shop), None where that is not known. Where it is known
            of some listings only, the others are not counted: they may all be one shop's.
        alpha: the largest false-action rate allowed.
        review_capacity: the share of incoming listings that people can review, on top of those acted upon.
        seed: of the draw of one listing from each shop.

    Raises:
        ValueError: a rate is not strictly between 0 and 1, a probability is not one, or there is nothing to fit on.
    """
    for name, share in (("alpha", alpha), ("confidence", confidence), ("review_capacity", review_capacity)):
        if not 0 < share < 1:
            raise ValueError(f"{name} {share} is not strictly between 0 and 1")
    negatives, everything = _probabilities(negative_probability_N), _probabilities(all_probability_M)
    shops_N = None if groups is None else np.asarray(groups, dtype=object).tolist()
    if shops_N is not None and len(shops_N) != len(negatives):
        raise ValueError(f"{len(shops_N)} groups do not match {len(negatives)} probabilities")
    if not len(everything):
        raise ValueError("no calibration listings: thresholds cannot be fitted on nothing")
    act, guarantee = _act_threshold(negatives, shops_N, alpha=alpha, confidence=confidence, seed=seed)
    return Thresholds(review=_review_threshold(everything, act, review_capacity), act=act, guarantee=guarantee)


def allowed_exceedances(n: int, *, alpha: float, confidence: float) -> int:
    """The m of the umbrella: how many of n independent genuine listings may lie above the threshold, the largest m with
    P(Binomial(n, α) ≤ m) ≤ 1 − confidence; −1 where n is too small even for m = 0.
    """
    most = min(n, math.ceil(n * alpha) + 1)
    j = np.arange(1, most + 1)
    log_odds = math.log(alpha) - math.log1p(-alpha)
    log_mass = n * math.log1p(-alpha) + np.concatenate([[0.0], np.cumsum(np.log((n - j + 1) / j) + log_odds)])
    return int(np.searchsorted(np.logaddexp.accumulate(log_mass), math.log1p(-confidence), side="right")) - 1


def needed(*, alpha: float, confidence: float) -> int:
    """The smallest n for which `allowed_exceedances` allows any threshold."""
    n = max(1, math.floor(math.log1p(-confidence) / math.log1p(-alpha)) - 1)
    while allowed_exceedances(n, alpha=alpha, confidence=confidence) < 0:
        n += 1
    return n


def reached(n: int, *, confidence: float) -> float:
    """The smallest α that n independent listings can promise at all: 1 − (1 − confidence)^(1/n), with none above."""
    return -math.expm1(math.log1p(-confidence) / n) if n else 1.0


def _act_threshold(
    probability_N: Floats, shops_N: Sequence[str | None] | None, *, alpha: float, confidence: float, seed: int
) -> tuple[float | None, Guarantee]:
    drawn = _one_per_shop(shops_N or (), seed)
    per_shop = len(drawn) > 0
    independent = probability_N[drawn] if per_shop else probability_N
    n = len(independent)
    above = allowed_exceedances(n, alpha=alpha, confidence=confidence)
    if above < 0:
        why_not = _why_not(n, len(probability_N), per_shop=per_shop, alpha=alpha, confidence=confidence)
        return None, Guarantee(alpha, confidence, n, why_not, per_shop)
    return float(np.sort(independent)[n - 1 - above]), Guarantee(alpha, confidence, n, per_shop=per_shop)


def _why_not(n: int, listings: int, *, per_shop: bool, alpha: float, confidence: float) -> str:
    enough = needed(alpha=alpha, confidence=confidence)
    promise = f"to promise with confidence {confidence:.4g} that at most {alpha:.4g} of such listings are acted upon"
    if not per_shop:
        return f'no automatic action: {n} calibration listings were answered "no", and {enough} are needed {promise}'
    return (
        f'no automatic action: the {listings} calibration listings that were answered "no" are of {n} known sellers, '
        f"each of whom counts once, and {enough} sellers are needed {promise}; {enough - n} are missing, and {n} can "
        f"promise {reached(n, confidence=confidence):.2g} at best"
    )


def _one_per_shop(shops_N: Sequence[str | None], seed: int) -> npt.NDArray[np.intp]:
    """One position of each shop, every listing of a shop being equally likely; none of listings without a shop."""
    order_N = np.random.default_rng(seed).permutation(len(shops_N))
    first = {shops_N[i]: int(i) for i in order_N if shops_N[i] is not None}
    return np.array(sorted(first.values()), dtype=np.intp)


def _review_threshold(probability_M: Floats, act: float | None, capacity: float) -> float:
    """The lowest threshold above which, and not above `act`, at most `capacity` of the listings lie."""
    descending = np.sort(probability_M)[::-1]
    acted = 0 if act is None else int(np.sum(descending > act))
    last = acted + math.floor(capacity * len(descending))
    threshold = float(descending[last]) if last < len(descending) else 0.0
    return threshold if act is None else min(threshold, act)


def _probabilities(values: npt.ArrayLike) -> Floats:
    probability_N = np.asarray(values, dtype=np.float64)
    wrong = ~((probability_N >= 0) & (probability_N <= 1))
    if probability_N.ndim != 1 or wrong.any():
        raise ValueError(
            f"not a list of probabilities: shape {probability_N.shape}, {probability_N[wrong][:3]} of them"
        )
    return probability_N
