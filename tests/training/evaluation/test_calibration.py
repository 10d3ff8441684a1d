import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from training.evaluation.calibration import (
    brier,
    calibration_error,
    equal_mass_bins,
    ks_error,
    tail_error,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MEASURES = (brier, calibration_error, ks_error, tail_error)


def answers(count: int, *, seed: int = 0, surer: float = 0.0) -> tuple[Bools, Floats]:
    """Labels drawn from the true probabilities, and probabilities whose log-odds are too large by `surer`."""
    random = np.random.default_rng(seed)
    true = random.beta(0.4, 0.8, count)
    return random.random(count) < true, 1 / (1 + (1 - true) / true * np.exp(-surer))


@st.composite
def weighted(draw: st.DrawFn) -> tuple[Bools, Floats, Floats]:
    count, seed = draw(st.integers(1, 300)), draw(st.integers(0, 1000))
    positive, probability = answers(count, seed=seed)
    if draw(st.booleans()):
        probability = np.round(probability, 1)
    weight = np.random.default_rng(seed).integers(0, 4, count)
    weight[0] += 1
    return positive, probability, weight.astype(float)


@given(weighted())
def test_weights_count_like_repeated_listings(sample: tuple[Bools, Floats, Floats]) -> None:
    positive, probability, weight = sample
    times = weight.astype(int)
    more = np.repeat(positive, times), np.repeat(probability, times)
    ones = np.ones((1, len(more[0])))
    assert brier(positive, probability, weight[None])[0] == pytest.approx(brier_score_loss(*more))
    assert ks_error(positive, probability, weight[None])[0] == pytest.approx(ks_error(more[0], more[1], ones)[0])
    one_bin = calibration_error(positive, probability, weight[None], bins=1)[0]
    assert one_bin == pytest.approx(calibration_error(more[0], more[1], ones, bins=1)[0])


@given(weighted())
def test_order_changes_no_measure(sample: tuple[Bools, Floats, Floats]) -> None:
    positive, probability, weight = sample
    order = np.random.default_rng(1).permutation(len(positive))
    for measure in MEASURES:
        np.testing.assert_allclose(
            measure(positive[order], probability[order], weight[None, order]),
            measure(positive, probability, weight[None]),
            atol=1e-12,
        )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=400, unique=True))
def test_bins_hold_about_as_many_each_and_keep_the_order(probabilities: list[float]) -> None:
    bins = equal_mass_bins(np.array(probabilities))
    sizes = np.bincount(bins)
    assert len(sizes) == max(1, min(15, len(probabilities) // 20))
    assert sizes.max() - sizes.min() <= 2
    assert (np.diff(bins[np.argsort(probabilities)]) >= 0).all()


def test_equal_probabilities_share_a_bin() -> None:
    assert len(set(equal_mass_bins(np.array([0.1] * 50 + [0.9] * 50))[:50].tolist())) == 1


def test_calibration_error_is_what_it_says() -> None:
    probability = np.repeat([0.2, 0.8], 100)
    positive = np.concatenate([np.arange(100) < 30, np.arange(100) < 80])
    assert calibration_error(positive, probability, np.ones((1, 200)))[0] == pytest.approx(0.05)


def test_calibration_error_of_a_calibrated_head_shrinks_with_the_sample() -> None:
    random = np.random.default_rng(0)
    probability = random.random(20_000)
    positive = random.random(20_000) < probability
    assert calibration_error(positive, probability, np.ones((1, 20_000)))[0] < 0.015


@given(weighted())
def test_without_bins_the_error_lies_between_the_overall_error_and_the_mean_distance(
    sample: tuple[Bools, Floats, Floats],
) -> None:
    positive, probability, weight = sample
    error = ks_error(positive, probability, weight[None])[0]
    assert abs(weight @ (positive - probability)) / weight.sum() <= error + 1e-12
    assert error <= weight @ np.abs(positive - probability) / weight.sum() + 1e-12


def test_without_bins_a_calibrated_head_has_an_error_that_shrinks_with_the_sample() -> None:
    small, large = (ks_error(*answers(count), np.ones((1, count)))[0] for count in (400, 40_000))
    assert large < 0.01 < 0.05
    assert large < small < 0.05


def test_without_bins_the_error_of_a_head_that_is_too_sure_is_how_much_it_is_on_average() -> None:
    positive, probability = answers(40_000, surer=1.0)
    assert ks_error(positive, probability, np.ones((1, 40_000)))[0] == pytest.approx(
        float(np.mean(probability - positive)), abs=0.005
    )


def test_error_above_a_high_probability_sees_what_the_others_hardly_do() -> None:
    positive, probability = answers(20_000)
    rarely = np.random.default_rng(2).random(20_000) < 0.15
    wrong = positive & ~((probability > 0.8) & rarely)
    ones = np.ones((1, 20_000))
    assert tail_error(positive, probability, ones)[0] == pytest.approx(0, abs=0.02)
    assert tail_error(wrong, probability, ones)[0] > 0.12
    assert ks_error(wrong, probability, ones)[0] < 0.05
    assert tail_error(positive, np.minimum(probability, 0.81), ones)[0] < -0.1


def test_error_above_a_high_probability_needs_support() -> None:
    ones = np.ones((1, 19))
    assert np.isnan(tail_error(np.ones(19, dtype=bool), np.full(19, 0.9), ones)[0])
    enough = tail_error(np.ones(20, dtype=bool), np.full(20, 0.9), np.ones((1, 20)))[0]
    assert enough == pytest.approx(-0.1)


def test_of_nothing_there_is_no_error() -> None:
    nothing = np.empty(0, dtype=bool), np.empty(0), np.empty((2, 0))
    for measure in MEASURES:
        assert np.isnan(measure(*nothing)).all()
