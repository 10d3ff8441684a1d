"""What a model's actions come to in operation: the reviewers' queue, and precision at the prevalence of the field."""

from typing import Any

import numpy as np
import numpy.typing as npt

from training.evaluation.bootstrap import REPLICATES, clusters, intervals
from training.evaluation.metrics import rate
from training.evaluation.predictions import Predictions
from trueshelf.listings import Head
from trueshelf.models.verdict import Thresholds

Floats = npt.NDArray[np.float64]

FIELD_PREVALENCES = (0.005, 0.02, 0.066)
"""Shares of "yes" among incoming listings for which precision is worked out: a test set is richer than the field."""


def queue(predictions: Predictions, head: Head, *, replicates: int = REPLICATES, seed: int = 0) -> dict[str, Any]:
    """How many listings are acted upon and reviewed, labelled or not, and what share of the reviewed deserve it."""
    everything, labelled = predictions.heads[head], predictions.labelled(head)
    answers = labelled.heads[head]

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        return {"precision": rate(answers.positive, answers.reviewed, weight_RN)}

    found = intervals(measure, clusters(labelled.shop_N), replicates=replicates, seed=seed)
    return {
        "acted": int(everything.acted.sum()),
        "reviewed": int(everything.reviewed.sum()),
        "review_share": float(everything.reviewed.mean()) if len(predictions) else None,
        "review_precision": found["precision"].to_dict(),
    }


def field_precision(
    predictions: Predictions, head: Head, thresholds: Thresholds, *, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, Any]:
    """Of the listings acted upon, the share that deserves it, were "yes" as rare as in the field.

    `at_bound` is the same with the false-action rate at its promised limit instead of the measured one.
    """
    labelled, alpha = predictions.labelled(head), thresholds.guarantee.alpha
    answers = labelled.heads[head]

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        caught = rate(answers.acted, answers.positive, weight_RN)
        wrong = rate(answers.acted, ~answers.positive, weight_RN)
        return {
            f"{prefix}{prevalence:g}": _precision(caught, floor, prevalence)
            for prevalence in FIELD_PREVALENCES
            for prefix, floor in (("", wrong), ("at bound ", np.full_like(wrong, alpha)))
        }

    found = intervals(measure, clusters(labelled.shop_N), replicates=replicates, seed=seed)
    return {
        f"{prevalence:g}": found[f"{prevalence:g}"].to_dict() | {"at_bound": found[f"at bound {prevalence:g}"].value}
        for prevalence in FIELD_PREVALENCES
    }


def _precision(caught_R: Floats, wrong_R: Floats, prevalence: float) -> Floats:
    true_R = prevalence * caught_R
    acted_R = true_R + (1 - prevalence) * wrong_R
    return np.divide(true_R, acted_R, out=np.full_like(acted_R, np.nan), where=(acted_R > 0) & (caught_R >= 0))
