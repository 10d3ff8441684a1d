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
    all listings counted              2–5 %     7–10 %    14–20 %    26–38 %
    one listing drawn from each shop  2–3 %      2–3 %      2–4 %        3 %

so where shops are known, one listing is drawn from each, at a price in recall: .65 instead of .72 with 1,000 shops, .52
instead of .70 with 370. The promise is then about a listing drawn at random from a shop drawn at random; it says
nothing of large shops in particular. With too few shops there is no automatic action. Only where no shop is known at
all do listings count one by one, and `Guarantee.per_shop` is false.

A promise about all listings together allows one category several times the rate as long as the others make up for it,
so every category with enough sellers gets a threshold from its own listings (`trueshelf.models.grouping` says which).
With K groups each promise is made with confidence 1 − δ/K: all of them hold at once with confidence 1 − δ (Bonferroni).

Shapes: N listings answered "no", M all listings.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from trueshelf.models.grouping import REST, Path, group_of, groups_of, name_of, path_of
from trueshelf.models.verdict import Guarantee, Thresholds

Floats = npt.NDArray[np.float64]

ALPHA = 0.01
CONFIDENCE = 0.95
REVIEW_CAPACITY = 0.05

_Act = tuple[float | None, Guarantee]


def fit_thresholds(
    negative_probability_N: npt.ArrayLike,
    all_probability_M: npt.ArrayLike,
    *,
    groups: Sequence[str | None] | npt.NDArray[np.str_] | None = None,
    categories: tuple[Sequence[str | None], Sequence[str | None]] | None = None,
    alpha: float = ALPHA,
    confidence: float = CONFIDENCE,
    review_capacity: float = REVIEW_CAPACITY,
    weights: npt.ArrayLike | None = None,
    seed: int = 0,
) -> Thresholds:
    """The thresholds of one head from its calibrated probabilities on the calibration split.

    Args:
        negative_probability_N: of the listings that were answered "no".
        all_probability_M: of listings as they come in, whatever the answer; sets the review threshold.
        groups: who stands behind each of the N (operator or else shop), None where that is not known. Where it is known
            of some listings only, the others are not counted: they may all be one shop's.
        categories: of each of the N and of each of the M; None for one threshold whatever the category.
        alpha: the largest false-action rate allowed.
        review_capacity: the share of incoming listings that people can review, on top of those acted upon.
        weights: how many incoming listings each of the M stands for; None where all stand for as many. They bear on the
            review threshold only: the promise is about "no" listings, and there may be any share of them.
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
    negative_categories, all_categories = categories or ([None] * len(negatives), [None] * len(everything))
    if (len(negative_categories), len(all_categories)) != (len(negatives), len(everything)):
        raise ValueError(f"{len(negative_categories)} and {len(all_categories)} categories do not match")
    weight_M = np.ones(len(everything)) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight_M.shape != everything.shape:
        raise ValueError(f"{len(weight_M)} weights do not match {len(everything)} probabilities")
    paths = [path_of(category) for category in negative_categories]
    found = _act_thresholds(negatives, shops_N, paths, alpha=alpha, confidence=confidence, seed=seed)
    return _with_review(found, everything, weight_M, all_categories, review_capacity)


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


def _act_thresholds(
    probability_N: Floats,
    shops_N: Sequence[str | None] | None,
    path_N: Sequence[Path],
    *,
    alpha: float,
    confidence: float,
    seed: int,
) -> dict[Path, _Act]:
    """The threshold and the guarantee of every group; there always is `REST`."""
    known = [row for row, shop in enumerate(shops_N or ()) if shop is not None]
    counted = known or list(range(len(probability_N)))
    sellers = [shops_N[row] for row in known] if known and shops_N else counted
    groups = _groups([path_N[row] for row in counted], sellers, alpha=alpha, confidence=confidence)
    each = 1 - (1 - confidence) / len(groups)
    found: dict[Path, _Act] = {}
    for path, rows in groups.items():
        drawn = _one_of_each([sellers[row] for row in rows], seed)
        independent = probability_N[[counted[rows[row]] for row in drawn]]
        above = allowed_exceedances(len(drawn), alpha=alpha, confidence=each)
        guarantee = Guarantee(
            alpha, confidence, len(drawn), per_shop=bool(known), group=name_of(path) or None, groups=len(groups)
        )
        if above >= 0:
            found[path] = float(np.sort(independent)[len(drawn) - 1 - above]), guarantee
        else:
            found[path] = None, replace(guarantee, why_not=_why_not(guarantee, len(probability_N)))
    if REST not in found:
        found[REST] = None, Guarantee(alpha, confidence, 0, _nothing_left([*groups]), bool(known), groups=len(groups))
    return found


def _groups(
    path_N: Sequence[Path], seller_N: Sequence[Hashable], *, alpha: float, confidence: float
) -> dict[Path, list[int]]:
    """As many groups as have enough sellers for a promise that takes all of them into account."""
    found = {REST: list(range(len(path_N)))}
    if not any(path_N):
        return found
    for most in range(2, len(path_N)):
        least = needed(alpha=alpha, confidence=1 - (1 - confidence) / most)
        if least * most > len(path_N):
            break
        more = groups_of(path_N, seller_N, least=least, most=most)
        found = more if len(more) > len(found) else found
    return found


def _nothing_left(paths: Sequence[Path]) -> str:
    names = ", ".join(sorted(name_of(path) for path in paths))
    return f'no automatic action: every calibration listing that was answered "no" is of another category: {names}'


def _why_not(promise: Guarantee, listings: int) -> str:
    enough = needed(alpha=promise.alpha, confidence=promise.confidence)
    promised = (
        f"to promise with confidence {promise.confidence:.4g} that at most {promise.alpha:.4g} of such listings are "
        "acted upon"
    )
    if not promise.per_shop:
        answered = f'{promise.n} calibration listings were answered "no"'
        return f"no automatic action: {answered}, and {enough} are needed {promised}"
    return (
        f'no automatic action: the {listings} calibration listings that were answered "no" are of {promise.n} known '
        f"sellers, each of whom counts once, and {enough} sellers are needed {promised}; {enough - promise.n} are "
        f"missing, and {promise.n} can promise {reached(promise.n, confidence=promise.confidence):.2g} at best"
    )


def _one_of_each(seller_N: Sequence[Hashable], seed: int) -> npt.NDArray[np.intp]:
    """One position of each seller, every listing of a seller being equally likely."""
    order_N = np.random.default_rng(seed).permutation(len(seller_N))
    first = {seller_N[i]: int(i) for i in order_N}
    return np.array(sorted(first.values()), dtype=np.intp)


def _with_review(
    acts: Mapping[Path, _Act],
    probability_M: Floats,
    weight_M: Floats,
    category_M: Sequence[str | None],
    capacity: float,
) -> Thresholds:
    """The thresholds with the one above which, of what is not acted upon, at most `capacity` of all listings lie."""
    groups = {name_of(path): act for path, act in acts.items() if path != REST}
    act_M = [acts[path_of(group_of(category, groups))][0] for category in category_M]
    left_M = np.array([act is None or p <= act for p, act in zip(probability_M.tolist(), act_M, strict=True)])
    order = np.flatnonzero(left_M)[np.argsort(-probability_M[left_M], kind="stable")]
    beyond = np.flatnonzero(np.cumsum(weight_M[order]) > capacity * weight_M.sum())
    review = float(probability_M[order[beyond[0]]]) if len(beyond) else 0.0
    parts = {
        name: Thresholds(review if act is None else min(review, act), act, guarantee)
        for name, (act, guarantee) in {"": acts[REST], **groups}.items()
    }
    return replace(parts.pop(""), groups=parts)


def _probabilities(values: npt.ArrayLike) -> Floats:
    probability_N = np.asarray(values, dtype=np.float64)
    wrong = ~((probability_N >= 0) & (probability_N <= 1))
    if probability_N.ndim != 1 or wrong.any():
        raise ValueError(
            f"not a list of probabilities: shape {probability_N.shape}, {probability_N[wrong][:3]} of them"
        )
    return probability_N
