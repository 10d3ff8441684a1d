"""How good a model surely is, or is not, in every slice at once; alone, or beside another on the same listings.

Shapes: N listings, S listings of a slice, R bootstrap draws.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from training.evaluation.bootstrap import REPLICATES, clusters, draws
from training.evaluation.metrics import Ranking, rate
from training.evaluation.predictions import HeadPredictions, Predictions, common
from training.evaluation.simultaneous import Ends, simultaneous
from training.evaluation.slices import SUPPORT, Support, slices_of
from trueshelf.listings import Head

Floats = npt.NDArray[np.float64]
Intp = npt.NDArray[np.intp]

CONFIDENCE = 0.95
FEWEST_SHOPS = 5
"""Whose listings have the answers that a measure is about; redrawing fewer says little of what other shops would do."""


def slice_bounds(
    candidate: Predictions,
    champion: Predictions | None,
    head: Head,
    *,
    support: Support = SUPPORT,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, dict[str, Ends]]:
    """For `roc_auc` and `false_action_rate`, the ends of every slice with enough listings, by "column value".

    Beside a champion they are those of candidate minus champion, over the listings that both have answers about and
    over the same redrawn shops. With 95 % confidence all low ends hold, and so do all high ends.
    """
    ours, theirs = (candidate, None) if champion is None else common(candidate, champion)
    labelled = ours.heads[head].labelled
    models = [each.take(labelled) for each in (ours, theirs) if each is not None]
    cluster_N = clusters(models[0].shop_N)
    slices = {
        f"{each.column} {each.value}": each.rows_S for each in slices_of(models[0], head, support) if each.supported
    }
    positive_N = models[0].heads[head].positive
    return {
        name: _bounds(
            {key: rows_S for key, rows_S in slices.items() if _spread(rows_S, among, positive_N, cluster_N)},
            [of(each.heads[head]) for each in models],
            cluster_N,
            replicates,
            seed,
        )
        for name, (of, among) in _MEASURES.items()
    }


def _roc_auc(answers: HeadPredictions) -> "_Measured":
    def measure(rows_S: Intp, weight_RN: Floats) -> Floats:
        ranking = Ranking.of(answers.positive[rows_S], answers.logit_N[rows_S])
        return ranking.curve(weight_RN[:, rows_S]).roc_auc()

    return measure


def _false_action_rate(answers: HeadPredictions) -> "_Measured":
    def measure(rows_S: Intp, weight_RN: Floats) -> Floats:
        return rate(answers.acted[rows_S], ~answers.positive[rows_S], weight_RN[:, rows_S])

    return measure


_Measured = Callable[[Intp, Floats], Floats]
"""A measure [R] of a slice's listings under weights [R, N] of all listings."""

_MEASURES: Mapping[str, tuple[Callable[[HeadPredictions], _Measured], tuple[bool, ...]]] = {
    "roc_auc": (_roc_auc, (True, False)),
    "false_action_rate": (_false_action_rate, (False,)),
}
"""Each with the answers that it takes."""


def _spread(rows_S: Intp, among: tuple[bool, ...], positive_N: npt.NDArray[np.bool_], cluster_N: Intp) -> bool:
    """Whether enough shops of a slice have listings with each answer."""
    return all(len(np.unique(cluster_N[rows_S[positive_N[rows_S] == answer]])) >= FEWEST_SHOPS for answer in among)


def _bounds(
    slices: Mapping[str, Intp], models: list[_Measured], cluster_N: Intp, replicates: int, seed: int
) -> dict[str, Ends]:
    if not slices:
        return {}

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        found = {name: [model(rows_S, weight_RN) for model in models] for name, rows_S in slices.items()}
        return {name: each[0] - each[1] if len(each) == 2 else each[0] for name, each in found.items()}

    values, drawn = draws(measure, cluster_N, replicates=replicates, seed=seed)
    ends = simultaneous(
        np.array([values[name] for name in slices]),
        np.stack([drawn[name] for name in slices], axis=1),
        confidence=CONFIDENCE,
    )
    return {name: each for name, each in zip(slices, ends, strict=True) if each is not None}
