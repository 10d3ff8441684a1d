"""How good a network's logits about the validation listings are, while it is trained.

Shapes: N listings, H heads.
"""

import numpy as np
import numpy.typing as npt
import torch

from training.data.parts import UNKNOWN
from training.evaluation.metrics import average_precision
from training.loss import Loss

Floats = npt.NDArray[np.float32]
Answers = npt.NDArray[np.int64]


def mean_loss(logits_NH: Floats, answers_NH: Answers) -> float:
    """The mean cross-entropy over known answers."""
    known_NH = (answers_NH != UNKNOWN).astype(np.float32)
    summed = Loss()(*map(torch.from_numpy, (logits_NH, answers_NH, known_NH)))
    return float(summed) / max(1.0, float(known_NH.sum()))


def mean_pr_auc(logits_NH: Floats, answers_NH: Answers) -> float:
    """The mean PR-AUC over the heads that have both answers; 0 where none has."""
    scores = []
    for logits_N, answers_N in zip(logits_NH.T, answers_NH.T, strict=True):
        known = answers_N != UNKNOWN
        value = average_precision(answers_N[known], logits_N[known])
        if value is not None:
            scores.append(value)
    return float(np.mean(scores)) if scores else 0.0
