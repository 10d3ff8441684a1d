"""Listings as the network reads them, with their answers, a batch at a time.

Shapes: N listings, H heads, A further questions, B listings of a batch; the network's inputs as in
`trueshelf.models.network`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from training.data.parts import UNKNOWN
from trueshelf.models.fusion import Features, FeatureSizes, collate

Inputs = Mapping[str, npt.NDArray[Any]]
"""The network's named inputs for a batch, padded to its most photos and n-grams."""

Rows = Sequence[int] | npt.NDArray[np.integer[Any]]


class FeatureRows(Protocol):
    """The features of many listings, wherever they are kept."""

    def __len__(self) -> int: ...

    def batch(self, rows: Rows) -> Inputs:
        """The network's inputs for some listings, in the order asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """Features held in memory."""

    features: Sequence[Features]
    sizes: FeatureSizes

    def __len__(self) -> int:
        return len(self.features)

    def batch(self, rows: Rows) -> Inputs:
        return collate([self.features[row] for row in rows], self.sizes)


@dataclass(frozen=True, slots=True)
class Examples:
    """Embedded listings with their answers.

    Attributes:
        features: one entry a listing.
        answers_NH: 1 yes, 0 no, -1 unknown, heads in the order of `Head`.
        trust_NH: how much each answer counts in training; None where all count the same.
        targets_NA: what else the networks are asked in training, -1 unknown (`training.auxiliary`); None for nothing.
    """

    features: FeatureRows
    answers_NH: npt.NDArray[np.int64]
    trust_NH: npt.NDArray[np.float32] | None = None
    targets_NA: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.answers_NH)

    def weights(self, rows: Rows) -> npt.NDArray[np.float32]:
        """What some listings' answers [B, H] count in training: nothing where they are unknown."""
        known_BH: npt.NDArray[np.float32] = (self.answers_NH[rows] != UNKNOWN).astype(np.float32)
        return known_BH if self.trust_NH is None else known_BH * self.trust_NH[rows]

    def asked(self, rows: Rows) -> int:
        """How many further questions about some listings have a known answer; 1 at least, to divide by."""
        return 1 if self.targets_NA is None else max(1, int((self.targets_NA[rows] != UNKNOWN).sum()))

    def batch(self, rows: Rows) -> Inputs:
        """The network's inputs for some listings, in the order asked for."""
        return self.features.batch(rows)

    def batches(self, size: int) -> Iterator[Inputs]:
        """The network's inputs for all listings in their order, `size` of them at a time."""
        for start in range(0, len(self), size):
            yield self.batch(range(start, min(start + size, len(self))))
