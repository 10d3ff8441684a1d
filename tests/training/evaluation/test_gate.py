from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from training.evaluation.comparison import differences
from training.evaluation.gate import GATE, Check, GateConfig, gate
from training.evaluation.predictions import HeadPredictions, Predictions
from training.evaluation.report import report
from training.testing import ACTING, BY_CATEGORY, WATCHING, make_predictions
from trueshelf.listings import Head
from trueshelf.models.verdict import Guarantee, Thresholds

QUICK = replace(GATE, replicates=200)


def checked(
    candidate: Predictions,
    *,
    champion: Predictions | None = None,
    thresholds: Mapping[Head, Thresholds] = ACTING,
    config: GateConfig = QUICK,
    latency_ms: float = 50,
    golden_ok: bool = True,
) -> dict[str, Check]:
    found = report(candidate, thresholds=thresholds, replicates=200)
    checks = gate(found, candidate, champion=champion, latency_ms=latency_ms, golden_ok=golden_ok, config=config)
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks}


def failed(checks: Mapping[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if not check.passed}


def changed(predictions: Predictions, **arrays: Any) -> Predictions:
    """The same with other arrays in every head."""
    heads = {head: replace(answers, **arrays) for head, answers in predictions.heads.items()}
    return Predictions(predictions.listing_N, predictions.shop_N, heads, predictions.slices)


def overconfident(answers: HeadPredictions) -> Any:
    return 1 / (1 + np.exp(-5 * answers.logit_N - 3))


def test_a_sound_first_model_passes_without_a_champion() -> None:
    checks = checked(make_predictions())
    assert not failed(checks)
    assert not any("champion" in name for name in checks)


def test_a_model_passes_against_itself() -> None:
    some = make_predictions()
    checks = checked(some, champion=some)
    assert not failed(checks)
    assert checks["counterfeit.recall_at_bound_against_champion"].value == 0


def test_a_clearly_weaker_model_fails_against_the_champion_and_says_by_how_much() -> None:
    checks = checked(make_predictions(skill=2), champion=make_predictions(skill=3, seed=1))
    assert failed(checks) >= {"counterfeit.recall_at_bound_against_champion", "counterfeit.pr_auc_against_champion"}
    check = checks["counterfeit.pr_auc_against_champion"]
    assert check.value is not None
    assert check.detail.startswith("counterfeit: pr_auc minus the champion's, -0.")
    assert check.detail.endswith(f"{check.value:.3g} is below -0.03 by {-0.03 - check.value:.2g}")


def test_a_stronger_model_passes_against_the_champion() -> None:
    assert not failed(checked(make_predictions(skill=3), champion=make_predictions(skill=2, seed=1)))


def test_a_failed_floor_names_check_limit_and_distance() -> None:
    checks = checked(make_predictions(), config=replace(QUICK, recall_at_bound=0.95))
    check = checks["counterfeit.recall_at_bound"]
    assert not check.passed
    assert check.value is not None
    assert check.detail == (
        f"counterfeit: recall at the false-action bound {check.value:.3g} is below 0.95 by {0.95 - check.value:.2g}"
    )


def test_overconfidence_fails_calibration() -> None:
    some = make_predictions(skill=2)
    worse = changed(some, probability_N=overconfident(some.heads[Head.COUNTERFEIT]))
    assert "counterfeit.ece" in failed(checked(worse))


def test_acting_on_everything_breaks_the_promise() -> None:
    some = make_predictions()
    reckless = changed(some, action_N=np.full(len(some), "act"))
    checks = checked(reckless)
    assert failed(checks) >= {"counterfeit.false_action_rate", "counterfeit.worst_slice_false_actions"}


def test_a_slice_that_is_no_better_than_chance_fails_and_is_named() -> None:
    some = make_predictions(shops=150)
    answers = some.heads[Head.COUNTERFEIT]
    weak = some.slices["language"] == "b"
    logit_N = np.where(weak, -answers.logit_N, answers.logit_N)
    checks = checked(changed(some, logit_N=logit_N))
    assert "language b" in checks["counterfeit.worst_slice"].detail
    assert not checks["counterfeit.worst_slice"].passed


def test_no_automatic_action_passes_with_its_reason_but_not_against_a_champion_that_acts() -> None:
    watching = make_predictions(thresholds=WATCHING)
    alone = checked(watching, thresholds=WATCHING)
    assert not failed(alone)
    assert alone["counterfeit.recall_at_bound"].detail == "counterfeit: no automatic action: 12 of 299"
    against = checked(watching, thresholds=WATCHING, champion=make_predictions())
    assert "counterfeit.recall_at_bound_against_champion" in failed(against)


def test_a_bundle_that_promises_less_than_the_house_fails_whatever_it_finds() -> None:
    loose = dict.fromkeys(Head, Thresholds(0.4, 0.9, Guarantee(0.5, 0.6, 1000)))
    checks = checked(make_predictions(thresholds=loose), thresholds=loose)
    assert failed(checks) >= {"counterfeit.promised_rate", "counterfeit.promised_confidence"}
    assert checks["counterfeit.promised_rate"].detail == (
        "counterfeit: promised false-action rate 0.5 is above 0.01 by 0.49"
    )


def test_more_false_actions_than_the_house_allows_fail_though_the_bundle_allowed_itself_more() -> None:
    loose = dict.fromkeys(Head, Thresholds(0.4, 0.5, Guarantee(0.5, 0.95, 1000)))
    some = changed(make_predictions(thresholds=loose), action_N=np.full(len(make_predictions()), "act"))
    assert "counterfeit.false_action_rate" in failed(checked(some, thresholds=loose))


def test_a_model_that_knows_nothing_fails() -> None:
    assert failed(checked(make_predictions(skill=0.01))) >= {"counterfeit.roc_auc", "low_quality.roc_auc"}


def test_too_few_test_listings_prove_nothing() -> None:
    checks = checked(make_predictions(shops=3))
    check = checks["counterfeit.support"]
    assert not check.passed
    assert check.detail.startswith("counterfeit: test listings with the rarer answer")


def test_slices_too_small_to_be_measured_are_said_to_be() -> None:
    checks = checked(make_predictions(shops=4))
    assert checks["counterfeit.worst_slice"].value is None
    assert "no slice has enough test listings" in checks["counterfeit.worst_slice"].detail


def test_slow_verdicts_and_other_golden_outputs_fail() -> None:
    checks = checked(make_predictions(), latency_ms=1500, golden_ok=False)
    assert failed(checks) == {"latency", "golden"}
    assert "is above 1000 by 500" in checks["latency"].detail


def test_a_head_without_labels_is_left_out_and_no_labels_at_all_fail() -> None:
    some = make_predictions()
    unknown = np.full(len(some), -1)
    heads = {**some.heads, Head.LOW_QUALITY: replace(some.heads[Head.LOW_QUALITY], label_N=unknown)}
    unlabelled = Predictions(some.listing_N, some.shop_N, heads, some.slices)
    silent = checked(unlabelled, thresholds={**ACTING, Head.LOW_QUALITY: WATCHING[Head.LOW_QUALITY]})
    assert not failed(silent)
    assert not any(name.startswith("low_quality") for name in silent)
    acting = checked(unlabelled)
    assert failed(acting) == {"low_quality.support"}
    assert "acts by itself" in acting["low_quality.support"].detail
    assert "labels" in failed(checked(changed(some, label_N=unknown)))


def test_pairing_makes_a_difference_narrower_than_the_measures_it_is_of() -> None:
    first, second = make_predictions(seed=0), make_predictions(seed=1)
    found = differences(first, second, replicates=300)[Head.COUNTERFEIT]["pr_auc"]
    alone = report(first, thresholds=ACTING, replicates=300)["heads"]["counterfeit"]["pr_auc"]
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low < 1.3 * (alone["high"] - alone["low"])


def test_differences_need_common_listings_and_labels() -> None:
    some = make_predictions(unlabelled=0)
    with pytest.raises(ValueError, match="no listing in common"):
        differences(some, some.take(np.zeros(len(some), dtype=bool)))
    other = changed(some, label_N=1 - some.heads[Head.COUNTERFEIT].label_N)
    with pytest.raises(ValueError, match="disagree on labels of counterfeit"):
        differences(some, other)


def test_a_category_that_breaks_its_own_promise_fails_and_is_named() -> None:
    some = make_predictions(shops=150, thresholds=BY_CATEGORY)
    sound = checked(some, thresholds=BY_CATEGORY)
    assert sound["counterfeit.worst_promised_category"].passed
    answers = some.heads[Head.COUNTERFEIT]
    action_N = np.where((some.slices["category"] == "a") & (answers.logit_N > -3), "act", answers.action_N)
    check = checked(changed(some, action_N=action_N), thresholds=BY_CATEGORY)["counterfeit.worst_promised_category"]
    assert not check.passed
    assert "worst of 1 categories with a promise, a," in check.detail


def test_a_head_that_acts_in_one_category_only_is_held_to_what_acting_asks() -> None:
    (acting,) = BY_CATEGORY[Head.COUNTERFEIT].groups.items()
    partly = dict.fromkeys(Head, Thresholds(0.4, None, Guarantee(0.01, 0.95, 0, "none"), dict([acting])))
    checks = checked(make_predictions(thresholds=partly), thresholds=partly, config=replace(QUICK, recall_at_bound=0.9))
    assert "counterfeit.recall_at_bound" in failed(checks)
    assert "counterfeit.promised_rate" in checks
