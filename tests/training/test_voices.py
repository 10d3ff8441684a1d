import numpy as np
import pytest
from scipy.sparse import csr_array

from training.evaluation.metrics import average_precision
from training.voices import voice

RNG = np.random.default_rng(0)
SELLER_N = np.repeat(np.arange(40), 6)
EQUAL_N = np.ones(240, dtype=np.float32)
YES_N = np.repeat(RNG.permutation(np.arange(40) < 20), 6)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_sellers_listings_are_told_by_models_that_have_not_seen_the_seller(sparse: bool) -> None:
    marks_ND = np.eye(40, dtype=np.float32)[SELLER_N]
    marks = csr_array(marks_ND) if sparse else marks_ND
    found = voice(marks, np.full(240, True), YES_N, SELLER_N, EQUAL_N, strength=10.0)
    by_heart_N = marks @ found.weight_D + found.bias
    assert average_precision(YES_N, by_heart_N) == 1
    assert average_precision(YES_N, found.unseen_N) < 0.7  # type: ignore[operator]


def test_what_holds_for_every_seller_is_heard() -> None:
    evidence_ND = (RNG.standard_normal((240, 3)) * 5 + 100).astype(np.float32)
    evidence_ND[:, 1] += 20 * YES_N
    found = voice(evidence_ND, np.full(240, True), YES_N, SELLER_N, EQUAL_N, strength=1.0)
    assert average_precision(YES_N, found.unseen_N) > 0.95  # type: ignore[operator]
    np.testing.assert_allclose((evidence_ND @ found.weight_D + found.bias > 0).mean(), YES_N.mean(), atol=0.1)


def test_a_listing_without_the_evidence_is_not_spoken_of() -> None:
    present_N = RNG.random(240) < 0.7
    found = voice(RNG.standard_normal((240, 3)).astype(np.float32), present_N, YES_N, SELLER_N, EQUAL_N, strength=1.0)
    assert (np.isnan(found.unseen_N) == ~present_N).all()


def test_too_little_to_learn_from_leaves_nothing_said() -> None:
    evidence_ND = RNG.standard_normal((240, 3)).astype(np.float32)
    for present_N, yes_N in ((np.full(240, False), YES_N), (np.full(240, True), np.full(240, True))):
        found = voice(evidence_ND, present_N, yes_N, SELLER_N, EQUAL_N, strength=1.0)
        assert not found.weight_D.any()
        assert found.bias == 0


def test_an_answer_that_is_not_trusted_is_not_learned() -> None:
    evidence_ND = (RNG.standard_normal((240, 3)) + 3 * YES_N[:, None]).astype(np.float32)
    wrong_N = RNG.random(240) < 0.45
    doubtful = voice(
        evidence_ND, np.full(240, True), YES_N ^ wrong_N, SELLER_N, (~wrong_N).astype(np.float32), strength=1.0
    )
    assert average_precision(YES_N, evidence_ND @ doubtful.weight_D) > 0.99  # type: ignore[operator]
