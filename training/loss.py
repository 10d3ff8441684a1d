"""What the fusion network is taught by: a weighted loss over the known answers, which wrong ones need not dominate.

Shapes: B listings of a batch, H heads.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from training.data.parts import UNKNOWN


@dataclass(frozen=True, slots=True)
class Loss:
    """Cross-entropy, softened against wrong answers.

    Attributes:
        smoothing: how far targets are drawn in from 0 and 1 towards a half (Szegedy et al. 2016).
        robustness: q of generalised cross-entropy, (1 - p^q) / q with p the probability of the given answer (Zhang &
            Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels", 2018); 0 is
            cross-entropy, 1 the mean absolute error.
    """

    smoothing: float = 0.0
    robustness: float = 0.0

    def __call__(self, logits_BH: Tensor, answers_BH: Tensor, weights_BH: Tensor) -> Tensor:
        """The sum over all known answers, each by its weight."""
        yes_BH = answers_BH.clamp_min(0).float()
        target_BH = yes_BH * (1 - self.smoothing) + self.smoothing / 2
        if self.robustness:
            losses_BH = target_BH * self._bent(logits_BH) + (1 - target_BH) * self._bent(-logits_BH)
        else:
            losses_BH = binary_cross_entropy_with_logits(logits_BH, target_BH, reduction="none")
        return (losses_BH * weights_BH * (answers_BH != UNKNOWN)).sum()

    def _bent(self, logits_BH: Tensor) -> Tensor:
        """The loss where the answer is yes; the power is taken of the logarithm, whose gradient stays finite."""
        return (1 - (self.robustness * logsigmoid(logits_BH)).exp()) / self.robustness
