"""Whether a model may become champion: every check by name, with its value, its limit and what a failure is about.

What a model must be worth at all, it must show: its ranking is held to the limit by the lower end of its 95 % interval,
and so is a challenger's distance to the champion, which may not be worse by more than a margin. Further faults must be
shown of it: calibration, false actions and slices are held by the end that speaks for the model, and slices by ends
that hold for all of them at once, since the worst of many looks worse than it is. The limits are the house's and none
is the bundle's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from training.evaluation.comparison import differences
from training.evaluation.predictions import Predictions
from training.evaluation.simultaneous import Ends
from training.evaluation.slice_bounds import slice_bounds
from trueshelf.listings import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """The limits of the gate.

    Attributes:
        alpha, confidence: what a head that acts by itself must promise at least; a looser promise of the bundle's own
        does not count.
        support: least number of test listings with either answer; a head that acts unmeasured does not pass.
        roc_auc: least ROC-AUC of a head, by the lower end: a model that does no better than chance is of no use.
        recall_at_bound: least recall of a head that acts by itself: more of those that deserve it than of the others.
        calibration_error: most expected calibration error; a verdict's probability is shown to people.
        slice_roc_auc: least ROC-AUC of any slice with enough listings.
        slice_false_actions: highest false-action rate of any such slice; the promise itself holds over all of them
        together.
        slice_roc_auc_margin: by how much ROC-AUC in any slice may have fallen below the champion's.
        slice_false_actions_margin: by how much its false-action rate may have risen.
        recall_margin: by how much recall at the bound may be below the champion's.
        pr_auc_margin: by how much PR-AUC may be.
        latency_ms: longest median time of one verdict.
        replicates: redraws of the paired bootstrap.
    """

    alpha: float = 0.01
    confidence: float = 0.95
    support: int = 10
    roc_auc: float = 0.55
    recall_at_bound: float = 0.01
    calibration_error: float = 0.05
    slice_roc_auc: float = 0.6
    slice_false_actions: float = 0.05
    slice_roc_auc_margin: float = 0.02
    slice_false_actions_margin: float = 0.01
    recall_margin: float = 0.1
    pr_auc_margin: float = 0.03
    latency_ms: float = 1000.0
    replicates: int = 1000


GATE = GateConfig()


@dataclass(frozen=True, slots=True)
class Check:
    """One question of the gate, answered; `detail` is a sentence for people."""

    name: str
    passed: bool
    value: float | None
    limit: float | None
    detail: str


def gate(
    found: Mapping[str, Any],
    candidate: Predictions,
    *,
    champion: Predictions | None,
    latency_ms: float,
    golden_ok: bool,
    config: GateConfig = GATE,
    seed: int = 0,
) -> list[Check]:
    """Put a model through every check.

    Args:
        found: the candidate's report on the test split.
        champion: the present champion's answers on the same split; None for the first model.
        golden_ok: the bundle gave its golden outputs again.
    """
    checks = [check for head in candidate.heads for check in _head_checks(found, candidate, head, config, seed)]
    measured = [head.value for head in candidate.heads if _value(found["heads"][head.value]["roc_auc"]) is not None]
    checks.insert(0, _labels_check(measured))
    if champion is not None:
        checks += _champion_checks(candidate, champion, config, seed)
    checks.append(at_most("latency", "median time of a verdict in ms", latency_ms, config.latency_ms))
    answer = "were given again" if golden_ok else "differ from those that the bundle was made with"
    return [*checks, Check("golden", golden_ok, None, None, f"the golden outputs {answer}")]


def at_least(name: str, what: str, value: float, limit: float) -> Check:
    """A check that `value` is `limit` or more."""
    if value >= limit:
        return Check(name, True, value, limit, f"{what} {_number(value)} is at least {_number(limit)}")
    distance = _number(limit - value, digits=2)
    return Check(name, False, value, limit, f"{what} {_number(value)} is below {_number(limit)} by {distance}")


def at_most(name: str, what: str, value: float, limit: float) -> Check:
    """A check that `value` is `limit` or less."""
    if value <= limit:
        return Check(name, True, value, limit, f"{what} {_number(value)} is at most {_number(limit)}")
    distance = _number(value - limit, digits=2)
    return Check(name, False, value, limit, f"{what} {_number(value)} is above {_number(limit)} by {distance}")


def _labels_check(measured: list[str]) -> Check:
    heads = " and ".join(measured) if measured else "no head"
    detail = f"{heads} can be measured: both answers occur among the test labels"
    return Check("labels", bool(measured), float(len(measured)), 1.0, detail)


def _head_checks(
    found: Mapping[str, Any], candidate: Predictions, of: Head, config: GateConfig, seed: int
) -> Iterator[Check]:
    head = of.value
    measures, thresholds = found["heads"][head], found["thresholds"][head]
    yield from _promise_checks(thresholds, head, config)
    if _value(measures["roc_auc"]) is None:
        if thresholds["acts"]:
            detail = f"{head}: acts by itself, but the test labels do not have both answers to measure it by"
            yield Check(f"{head}.support", False, 0.0, float(config.support), detail)
        return
    rarer = min(measures["positives"], measures["n"] - measures["positives"])
    yield at_least(f"{head}.support", f"{head}: test listings with the rarer answer", rarer, config.support)
    yield at_least(f"{head}.roc_auc", f"{head}: ROC-AUC (lower end)", measures["roc_auc"]["low"], config.roc_auc)
    yield _recall_check(measures["recall_at_bound"], thresholds, head, config)
    yield at_most(
        f"{head}.false_action_rate",
        f"{head}: false-action rate (lower end)",
        measures["false_action_rate"]["low"],
        config.alpha,
    )
    yield at_most(
        f"{head}.ece", f"{head}: calibration error (lower end)", measures["ece"]["low"], config.calibration_error
    )
    yield from _category_checks(thresholds["categories"], head, config)
    yield from _slice_checks(candidate, of, config, seed)


def _promise_checks(thresholds: Mapping[str, Any], head: str, config: GateConfig) -> Iterator[Check]:
    """What a head that acts by itself promises, against what it must."""
    if not thresholds["acts"]:
        return
    alpha, confidence = thresholds["alpha"], thresholds["confidence"]
    yield at_most(f"{head}.promised_rate", f"{head}: promised false-action rate", alpha, config.alpha)
    yield at_least(f"{head}.promised_confidence", f"{head}: confidence of that promise", confidence, config.confidence)


def _recall_check(recall: Mapping[str, float], thresholds: Mapping[str, Any], head: str, config: GateConfig) -> Check:
    if not thresholds["acts"]:
        return Check(f"{head}.recall_at_bound", True, 0.0, None, f"{head}: {thresholds['why_not']}")
    name, what = f"{head}.recall_at_bound", f"{head}: recall at the false-action bound"
    return at_least(name, what, recall["value"], config.recall_at_bound)


def _category_checks(categories: Mapping[str, Mapping[str, Any]], head: str, config: GateConfig) -> Iterator[Check]:
    """The category with most false actions among those that were promised a rate of their own."""
    lows = [(each["false_action_rate"]["low"], name) for name, each in categories.items()]
    measured = [(low, name) for low, name in lows if low is not None]
    if measured:
        low, name = max(measured)
        what = (
            f"{head}: false-action rate (lower end) of the worst of {len(measured)} categories with a promise, {name},"
        )
        yield at_most(f"{head}.worst_promised_category", what, low, config.alpha)


def _slice_checks(candidate: Predictions, head: Head, config: GateConfig, seed: int) -> Iterator[Check]:
    """The weakest slice by ROC-AUC and the one with most false actions, each by the end that speaks for it."""
    found = slice_bounds(candidate, None, head, replicates=config.replicates, seed=seed)
    name, ranking, wrong = f"{head.value}.worst_slice", _lowest(found["roc_auc"]), _highest(found["false_action_rate"])
    if ranking:
        what = f"{head.value}: ROC-AUC (upper end) of the weakest of {len(found['roc_auc'])} slices, {ranking[1]},"
        yield at_least(name, what, ranking[0].high, config.slice_roc_auc)
    else:
        detail = f"{head.value}: no slice has enough test listings to be measured, so none was held to a limit"
        yield Check(name, True, None, config.slice_roc_auc, detail)
    if wrong:
        count = len(found["false_action_rate"])
        what = f"{head.value}: false-action rate (lower end) of the worst of {count} slices, {wrong[1]},"
        yield at_most(f"{name}_false_actions", what, wrong[0].low, config.slice_false_actions)


def _slice_champion_checks(
    candidate: Predictions, champion: Predictions, head: Head, config: GateConfig, seed: int
) -> Iterator[Check]:
    """The slice that has surely fallen furthest below the champion's, by ROC-AUC and by false actions."""
    found = slice_bounds(candidate, champion, head, replicates=config.replicates, seed=seed)
    fallen, risen = _lowest(found["roc_auc"]), _highest(found["false_action_rate"])
    if fallen:
        what = (
            f"{head.value}: ROC-AUC minus the champion's in the worst of {len(found['roc_auc'])} slices, {fallen[1]}, "
            f"{fallen[0].value:+.3g}, whose upper end"
        )
        yield at_least(f"{head.value}.worst_slice_against_champion", what, fallen[0].high, -config.slice_roc_auc_margin)
    if risen:
        what = (
            f"{head.value}: false-action rate minus the champion's in the worst of {len(found['false_action_rate'])} "
            f"slices, {risen[1]}, {risen[0].value:+.3g}, whose lower end"
        )
        name = f"{head.value}.worst_slice_false_actions_against_champion"
        yield at_most(name, what, risen[0].low, config.slice_false_actions_margin)


def _lowest(found: Mapping[str, Ends]) -> tuple[Ends, str] | None:
    """The slice whose upper end is the lowest."""
    return min(((ends, name) for name, ends in found.items()), key=lambda each: each[0].high, default=None)


def _highest(found: Mapping[str, Ends]) -> tuple[Ends, str] | None:
    """The slice whose lower end is the highest."""
    return max(((ends, name) for name, ends in found.items()), key=lambda each: each[0].low, default=None)


def _champion_checks(candidate: Predictions, champion: Predictions, config: GateConfig, seed: int) -> Iterator[Check]:
    for head, found in differences(candidate, champion, replicates=config.replicates, seed=seed).items():
        yield from _slice_champion_checks(candidate, champion, head, config, seed)
        for measure, margin in (("recall_at_bound", config.recall_margin), ("pr_auc", config.pr_auc_margin)):
            low = found[measure].low
            if low is not None:
                what = f"{head.value}: {measure} minus the champion's, {found[measure].value:+.3g}, whose lower end"
                yield at_least(f"{head.value}.{measure}_against_champion", what, low, -margin)


def _value(measure: Mapping[str, float | None] | None) -> float | None:
    return None if measure is None else measure["value"]


def _number(value: float, *, digits: int = 3) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.{digits}g}"
