"""The figures of `evaluate --json`: one object with everything that is known of a model on a test set.

    {"model": …, "dataset": …, "split": "test", "listings": …, "shops": …, "errors": …, "generated": …,
     "prevalence": {head: {"share", "stated"}},
     "heads":      {head: {"n", "positives", "tail", and each of MEASURES as {"value", "low", "high"}}},
     "thresholds": {head: {"review", "act", and all of the guarantee, "acts",
                           "categories": {category: {the same, "negatives", "false_action_rate", "recall_at_bound"}}}},
     "queues":     {head: {"acted", "reviewed", "review_share", "review_precision": {"value", "low", "high"}}},
     "field":      {head: {prevalence: {"precision", "at_bound", "resolved", and each of FIELD_MEASURES}}},
     "slices":     {head: {column: {value: {"n", "positives", "roc_auc", "pr_auc", "false_action_rate"}}}}}

What the data do not define is null: without a positive there is no recall. Intervals are at 95 %, by redrawing shops.
`categories` holds the thresholds of categories that have a promise of their own, and how they did on their listings.
`prevalence` is the share of "yes" that the probabilities are for, null where it is not known; where it is `stated` of
the field, the measures of calibration and of the queue weigh the test set as if its share were that.
`tail` is the number of labelled listings with a probability above 0.8, which `tail_error` is about.
"""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from training.evaluation.bootstrap import REPLICATES, Interval, Measure, clusters, intervals, widened
from training.evaluation.calibration import brier, calibration_error, in_tail, ks_error, tail_error
from training.evaluation.metrics import Ranking, at_prevalence, rate
from training.evaluation.operation import CAPACITY, field, queue
from training.evaluation.predictions import HeadPredictions, Predictions
from training.evaluation.promises import promises
from training.evaluation.slices import SUPPORT, Support, slices_of
from trueshelf.listings import Head
from trueshelf.models.prevalence import Prevalence
from trueshelf.models.verdict import Thresholds

Floats = npt.NDArray[np.float64]

MEASURES = (
    "roc_auc",
    "pr_auc",
    "recall_at_precision_90",
    "recall_at_bound",
    "false_action_rate",
    "recall_at_capacity",
    "brier",
    "ece",
    "ks_error",
    "tail_error",
)
SLICE_MEASURES = ("roc_auc", "pr_auc", "false_action_rate")

_BIASED = ("ece", "ks_error")
_SLICE_REPLICATES = 200


def report(
    predictions: Predictions,
    *,
    thresholds: Mapping[Head, Thresholds],
    prevalences: Mapping[Head, Prevalence | None] = MappingProxyType({}),
    model: str = "",
    dataset: str = "",
    split: str = "test",
    generated: bool = False,
    support: Support = SUPPORT,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure a model's answers; the object is described at the top of this file.

    Args:
        thresholds: those that decided the actions in `predictions`.
        prevalences: what the probabilities in `predictions` are for.
        generated: the data are invented, and whoever shows the figures must say so.
        support: what a slice needs to be measured.
    """
    heads = tuple(predictions.heads)
    field_shares = {head: stated_share(prevalences.get(head)) for head in heads}
    return {
        "model": model,
        "dataset": dataset,
        "split": split,
        "generated": generated,
        "listings": len(predictions),
        "shops": len({shop for shop in predictions.shop_N if shop is not None}),
        "errors": predictions.errors,
        "prevalence": {head.value: asdict(found) if (found := prevalences.get(head)) else None for head in heads},
        "heads": {
            head.value: _head(predictions, head, thresholds[head], field_shares[head], replicates, seed)
            for head in heads
        },
        "thresholds": {head.value: promises(predictions, head, thresholds[head], seed=seed) for head in heads},
        "queues": {
            head.value: queue(predictions, head, share=field_shares[head], replicates=replicates, seed=seed)
            for head in heads
        },
        "field": {
            head.value: field(predictions, head, thresholds[head], replicates=replicates, seed=seed) for head in heads
        },
        "slices": {head.value: _slices(predictions, head, thresholds[head], support, seed) for head in heads},
    }


def stated_share(prevalence: Prevalence | None) -> float | None:
    """The share of "yes" that a test set must be weighed to; None where the probabilities are for a dataset's own."""
    return prevalence.share if prevalence and prevalence.stated else None


def head_measure(answers: HeadPredictions, share: float | None = None) -> Measure:
    """Everything in `MEASURES` for a head whose listings are all labelled.

    `recall_at_bound` and `false_action_rate` are the shares of "yes" and of "no" listings that were acted upon;
    `recall_at_capacity` is the recall when people look at the highest-scored `CAPACITY` of all listings.

    Args:
        share: of "yes" that calibration is measured at; None for that of the listings.
    """
    calibration = {"brier": brier, "ece": calibration_error, "ks_error": ks_error, "tail_error": tail_error}
    ranking = Ranking.of(answers.positive, answers.logit_N)

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        curve, field_RN = ranking.curve(weight_RN), at_prevalence(weight_RN, answers.positive, share)
        return {
            "roc_auc": curve.roc_auc(),
            "pr_auc": curve.pr_auc(),
            "recall_at_precision_90": curve.recall_at_precision(0.9),
            "recall_at_bound": rate(answers.acted, answers.positive, weight_RN),
            "false_action_rate": rate(answers.acted, ~answers.positive, weight_RN),
            "recall_at_capacity": curve.recall_at_share(CAPACITY),
            **{name: of(answers.positive, answers.probability_N, field_RN) for name, of in calibration.items()},
        }

    return measure


def measured(
    predictions: Predictions,
    head: Head,
    thresholds: Thresholds,
    *,
    share: float | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Interval]:
    """The intervals of `MEASURES` for a head whose listings are all labelled.

    A rate of which nothing was seen has draws that are all zero; its upper end is then the exact one for as many
    independent trials as there are shops. Without automatic action the rates are zero by decision, not by estimate.
    """
    answers, cluster_N = predictions.heads[head], clusters(predictions.shop_N)
    found = intervals(head_measure(answers, share), cluster_N, replicates=replicates, seed=seed, biased=_BIASED)
    if thresholds.acts:
        for name, among_N in (("recall_at_bound", answers.positive), ("false_action_rate", ~answers.positive)):
            found[name] = widened(found[name], trials=len(np.unique(cluster_N[among_N])))
    return found


def _head(
    predictions: Predictions, head: Head, thresholds: Thresholds, share: float | None, replicates: int, seed: int
) -> dict[str, Any]:
    labelled = predictions.labelled(head)
    found = measured(labelled, head, thresholds, share=share, replicates=replicates, seed=seed)
    answers = labelled.heads[head]
    counts = {
        "n": len(labelled),
        "positives": int(answers.positive.sum()),
        "tail": int(in_tail(answers.probability_N).sum()),
    }
    return counts | {name: found[name].to_dict() for name in MEASURES}


def _slices(
    predictions: Predictions, head: Head, thresholds: Thresholds, support: Support, seed: int
) -> dict[str, Any]:
    table: dict[str, dict[str, Any]] = {column: {} for column in predictions.slices}
    for part in slices_of(predictions, head, support):
        rows = predictions.take(part.rows_S)
        found = measured(rows, head, thresholds, replicates=_SLICE_REPLICATES, seed=seed) if part.supported else {}
        table[part.column][part.value] = {
            "n": len(rows),
            "positives": int(rows.heads[head].positive.sum()),
            **{name: found[name].to_dict() if name in found else None for name in SLICE_MEASURES},
        }
    return table
