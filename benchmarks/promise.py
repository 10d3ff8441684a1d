"""How often the false-action promise is broken when listings of one shop are alike, and what keeping it costs.

    python -m benchmarks.promise [--json] [--quick]

Invented scores, normal, with a known correlation within a shop; deserving listings lie three standard deviations
higher. Each row redraws calibration sets and asks of each threshold whether the true false-action rate above it
exceeds α = 1 %; with δ = 5 % that may happen in one calibration set in twenty. Three rules are compared:

    listings       the binomial over all listings, as if they were independent
    design effect  the same over an effective number of listings, estimated at each threshold (Korn & Graubard 1998)
    shops          the binomial over one listing drawn from each shop: what `fit_thresholds` does

Legend for shapes: N listings, C shops.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, norm

from trueshelf.models.thresholds import ALPHA, CONFIDENCE, fit_thresholds

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Rule = Callable[[Floats, Ints], float]

SHOPS = (370, 1000)
CORRELATIONS = (0.0, 0.3, 0.6, 0.9)
LAWS = ("equal", "log-normal")
DESERVING = 3.0


def counting_listings(score_N: Floats, shop_N: Ints) -> float:
    """The score above which to act, every listing counted."""
    del shop_N
    return _score(fit_thresholds(norm.cdf(score_N), [0.5]).act)


def counting_shops(score_N: Floats, shop_N: Ints) -> float:
    """The score above which to act, one listing of each shop counted."""
    return _score(fit_thresholds(norm.cdf(score_N), [0.5], groups=shop_N.astype(str)).act)


def design_effect(score_N: Floats, shop_N: Ints) -> float:
    """The lowest score that passes the binomial test on an estimated effective number of listings."""
    size_C, order_N, n = np.bincount(shop_N), np.argsort(-score_N), len(score_N)
    above_C, best = np.zeros(len(size_C)), math.inf
    for above in range(2 * math.ceil(ALPHA * n)):
        effective = _effective(above_C, size_C, above / n)
        if binom.cdf(math.ceil(above / n * effective - 1e-9), int(effective), ALPHA) <= 1 - CONFIDENCE:
            best = float(score_N[order_N[above]])
        elif above:
            break
        above_C[shop_N[order_N[above]]] += 1
    return best


RULES: Mapping[str, Rule] = {
    "listings": counting_listings,
    "design effect": design_effect,
    "shops": counting_shops,
}


def rows(redraws: int) -> Iterator[dict[str, float | str]]:
    """One row for every number of shops, law of their sizes, correlation and rule."""
    for shops, law, correlation in product(SHOPS, LAWS, CORRELATIONS):
        random = np.random.default_rng(0)
        sets = [_calibration_set(shops, law, correlation, random) for _ in range(redraws)]
        for name, rule in RULES.items():
            scores = np.array([rule(*each) for each in sets])
            yield {
                "shops": shops,
                "sizes": law,
                "correlation": correlation,
                "rule": name,
                "broken": float(np.mean(norm.sf(scores) > ALPHA)),
                "recall": float(np.mean(norm.sf(scores - DESERVING))),
            }


def main() -> None:
    """Print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="50 calibration sets a row instead of 1,000")
    arguments = parser.parse_args()
    found = list(rows(50 if arguments.quick else 1000))
    if arguments.json:
        sys.stdout.write(json.dumps({"rows": found}) + "\n")
        return
    sys.stdout.write("shops  sizes       correlation  rule           broken  recall\n")
    for row in found:
        sys.stdout.write(
            f"{row['shops']:5}  {row['sizes']:10}  {row['correlation']:11}  {row['rule']:13}"
            f"  {row['broken']:6.1%}  {row['recall']:.2f}\n"
        )


def _calibration_set(shops: int, law: str, correlation: float, random: np.random.Generator) -> tuple[Floats, Ints]:
    drawn_C = np.full(shops, 8.0) if law == "equal" else random.lognormal(1.2, 1.1, shops)
    shop_N = np.repeat(np.arange(shops), np.clip(np.round(drawn_C), 1, 300).astype(int))
    own_N = random.normal(size=len(shop_N))
    return math.sqrt(correlation) * random.normal(size=shops)[shop_N] + math.sqrt(1 - correlation) * own_N, shop_N


def _effective(above_C: Floats, size_C: Ints, share: float) -> float:
    """How many independent listings would estimate the share above as well; with none above, the worst case."""
    n = size_C.sum()
    if not share:
        return float(n**2 / np.sum(size_C**2))
    variance = len(size_C) / (len(size_C) - 1) * np.sum((above_C - share * size_C) ** 2) / n**2
    return float(min(n, share * (1 - share) / variance))


def _score(act: float | None) -> float:
    return math.inf if act is None else float(norm.ppf(act))


if __name__ == "__main__":
    main()
