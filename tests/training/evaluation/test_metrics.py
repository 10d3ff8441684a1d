import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, precision_recall_curve, roc_auc_score

from training.evaluation.metrics import (
    Curve,
    Ranking,
    average_precision,
    brier,
    calibration_error,
    equal_mass_bins,
    rate,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Sample = tuple[Bools, Floats, Floats]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Labels of both kinds, scores with ties, and whole-number weights that leave both kinds some weight."""
    count = draw(st.integers(2, 60))
    positive = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    distinct = draw(st.sampled_from([2, 5, 1000]))
    score = np.array(draw(st.lists(st.integers(0, distinct), min_size=count, max_size=count)), dtype=float) / distinct
    weight = np.array(draw(st.lists(st.integers(0, 4), min_size=count, max_size=count)), dtype=float)
    assume(weight[positive].sum() > 0 and weight[~positive].sum() > 0)
    return positive, score, weight


def curve(positive: Bools, score: Floats, weight: Floats) -> Curve:
    return Ranking.of(positive, score).curve(weight[None])


def repeated(sample: Sample) -> tuple[Bools, Floats]:
    positive, score, weight = sample
    return np.repeat(positive, weight.astype(int)), np.repeat(score, weight.astype(int))


@given(samples())
def test_roc_auc_is_scikit_learns_with_ties_and_weights(sample: Sample) -> None:
    assert curve(*sample).roc_auc()[0] == pytest.approx(roc_auc_score(*repeated(sample)))


@given(samples())
def test_pr_auc_is_scikit_learns_average_precision(sample: Sample) -> None:
    assert curve(*sample).pr_auc()[0] == pytest.approx(average_precision_score(*repeated(sample)))
    assert average_precision(*repeated(sample)) == pytest.approx(average_precision_score(*repeated(sample)))


@given(samples(), st.sampled_from([0.5, 0.75, 0.9, 1.0]))
def test_recall_at_precision_is_the_best_point_of_scikit_learns_curve(sample: Sample, least: float) -> None:
    precision, recall, _ = precision_recall_curve(*repeated(sample))
    expected = recall[precision >= least].max()
    assert curve(*sample).recall_at_precision(least)[0] == pytest.approx(expected)


@given(samples())
def test_weights_count_like_repeated_listings(sample: Sample) -> None:
    positive, score, weight = sample
    more_positive, more_score = repeated(sample)
    ones = np.ones((1, len(more_positive)))
    assert brier(positive, score, weight[None])[0] == pytest.approx(brier_score_loss(more_positive, more_score))
    assert rate(score > 0.5, positive, weight[None])[0] == pytest.approx((more_score > 0.5)[more_positive].mean())
    one_bin = calibration_error(positive, score, weight[None], bins=1)[0]
    assert one_bin == pytest.approx(calibration_error(more_positive, more_score, ones, bins=1)[0])


@given(samples(), st.integers(0, 100))
def test_many_weightings_at_once_are_each_by_itself(sample: Sample, seed: int) -> None:
    positive, score, _ = sample
    weight_RN = np.random.default_rng(seed).integers(0, 3, (7, len(positive))).astype(float)
    together, ranking = Ranking.of(positive, score).curve(weight_RN), Ranking.of(positive, score)
    for row, weight in enumerate(weight_RN):
        alone = ranking.curve(weight[None])
        np.testing.assert_allclose(together.roc_auc()[row], alone.roc_auc()[0])
        np.testing.assert_allclose(together.pr_auc()[row], alone.pr_auc()[0])


@given(samples())
def test_order_is_all_that_ranking_measures_see(sample: Sample) -> None:
    positive, score, weight = sample
    stretched = curve(positive, np.exp(3 * score), weight)
    assert stretched.roc_auc()[0] == pytest.approx(curve(*sample).roc_auc()[0])
    assert stretched.pr_auc()[0] == pytest.approx(curve(*sample).pr_auc()[0])


@pytest.mark.parametrize("positive", [[], [False, False], [True, True]])
def test_what_the_labels_do_not_define_is_nan(positive: list[bool]) -> None:
    labels, score = np.array(positive, dtype=bool), np.linspace(0, 1, len(positive))
    found = Ranking.of(labels, score).curve(np.ones((1, len(labels))))
    assert np.isnan(found.roc_auc()[0])
    if not any(positive):
        assert np.isnan(found.pr_auc()[0])
        assert np.isnan(found.recall_at_precision(0.9)[0])
        assert average_precision(labels, score) is None


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
