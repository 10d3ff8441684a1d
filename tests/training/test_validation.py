import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss

from training.validation import mean_loss, mean_pr_auc

LOGITS_NH = np.array([[2.0, -1.0], [-1.0, 0.5], [0.5, 1.0], [0.7, -2.0]], dtype=np.float32)
ANSWERS_NH = np.array([[1, -1], [0, 1], [1, 1], [0, 0]])


def test_unknown_answers_are_in_no_measure() -> None:
    first, second = (ANSWERS_NH[:, 0], LOGITS_NH[:, 0]), (ANSWERS_NH[1:, 1], LOGITS_NH[1:, 1])
    expected = np.mean([average_precision_score(*each) for each in (first, second)])
    assert mean_pr_auc(LOGITS_NH, ANSWERS_NH) == pytest.approx(expected)
    answers = np.concatenate([first[0], second[0]])
    probabilities = 1 / (1 + np.exp(-np.concatenate([first[1], second[1]])))
    assert mean_loss(LOGITS_NH, ANSWERS_NH) == pytest.approx(log_loss(answers, probabilities), rel=1e-5)


def test_without_answers_there_is_nothing_to_score() -> None:
    assert mean_pr_auc(LOGITS_NH, np.full((4, 2), -1)) == 0
    assert mean_loss(LOGITS_NH, np.full((4, 2), -1)) == 0
