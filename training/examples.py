"""Listings as the network reads them, with their answers, a batch at a time.

Shapes: N listings, H heads, B listings of a batch; the network's inputs as in `trueshelf.models.network`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

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
    """

    features: FeatureRows
    answers_NH: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.answers_NH)

    def batch(self, rows: Rows) -> Inputs:
        """The network's inputs for some listings, in the order asked for."""
        return self.features.batch(rows)

    def batches(self, size: int) -> Iterator[Inputs]:
        """The network's inputs for all listings in their order, `size` of them at a time."""
        for start in range(0, len(self), size):
            yield self.batch(range(start, min(start + size, len(self))))
