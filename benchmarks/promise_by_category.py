"""Whether a false-action promise is kept in each category: one threshold for all against one for each.

    python -m benchmarks.promise_by_category [--json] [--quick]

Invented scores, normal, with a known correlation within a shop and with categories whose genuine listings lie higher
or lower; deserving listings lie three standard deviations above the genuine ones of their category. Each row redraws
1,000 calibration sets. The false-action rate above a threshold is computed from the distribution that drew them, not
from a sample. A promise is broken where that rate exceeds α = 1 %, which may happen in δ = 5 % of calibration sets:

    quantile    the score that 1 % of the genuine calibration listings exceed; promises nothing, though often used
    pooled      `fit_thresholds` over all listings, one of each shop
    categories  `fit_thresholds` with categories: those with enough shops by themselves, the others together

`broken` is the share of calibration sets that break a promise which the rule makes: of all listings together, or of
any of its groups. `category above` is the share in which any of the four large categories exceeds α, promised or not.

Legend for shapes: N listings, S shops, C categories.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from trueshelf.models.grouping import group_of
from trueshelf.models.thresholds import ALPHA, CONFIDENCE, fit_thresholds
from trueshelf.models.verdict import Guarantee, Thresholds

Floats = npt.NDArray[np.float64]

SHOPS = (400, 1500, 5000)
CORRELATIONS = (0.0, 0.6)
DESERVING = 3.0
CATEGORIES: Mapping[str, tuple[float, float]] = {
    "phones": (0.28, 0.0),
    "shoes": (0.24, 0.4),
    "bags": (0.2, -0.3),
    "watches": (0.16, 0.2),
    "rings": (0.07, -0.4),
    "belts": (0.05, 0.5),
}
"""Each category's share of the shops, and how far its genuine listings lie above the average."""

LARGE = 4


@dataclass(frozen=True, slots=True)
class CalibrationSet:
    """Genuine listings: scores, shops and categories; each shop sells in one category."""

    score_N: Floats
    shop_N: list[str | None]
    category_N: list[str | None]


Rule = Callable[[CalibrationSet], Thresholds]


def quantile(drawn: CalibrationSet) -> Thresholds:
    """The score that a share α exceeds."""
    return Thresholds(0.0, float(norm.cdf(np.quantile(drawn.score_N, 1 - ALPHA))), Guarantee(ALPHA, CONFIDENCE, 0))


def pooled(drawn: CalibrationSet) -> Thresholds:
    """One threshold for all."""
    return fit_thresholds(norm.cdf(drawn.score_N), [0.5], groups=drawn.shop_N)


def by_category(drawn: CalibrationSet) -> Thresholds:
    """One for each category with enough shops."""
    return fit_thresholds(norm.cdf(drawn.score_N), [0.5], groups=drawn.shop_N, categories=(drawn.category_N, [None]))


RULES: Mapping[str, Rule] = {"quantile": quantile, "pooled": pooled, "categories": by_category}


def rows(redraws: int) -> Iterator[dict[str, float | str]]:
    """One row for every number of shops, correlation and rule."""
    for shops in SHOPS:
        for correlation in CORRELATIONS:
            random = np.random.default_rng(0)
            found: dict[str, list[tuple[bool, bool, float, float, float]]] = {name: [] for name in RULES}
            for _ in range(redraws):
                drawn = _calibration_set(shops, correlation, random)
                for name, rule in RULES.items():
                    found[name].append(_judged(rule(drawn)))
            for name, judged in found.items():
                broken, above, worst, recall, groups = np.mean(judged, axis=0).tolist()
                yield {
                    "shops": shops,
                    "correlation": correlation,
                    "rule": name,
                    "broken": broken,
                    "error": math.sqrt(broken * (1 - broken) / redraws),
                    "category_above": above,
                    "worst_rate": worst,
                    "recall": recall,
                    "groups": groups,
                }


def main() -> None:
    """Print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="50 calibration sets a row instead of 1,000")
    arguments = parser.parse_args()
    found = list(rows(50 if arguments.quick else 1000))
    if arguments.json:
        sys.stdout.write(json.dumps({"delta": 1 - CONFIDENCE, "rows": found}) + "\n")
        return
    sys.stdout.write(
        f"δ = {1 - CONFIDENCE:.0%}; ± is the Monte-Carlo standard error\n"
        "shops  correlation  rule        groups  broken          category above  worst rate  recall\n"
    )
    for row in found:
        sys.stdout.write(
            f"{row['shops']:5}  {row['correlation']:11}  {row['rule']:10}  {row['groups']:6.1f}"
            f"  {row['broken']:6.1%} ± {row['error']:4.1%}  {row['category_above']:14.1%}  {row['worst_rate']:10.2%}"
            f"  {row['recall']:6.2f}\n"
        )


def _calibration_set(shops: int, correlation: float, random: np.random.Generator) -> CalibrationSet:
    share_C = [share for share, _ in CATEGORIES.values()]
    shift_C = np.array([shift for _, shift in CATEGORIES.values()])
    category_S = random.choice(len(CATEGORIES), shops, p=share_C)
    size_S = np.clip(np.round(random.lognormal(0.5, 0.9, shops)), 1, 100).astype(int)
    shop_N = np.repeat(np.arange(shops), size_S)
    own_N, shared_N = random.normal(size=len(shop_N)), random.normal(size=shops)[shop_N]
    score_N = math.sqrt(correlation) * shared_N + math.sqrt(1 - correlation) * own_N + shift_C[category_S[shop_N]]
    names = list(CATEGORIES)
    return CalibrationSet(score_N, [f"{shop}" for shop in shop_N], [names[place] for place in category_S[shop_N]])


def _judged(thresholds: Thresholds) -> tuple[bool, bool, float, float, float]:
    """Whether a promise is broken, whether a large category is above α, the highest rate of a large category, recall,
    and the number of groups; all from the distribution."""
    cut_C = {name: _score(thresholds.of(name).act) for name in CATEGORIES}
    rate_C = {name: float(norm.sf(cut_C[name] - shift)) for name, (_, shift) in CATEGORIES.items()}
    recall = sum(share * norm.sf(cut_C[name] - shift - DESERVING) for name, (share, shift) in CATEGORIES.items())
    together: dict[str | None, list[str]] = {}
    for name in CATEGORIES:
        together.setdefault(group_of(name, thresholds.groups), []).append(name)
    broken = any(_rate(names, rate_C) > ALPHA for names in together.values())
    large = list(rate_C.values())[:LARGE]
    return broken, max(large) > ALPHA, max(large), float(recall), float(len(together))


def _rate(names: list[str], rate_C: Mapping[str, float]) -> float:
    """The rate over several categories together: a listing drawn at random from a shop drawn at random."""
    share = sum(CATEGORIES[name][0] for name in names)
    return sum(CATEGORIES[name][0] * rate_C[name] for name in names) / share


def _score(act: float | None) -> float:
    return math.inf if act is None else float(norm.ppf(act))


if __name__ == "__main__":
    main()
