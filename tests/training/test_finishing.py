from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from training.data.parts import UNKNOWN
from training.finishing import Floats, Promise, calibrated, head_thresholds
from trueshelf.models.verdict import Action

PROMISE = Promise(alpha=0.01, confidence=0.95, review_capacity=0.05, by_category=True)


def test_a_head_without_both_answers_never_acts_and_never_asks_for_review() -> None:
    thresholds = head_thresholds(np.linspace(0, 1, 50), np.full(50, -1), [None] * 50, PROMISE, categories=[None] * 50)
    assert {thresholds.action(probability) for probability in (0.0, 0.5, 1.0)} == {Action.PASS}
    assert "labels" in str(thresholds.guarantee.why_not)


def test_a_head_with_both_answers_has_a_review_threshold() -> None:
    answers_N = np.array([0, 1] * 25)
    thresholds = head_thresholds(np.linspace(0, 1, 50), answers_N, [None] * 50, PROMISE, categories=[None] * 50)
    assert thresholds.action(1.0) is Action.REVIEW
    assert thresholds.action(0.1) is Action.PASS


def test_a_category_with_enough_sellers_has_its_own_threshold_unless_it_is_not_wanted() -> None:
    answers_N = np.array([0] * 800 + [1] * 20)
    categories = ["bags"] * 400 + ["hats"] * 420
    sellers = [f"seller {row}" for row in range(820)]
    found = [
        head_thresholds(
            np.linspace(0, 1, 820), answers_N, sellers, replace(PROMISE, by_category=wanted), categories=categories
        )
        for wanted in (True, False)
    ]
    assert [set(each.groups) for each in found] == [{"bags", "hats"}, set()]


def gathered(count: int, share: float, seed: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Logits and answers of independent listings, a tenth of them without an answer."""
    random = np.random.default_rng(seed)
    yes_N = random.random(count) < share
    logits_N = (2.0 * (random.normal(size=count) + 1.5 * yes_N)).astype(np.float32)
    return logits_N, np.where(random.random(count) < 0.1, UNKNOWN, yes_N)


def test_the_prevalence_moves_the_act_threshold_and_not_what_is_acted_upon() -> None:
    logits_N, answers_N = gathered(4_000, 0.2, 0)
    fresh_N, _ = gathered(4_000, 0.2, 1)
    acts, acted = [], []
    for prevalence in (None, 0.02):
        calibrator = calibrated(logits_N, answers_N, prevalence)
        thresholds = head_thresholds(
            calibrator(logits_N),
            answers_N,
            [None] * 4_000,
            PROMISE,
            categories=[None] * 4_000,
            prevalence=prevalence,
        )
        acts.append(thresholds.act)
        acted.append([thresholds.action(each) is Action.ACT for each in calibrator(fresh_N).tolist()])
    assert acts[0] is not None
    assert acts[1] is not None
    assert acts[1] < acts[0] - 0.1
    assert acted[0] == acted[1]
    assert any(acted[0])


def test_people_can_review_a_share_of_the_field_and_not_of_the_dataset() -> None:
    logits_N, answers_N = gathered(20_000, 0.2, 0)
    field_N, _ = gathered(20_000, 0.02, 1)
    reviewed = []
    for prevalence in (None, 0.02):
        calibrator = calibrated(logits_N, answers_N, prevalence)
        thresholds = head_thresholds(
            calibrator(logits_N),
            answers_N,
            [None] * 20_000,
            PROMISE,
            categories=[None] * 20_000,
            prevalence=prevalence,
        )
        actions = [thresholds.action(each) for each in calibrator(field_N).tolist()]
        reviewed.append(actions.count(Action.REVIEW) / len(actions))
    assert reviewed[1] == pytest.approx(PROMISE.review_capacity, rel=0.1)
    assert reviewed[0] < 0.6 * PROMISE.review_capacity
