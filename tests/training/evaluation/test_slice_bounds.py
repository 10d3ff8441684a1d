from dataclasses import replace

import numpy as np
import pytest

from training.evaluation.gate import GATE
from training.evaluation.predictions import Predictions
from training.evaluation.slice_bounds import slice_bounds
from training.evaluation.slices import Support
from training.testing import make_predictions
from trueshelf.listings import Head
from trueshelf.models.verdict import Action

HEAD = Head.COUNTERFEIT


def worst_fall(candidate: Predictions, champion: Predictions) -> tuple[float, str]:
    """The lowest upper end of a difference in ROC-AUC, and the slice that it is of."""
    ends = slice_bounds(candidate, champion, HEAD, replicates=200)["roc_auc"]
    return min((each.high, name) for name, each in ends.items())


def spoilt(predictions: Predictions, column: str, value: str, *, by: float) -> Predictions:
    """The same with so much noise in the logits of one slice."""
    answers = predictions.heads[HEAD]
    noise_N = by * np.random.default_rng(5).normal(size=len(answers))
    weak_N = predictions.slices[column] == value
    heads = {**predictions.heads, HEAD: replace(answers, logit_N=answers.logit_N + weak_N * noise_N)}
    return Predictions(predictions.listing_N, predictions.shop_N, heads, predictions.slices)


def test_models_of_the_same_skill_are_rarely_told_apart_in_any_slice() -> None:
    """18 slices each; without a margin a twentieth of the pairs may be, with the gate's hardly any."""
    falls = [
        worst_fall(make_predictions(skill=2, seed=2 * seed), make_predictions(skill=2, seed=2 * seed + 1))[0]
        for seed in range(80)
    ]
    assert np.mean(np.array(falls) < 0) <= 0.1
    assert np.mean(np.array(falls) < -GATE.slice_roc_auc_margin) <= 0.03


def test_a_real_fall_in_one_slice_is_caught_and_named() -> None:
    champion = [make_predictions(skill=3, seed=2 * seed, shops=150) for seed in range(10)]
    found = [
        worst_fall(spoilt(make_predictions(skill=3, seed=2 * seed + 1, shops=150), "brand", "b", by=12), each)
        for seed, each in enumerate(champion)
    ]
    caught = [name for high, name in found if high < -GATE.slice_roc_auc_margin]
    assert len(caught) >= 9
    assert set(caught) == {"brand b"}


def test_more_false_actions_in_one_slice_are_told_at_both_ends() -> None:
    champion = make_predictions(shops=150)
    answers = champion.heads[HEAD]
    reckless_N = np.where(champion.slices["language"] == "c", Action.ACT.value, answers.action_N)
    heads = {**champion.heads, HEAD: replace(answers, action_N=reckless_N)}
    candidate = Predictions(champion.listing_N, champion.shop_N, heads, champion.slices)
    alone = slice_bounds(candidate, None, HEAD, replicates=200)["false_action_rate"]
    beside = slice_bounds(candidate, champion, HEAD, replicates=200)["false_action_rate"]
    assert alone["language c"].low == 1
    assert max(beside, key=lambda name: beside[name].low) == "language c"
    assert beside["language a"].low <= 0


@pytest.mark.parametrize("shops", [4, 60])
def test_slices_need_listings_and_shops(shops: int) -> None:
    some = make_predictions(shops=shops)
    found = slice_bounds(some, None, HEAD, support=Support(listings=1, positives=1, negatives=1), replicates=50)
    assert bool(found["roc_auc"]) == (shops == 60)
    assert not slice_bounds(some, None, HEAD, support=Support(listings=10_000), replicates=50)["roc_auc"]
