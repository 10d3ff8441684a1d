"""What becomes of verdicts when a model's encoders compute in another precision, each with thresholds of its own."""

from typing import Any

import numpy as np

from training.evaluation.predictions import HeadPredictions, Predictions, common


def flips(first: Predictions, second: Predictions) -> dict[str, dict[str, Any]]:
    """By head: of how many `listings` the action is another (`flips`), how many of those only one of the two acts upon
    (`flips_at_act`), and how far probabilities are apart.

    Raises:
        ValueError: they have no listing in common.
    """
    ours, theirs = common(first, second)
    if not len(ours):
        raise ValueError(f"{len(first)} and {len(second)} predictions have no listing in common")
    return {head.value: _flips(answers, theirs.heads[head]) for head, answers in ours.heads.items()}


def _flips(first: HeadPredictions, second: HeadPredictions) -> dict[str, Any]:
    apart_N = np.abs(first.probability_N - second.probability_N)
    return {
        "listings": len(first),
        "flips": int(np.sum(first.action_N != second.action_N)),
        "flips_at_act": int(np.sum(first.acted != second.acted)),
        "median_difference": float(np.median(apart_N)),
        "largest_difference": float(np.max(apart_N)),
    }
