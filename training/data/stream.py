"""Listings of a dataset that are read from its table whenever they are gone through, and never held all at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueshelf.listings import Dataset, Listing
from trueshelf.listings.tables import listing_from_row

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Listings:
    """Some of a dataset's listings; as often as they are gone through, they are read anew.

    Attributes:
        rows_N: their rows of the table, in ascending order.
    """

    dataset: Dataset
    rows_N: Ints

    def __len__(self) -> int:
        return len(self.rows_N)

    def __iter__(self) -> Iterator[Listing]:
        start = 0
        for batch in self.dataset.batches("listings"):
            first, last = np.searchsorted(self.rows_N, (start, start + len(batch)))
            if first < last:
                chosen = batch.take(pa.array(self.rows_N[first:last] - start))
                yield from (listing_from_row(row, folder=self.dataset.folder) for row in chosen.to_pylist())
            start += len(batch)

    def chunks(self, size: int) -> Iterator[list[Listing]]:
        """All of them in their order, `size` at a time."""
        remaining = iter(self)
        while chunk := list(islice(remaining, size)):
            yield chunk

    def take(self, places: Sequence[int] | npt.NDArray[np.integer[Any]]) -> list[Listing]:
        """Those at some places, counted from 0, in the order asked for."""
        distinct, inverse = np.unique(np.asarray(places, dtype=np.int64), return_inverse=True)
        found = list(Listings(self.dataset, self.rows_N[distinct]))
        return [found[place] for place in inverse]

    def spread(self, most: int) -> list[Listing]:
        """At most so many, evenly spread."""
        return self.take(np.linspace(0, len(self) - 1, min(most, len(self))).round().astype(np.int64))
