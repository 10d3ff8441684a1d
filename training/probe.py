"""A linear probe: logistic regression on an encoder's frozen embeddings.

Shapes: N photos, D dimensions of an embedding, K heads.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from training.data.parts import UNKNOWN

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Probe:
    """A linear classifier of standardised embeddings: (embedding - mean) / spread · weight + bias."""

    mean_D: Floats
    spread_D: Floats
    weight_KD: Floats
    bias_K: Floats

    @classmethod
    def fit(cls, embeddings_ND: Floats, answers_NK: Ints, *, penalty: float) -> "Probe":
        """Logistic regression of each head on standardised dimensions; a head without both answers has no weight.

        Args:
            penalty: inverse strength of the ridge.
        """
        mean_D, spread_D = embeddings_ND.mean(axis=0), embeddings_ND.std(axis=0) + 1e-3
        heads = answers_NK.shape[1]
        weight_KD, bias_K = np.zeros((heads, len(mean_D)), dtype=np.float32), np.zeros(heads, dtype=np.float32)
        for head, answers_N in enumerate(answers_NK.T):
            known_N = answers_N != UNKNOWN
            if len(np.unique(answers_N[known_N])) == 2:
                model = LogisticRegression(C=penalty, max_iter=1000)
                model.fit((embeddings_ND[known_N] - mean_D) / spread_D, answers_N[known_N])
                weight_KD[head], bias_K[head] = model.coef_[0], model.intercept_[0]
        return cls(mean_D, spread_D, weight_KD, bias_K)

    def __call__(self, embeddings_ND: Floats) -> Floats:
        """Logits [N,K]."""
        logits_NK = (embeddings_ND - self.mean_D) / self.spread_D @ self.weight_KD.T + self.bias_K
        return logits_NK.astype(np.float32)
