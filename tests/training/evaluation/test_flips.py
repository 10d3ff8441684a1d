import numpy as np
import pytest

from training.evaluation.flips import flips
from training.testing import make_predictions
from trueshelf.listings import Head
from trueshelf.models.verdict import Action


def test_every_other_action_is_counted_and_those_at_the_bound_apart() -> None:
    first, second = make_predictions(), make_predictions()
    answers = second.heads[Head.COUNTERFEIT]
    acted, passed = np.flatnonzero(answers.acted), np.flatnonzero(answers.action_N == Action.PASS.value)
    answers.action_N[acted[:3]] = Action.REVIEW.value
    answers.action_N[passed[:4]] = Action.REVIEW.value
    answers.probability_N[passed[0]] += 0.25
    found = flips(first, second)
    assert (found["counterfeit"]["flips"], found["counterfeit"]["flips_at_act"]) == (7, 3)
    assert found["counterfeit"]["largest_difference"] == pytest.approx(0.25)
    assert found["counterfeit"]["median_difference"] == 0
    assert found["low_quality"]["flips"] == 0


def test_only_listings_that_both_judged_are_compared() -> None:
    first = make_predictions()
    some = first.take(np.arange(10))
    assert flips(first, some)["counterfeit"]["listings"] == 10
    with pytest.raises(ValueError, match="no listing in common"):
        flips(some, first.take(np.arange(10, 20)))
