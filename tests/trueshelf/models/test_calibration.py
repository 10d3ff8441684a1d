import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from trueshelf.models.calibration import Calibrator
from trueshelf.models.prevalence import Prevalence

Floats = npt.NDArray[np.float64]


def answers(log_odds_N: Floats, seed: int) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(seed).random(len(log_odds_N)) < 1 / (1 + np.exp(-log_odds_N))


@given(
    st.floats(1e-3, 20),
    st.floats(1e-3, 20),
    st.floats(-10, 10),
    st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=30),
)
def test_it_never_changes_the_order_and_gives_probabilities(
    low: float, high: float, offset: float, logits: list[float]
) -> None:
    calibrator = Calibrator(low, high, offset)
    probability_N = calibrator(sorted(logits))
    assert (np.diff(probability_N) >= 0).all()
    assert ((probability_N >= 0) & (probability_N <= 1)).all()


@given(st.floats(0.05, 5), st.floats(0.05, 5), st.floats(-3, 3))
def test_it_strictly_increases_where_probabilities_are_not_saturated(low: float, high: float, offset: float) -> None:
    assert (np.diff(Calibrator(low, high, offset)(np.linspace(-5, 5, 101))) > 0).all()


@given(st.floats(-1e3, 1e3))
def test_the_identity_is_the_logistic_function_and_its_log_odds_stay_finite(logit: float) -> None:
    assert Calibrator()([logit])[0] == pytest.approx(np.exp(-np.logaddexp(0, -logit)), rel=1e-9, abs=1e-300)
    assert Calibrator().log_odds([logit])[0] == pytest.approx(logit, abs=1e-9)


def test_fitting_undoes_overconfidence_that_differs_below_and_above_zero() -> None:
    true_N = np.random.default_rng(1).normal(-1, 2, 20_000)
    seen_N = np.where(true_N > 0, 3 * true_N, 0.7 * true_N)
    calibrator = Calibrator.fit(seen_N, answers(true_N, seed=2))
    expected_N = 1 / (1 + np.exp(-true_N))
    assert np.abs(calibrator(seen_N) - expected_N).mean() < 0.02
    assert calibrator.note == ""


def test_with_few_positives_it_is_platt_scaling() -> None:
    logit_N = np.random.default_rng(3).normal(-1.5, 2, 60)
    positive_N = answers(logit_N - 1.5, seed=4)
    assert 0 < positive_N.sum() < 15
    calibrator = Calibrator.fit(logit_N, positive_N)
    assert calibrator.low == calibrator.high

    yes, no = positive_N.sum(), (~positive_N).sum()
    target_N = np.where(positive_N, (yes + 1) / (yes + 2), 1 / (no + 2))
    reference = LogisticRegression(C=1e6, tol=1e-10).fit(
        np.repeat(logit_N, 2)[:, None], np.tile([1, 0], 60), sample_weight=np.stack([target_N, 1 - target_N], 1).ravel()
    )
    assert calibrator.high == pytest.approx(reference.coef_[0, 0], rel=1e-2)
    assert calibrator.offset == pytest.approx(reference.intercept_[0], rel=1e-2)


def test_separable_answers_keep_finite_slopes() -> None:
    calibrator = Calibrator.fit(np.concatenate([np.full(40, -8.0), np.full(40, 8.0)]), np.arange(80) >= 40)
    assert 0.9 < calibrator([8.0])[0] < 1
    assert 0 < calibrator([-8.0])[0] < 0.1


@pytest.mark.parametrize("answer", [True, False])
def test_answers_of_one_kind_leave_the_logits_alone_and_say_so(answer: bool) -> None:
    calibrator = Calibrator.fit([0.3, -1.0, 2.0], [answer] * 3)
    assert (calibrator.low, calibrator.high, calibrator.offset) == (1, 1, 0)
    assert "not calibrated" in calibrator.note


def test_logits_that_rank_backwards_give_a_nearly_constant_probability_and_a_note() -> None:
    logit_N = np.random.default_rng(5).normal(0, 2, 400)
    positive_N = answers(-2 * logit_N, seed=6)
    calibrator = Calibrator.fit(logit_N, positive_N)
    assert "do not rank" in calibrator.note
    assert np.allclose(calibrator(logit_N), positive_N.mean(), atol=0.02)
    assert (np.diff(calibrator(np.sort(logit_N))) > 0).all()


@given(st.integers(0, 10_000))
def test_calibrating_never_hurts_the_set_it_was_fitted_on(seed: int) -> None:
    random = np.random.default_rng(seed)
    logit_N = random.normal(random.normal(), 1 + random.random() * 3, 300)
    positive_N = answers(random.normal() + random.random() * 2 * logit_N, seed)
    if positive_N.all() or not positive_N.any():
        return
    before = log_loss(positive_N, np.clip(Calibrator()(logit_N), 1e-12, 1 - 1e-12))
    after = log_loss(positive_N, np.clip(Calibrator.fit(logit_N, positive_N)(logit_N), 1e-12, 1 - 1e-12))
    assert after <= before + 0.01


def test_it_survives_storage() -> None:
    calibrator = Calibrator(0.7, 2.5, -0.1, "a note")
    assert Calibrator.from_dict(calibrator.to_dict()) == calibrator


@pytest.mark.parametrize(
    "stored",
    [{}, {"low": 1, "high": 1}, {"low": 0, "high": 1, "offset": 0}, {"low": 1, "high": 1, "offset": float("nan")}],
)
def test_what_describes_no_calibrator_is_refused(stored: dict[str, float | str]) -> None:
    with pytest.raises(ValueError, match="calibrator"):
        Calibrator.from_dict(stored)


def test_logits_that_are_not_finite_or_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 logits are not finite"):
        Calibrator.fit([0.0, np.nan], [True, False])
    with pytest.raises(ValueError, match="do not match"):
        Calibrator.fit([0.0, 1.0], [True])


def market(count: int, share: float, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Logits and answers; whatever the share of yes, listings of either kind look alike."""
    random = np.random.default_rng(seed)
    positive_N = random.random(count) < share
    return 2.5 * (random.normal(size=count) + 2 * positive_N) - 1, positive_N


def test_moved_to_the_prevalence_of_the_field_it_is_right_there() -> None:
    fitted = Calibrator.fit(*market(40_000, 0.2, 0))
    moved = fitted.at_prevalence(0.02)
    logit_N, positive_N = market(200_000, 0.02, 1)
    assert moved(logit_N).mean() == pytest.approx(positive_N.mean(), rel=0.05)
    assert fitted(logit_N).mean() > 1.8 * positive_N.mean()
    for low, high in ((0.05, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        inside_N = (moved(logit_N) >= low) & (moved(logit_N) < high)
        error = np.sqrt(0.25 / inside_N.sum())
        assert moved(logit_N)[inside_N].mean() == pytest.approx(positive_N[inside_N].mean(), abs=0.02 + 3 * error)


def test_it_says_what_prevalence_it_is_for() -> None:
    fitted = Calibrator.fit(*market(400, 0.2, 0))
    assert fitted.prevalence == Prevalence(float(market(400, 0.2, 0)[1].mean()))
    assert fitted.at_prevalence(0.02).prevalence == Prevalence(0.02, stated=True)
    assert Calibrator.from_dict(fitted.at_prevalence(0.02).to_dict()) == fitted.at_prevalence(0.02)


def test_moved_to_its_own_prevalence_or_there_and_back_it_stays_as_it_is() -> None:
    fitted = Calibrator.fit(*market(400, 0.2, 0))
    assert fitted.prevalence is not None
    own = fitted.prevalence.share
    assert fitted.at_prevalence(own).offset == fitted.offset
    assert fitted.at_prevalence(0.01).at_prevalence(own).offset == pytest.approx(fitted.offset)


def test_one_of_unknown_prevalence_is_not_moved() -> None:
    assert Calibrator(0.7, 2.5, -0.1).at_prevalence(0.02) == Calibrator(0.7, 2.5, -0.1)
    assert "prevalence" not in Calibrator().to_dict()
    uncalibrated = Calibrator.fit([0.0, 1.0], [True, True])
    assert uncalibrated.at_prevalence(0.02) == uncalibrated
