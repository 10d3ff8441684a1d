import numpy as np
import pytest

from training.data.parts import UNKNOWN
from training.data.prevalence import field_weights, prevalence_of
from trueshelf.listings import Head


def test_heads_that_are_not_named_are_not_in_the_table() -> None:
    assert prevalence_of(["counterfeit=0.02"]) == {Head.COUNTERFEIT: 0.02}
    assert prevalence_of([]) == {}


@pytest.mark.parametrize("wrong", ["fakes=0.2", "counterfeit", "counterfeit=few", "counterfeit=0", "counterfeit=nan"])
def test_what_is_no_entry_is_said(wrong: str) -> None:
    with pytest.raises(ValueError, match="prevalence"):
        prevalence_of([wrong])


def test_weighted_listings_have_the_stated_share_and_add_up_to_their_number() -> None:
    answers_N = np.array([1] * 20 + [0] * 80)
    weight_N = field_weights(answers_N, np.full(100, 0.5), 0.02)
    assert weight_N is not None
    assert weight_N[answers_N == 1].sum() / weight_N.sum() == pytest.approx(0.02)
    assert weight_N.sum() == pytest.approx(100)


def test_a_listing_without_an_answer_counts_by_what_it_is_expected_to_be() -> None:
    answers_N = np.array([1] * 20 + [0] * 80 + [UNKNOWN] * 3)
    odds_in_the_dataset = 1.0
    probability = 1 / (1 + 1 / (odds_in_the_dataset * (0.02 / 0.98) / (20 / 80)))
    weight_N = field_weights(answers_N, np.array([0.5] * 100 + [0.0, probability, 1.0]), 0.02)
    assert weight_N is not None
    low, middle, high = weight_N[100:]
    assert (low, high) == (pytest.approx(weight_N[99]), pytest.approx(weight_N[0]))
    assert middle == pytest.approx((low + high) / 2)


def test_without_both_answers_there_are_no_weights() -> None:
    assert field_weights(np.array([0, 0, UNKNOWN]), np.zeros(3), 0.02) is None
