"""What a model's answers come to in operation: the reviewers' queue, and their worth at the prevalence of the field."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.prevalence import field_weights
from training.evaluation.bootstrap import REPLICATES, Interval, clusters, intervals, no_event_bound
from training.evaluation.metrics import Curve, Ranking, at_prevalence, rate
from training.evaluation.predictions import HeadPredictions, Predictions
from trueshelf.listings import Head
from trueshelf.models.thresholds import REVIEW_CAPACITY
from trueshelf.models.verdict import Thresholds

Floats = npt.NDArray[np.float64]

FIELD_PREVALENCES = (0.005, 0.02, 0.066)
"""Shares of "yes" among incoming listings for which precision is worked out: a test set is richer than the field."""

FIELD_MEASURES = ("pr_auc", "recall_at_precision_90", "recall_at_capacity")
"""What is measured of the ranking at each of these prevalences."""

CAPACITY = REVIEW_CAPACITY
"""The share of incoming listings at which every model's recall is measured, whatever its own capacity: so they compare.
"""

_PRECISION = 0.9


def queue(
    predictions: Predictions,
    head: Head,
    *,
    share: float | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Any]:
    """How many listings are acted upon and reviewed, labelled or not, and what share of the reviewed deserve it.

    Args:
        share: of "yes" in the field, which both shares are then of; None for that of the listings.
    """
    everything, labelled = predictions.heads[head], predictions.labelled(head)
    answers = labelled.heads[head]

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        field_RN = at_prevalence(weight_RN, answers.positive, share)
        return {"precision": rate(answers.positive, answers.reviewed, field_RN)}

    found = intervals(measure, clusters(labelled.shop_N), replicates=replicates, seed=seed)
    return {
        "acted": int(everything.acted.sum()),
        "reviewed": int(everything.reviewed.sum()),
        "review_share": _review_share(everything, share),
        "review_precision": found["precision"].to_dict(),
    }


def _review_share(answers: HeadPredictions, share: float | None) -> float | None:
    weight_N: Floats | None = np.ones(len(answers))
    if share is not None:
        weight_N = field_weights(answers.label_N, answers.probability_N, share)
    return float(np.average(answers.reviewed, weights=weight_N)) if weight_N is not None and len(weight_N) else None


def field(
    predictions: Predictions, head: Head, thresholds: Thresholds, *, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, Any]:
    """What the answers are worth were "yes" as rare as in the field, for each of `FIELD_PREVALENCES`.

    `precision` is the share of listings acted upon that deserves it; `at_bound` is the same with the false-action rate
    at its promised limit instead of the measured one. `FIELD_MEASURES` are of the ranking. `resolved` says whether the
    test set has enough "no" listings to tell a precision of 0.9: where it has not, a single false alarm more would
    take the precision below 0.9 at any recall, and `recall_at_precision_90` is the recall before the first.
    """
    labelled, alpha = predictions.labelled(head), thresholds.guarantee.alpha
    answers = labelled.heads[head]
    ranking = Ranking.of(answers.positive, answers.logit_N)

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        caught = rate(answers.acted, answers.positive, weight_RN)
        wrong = rate(answers.acted, ~answers.positive, weight_RN)
        curve = ranking.curve(weight_RN)
        return {
            f"{name} {prevalence:g}": values
            for prevalence in FIELD_PREVALENCES
            for name, values in {
                "precision": _precision(caught, wrong, prevalence),
                "at_bound": _precision(caught, np.full_like(wrong, alpha), prevalence),
                **_ranking(curve.at_prevalence(prevalence)),
            }.items()
        }

    cluster_N = clusters(labelled.shop_N)
    found = intervals(measure, cluster_N, replicates=replicates, seed=seed)
    if (answers.acted & answers.positive).any() and not (answers.acted & ~answers.positive).any():
        found |= _possibly_wrong(found, answers, sellers=len(np.unique(cluster_N[~answers.positive])))
    negatives = int((~answers.positive).sum())
    return {
        f"{prevalence:g}": {
            **{name: found[f"{name} {prevalence:g}"].to_dict() for name in ("precision", *FIELD_MEASURES)},
            "at_bound": found[f"at_bound {prevalence:g}"].value,
            "resolved": _precision_of_one_false_alarm(negatives, prevalence) >= _PRECISION,
        }
        for prevalence in FIELD_PREVALENCES
    }


def _possibly_wrong(found: Mapping[str, Interval], answers: HeadPredictions, *, sellers: int) -> dict[str, Interval]:
    """No draw has a false action where none was seen: the lower end is that with as many as may have been missed."""
    caught, missed = np.array([answers.acted[answers.positive].mean()]), np.array([no_event_bound(sellers)])
    lows = {f"precision {prevalence:g}": _precision(caught, missed, prevalence)[0] for prevalence in FIELD_PREVALENCES}
    return {name: replace(found[name], low=float(low)) for name, low in lows.items()}


def _ranking(curve: Curve) -> dict[str, Floats]:
    return {
        "pr_auc": curve.pr_auc(),
        "recall_at_precision_90": curve.recall_at_precision(_PRECISION),
        "recall_at_capacity": curve.recall_at_share(CAPACITY),
    }


def _precision_of_one_false_alarm(negatives: int, prevalence: float) -> float:
    """The precision at full recall with one false alarm among so many "no" listings."""
    return prevalence / (prevalence + (1 - prevalence) / negatives) if negatives else 0.0


def _precision(caught_R: Floats, wrong_R: Floats, prevalence: float) -> Floats:
    true_R = prevalence * caught_R
    acted_R = true_R + (1 - prevalence) * wrong_R
    return np.divide(true_R, acted_R, out=np.full_like(acted_R, np.nan), where=(acted_R > 0) & (caught_R >= 0))
