import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from training.evaluation.metrics import Curve, Ranking, average_precision, rate

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
    assert rate(score > 0.5, positive, weight[None])[0] == pytest.approx((more_score > 0.5)[more_positive].mean())


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


@given(samples(), st.floats(0, 1))
def test_recall_at_a_share_takes_of_equal_scores_the_average_one(sample: Sample, share: float) -> None:
    positive, score = repeated(sample)
    room = share * len(score)
    expected = 0.0
    for one in np.unique(score)[::-1]:
        tied = score == one
        taken = min(room, tied.sum())
        expected += taken * positive[tied].mean()
        room -= taken
    assert curve(*sample).recall_at_share(share)[0] == pytest.approx(expected / positive.sum(), abs=1e-9)


def test_recall_at_a_share_without_positives_is_undefined() -> None:
    for count in (0, 3):
        none = np.zeros(count, dtype=bool)
        assert np.isnan(curve(none, np.arange(count) / 3, np.ones(count)).recall_at_share(0.5)[0])


@given(samples(), st.sampled_from([0.005, 0.066, 0.5]))
def test_a_ranking_at_another_prevalence_is_that_of_thinned_listings(sample: Sample, prevalence: float) -> None:
    positive, score, weight = sample
    thinned = weight * np.where(
        positive, prevalence / weight[positive].sum(), (1 - prevalence) / weight[~positive].sum()
    )
    moved, direct = curve(*sample).at_prevalence(prevalence), curve(positive, score, thinned)
    assert moved.pr_auc()[0] == pytest.approx(direct.pr_auc()[0])
    assert moved.recall_at_share(0.05)[0] == pytest.approx(direct.recall_at_share(0.05)[0])
    assert moved.roc_auc()[0] == pytest.approx(curve(*sample).roc_auc()[0])
