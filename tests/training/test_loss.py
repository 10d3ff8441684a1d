import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from training.loss import Loss

LOGITS = torch.tensor([[2.0, -1.0], [-30.0, 4.0]])
ANSWERS = torch.tensor([[1, 0], [1, -1]])
ALL = torch.ones(2, 2)


def test_unknown_answers_count_nothing_and_the_others_by_their_weight() -> None:
    weights = torch.tensor([[1.0, 0.5], [0.0, 9.0]])
    expected = np.logaddexp(0, -2) + 0.5 * np.logaddexp(0, -1)
    assert float(Loss()(LOGITS, ANSWERS, weights)) == pytest.approx(expected, rel=1e-6)


@given(st.floats(-20, 20), st.sampled_from([0, 1]))
def test_with_little_robustness_it_is_cross_entropy_and_with_all_of_it_the_absolute_error(
    logit: float, answer: int
) -> None:
    logits, answers, one = torch.tensor([[logit]]), torch.tensor([[answer]]), torch.ones(1, 1)
    cross_entropy = float(binary_cross_entropy_with_logits(logits, answers.float()))
    assert float(Loss(robustness=1e-3)(logits, answers, one)) == pytest.approx(cross_entropy, rel=0.02, abs=1e-3)
    wrong = abs(answer - float(torch.sigmoid(logits)))
    assert float(Loss(robustness=1.0)(logits, answers, one)) == pytest.approx(wrong, abs=1e-5)


@pytest.mark.parametrize("loss", [Loss(robustness=0.5), Loss(smoothing=0.1), Loss(smoothing=0.1, robustness=0.7)])
def test_an_answer_that_is_surely_wrong_weighs_less_and_gradients_stay_finite(loss: Loss) -> None:
    logits = LOGITS.clone().requires_grad_()
    loss(logits, ANSWERS, ALL).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert abs(float(logits.grad[1, 0])) < 0.96
