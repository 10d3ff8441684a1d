"""What a head's thresholds promise, and how each category with a promise of its own did on the test set.

Shapes: N listings.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from training.evaluation.bootstrap import REPLICATES, clusters, intervals, widened
from training.evaluation.metrics import rate
from training.evaluation.predictions import MISSING, Predictions
from trueshelf.listings import Head
from trueshelf.models.grouping import group_of
from trueshelf.models.verdict import Thresholds

Floats = npt.NDArray[np.float64]


def promises(
    predictions: Predictions, head: Head, thresholds: Thresholds, *, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, Any]:
    """The thresholds and their guarantee; `categories` holds those of single categories, measured on their listings."""
    labelled = predictions.labelled(head)
    group_N = np.array(
        [group_of(None if value == MISSING else value, thresholds.groups) for value in labelled.slices["category"]],
        dtype=object,
    )
    return {
        **_thresholds(thresholds),
        "acts": thresholds.acts,
        "categories": {
            name: _thresholds(each) | _measured(labelled.take(group_N == name), head, replicates=replicates, seed=seed)
            for name, each in thresholds.groups.items()
        },
    }


def _thresholds(thresholds: Thresholds) -> dict[str, Any]:
    return {"review": thresholds.review, "act": thresholds.act, **asdict(thresholds.guarantee)}


def _measured(predictions: Predictions, head: Head, *, replicates: int, seed: int) -> dict[str, Any]:
    answers, cluster_N = predictions.heads[head], clusters(predictions.shop_N)
    among = {"false_action_rate": ~answers.positive, "recall_at_bound": answers.positive}

    def measure(weight_RN: Floats) -> Mapping[str, Floats]:
        return {name: rate(answers.acted, among_N, weight_RN) for name, among_N in among.items()}

    found = intervals(measure, cluster_N, replicates=replicates, seed=seed)
    sellers = {name: len(np.unique(cluster_N[among_N])) for name, among_N in among.items()}
    measured = {name: widened(found[name], trials=sellers[name]).to_dict() for name in among}
    return {"negatives": int((~answers.positive).sum()), **measured}
