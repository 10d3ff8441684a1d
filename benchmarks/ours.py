"""What Trueshelf could be: its fusion network, gradient boosting over the same inputs, and both together.

Shapes: N listings, H heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.boosting import boosting
from benchmarks.peers import Floats, Peer, known
from benchmarks.seen import Seen
from trueshelf.models.bundle import Bundle
from trueshelf.models.fusion import Fusion

FUSION, BOOSTING, ENSEMBLE = "fusion network", "boosting on embeddings and signals", "ensemble of both"

_AT_ONCE = 64


def ours(bundle: Bundle, validation: Seen) -> dict[str, Peer]:
    """The three by name."""
    network = Network(bundle.fusion)
    return {FUSION: network, BOOSTING: boosting, ENSEMBLE: Stack((network, boosting), validation)}


@dataclass(frozen=True, slots=True)
class Network:
    """A bundle's network as it is: it was trained on the same training split."""

    fusion: Fusion

    def __call__(self, _: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
        return [self._scores(other)[:, head] for other in others]

    def _scores(self, seen: Seen) -> Floats:
        """[N, H] with all that each listing has."""
        starts = range(0, len(seen.features), _AT_ONCE)
        parts = [self.fusion(seen.features[start : start + _AT_ONCE])[:, 0] for start in starts]
        return np.concatenate(parts).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Stack:
    """Logistic regression on members' log odds, fitted on the validation split, which no member was fitted to."""

    members: Sequence[Peer]
    validation: Seen

    def __call__(self, train: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
        asked = [self.validation, *others]
        scores = [
            np.stack(each, axis=1)
            for each in zip(*(member(train, asked, head) for member in self.members), strict=True)
        ]
        rows = known(self.validation, head)
        stack = LogisticRegression().fit(scores[0][rows], self.validation.part.answers_NH[rows, head])
        return [stack.decision_function(each) for each in scores[1:]]
