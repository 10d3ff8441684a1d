from dataclasses import replace

import numpy as np

from training.finishing import Promise, head_thresholds
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
