"""Listings of a dataset that are read from its table whenever they are gone through, and never held all at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueshelf.listings import Dataset, Listing
from trueshelf.listings.contexts import ShopContexts
from trueshelf.listings.tables import listing_from_row

Ints = npt.NDArray[np.int64]


def _as_it_is(listing: Listing) -> Listing:
    return listing


@dataclass(frozen=True, slots=True)
class Listings:
    """Some of a dataset's listings; as often as they are gone through, they are read anew.

    Attributes:
        rows_N: their rows of the table, in ascending order.
        contexts: what was known of their shops.
        taken_as: what becomes of each listing that is read.
    """

    dataset: Dataset
    rows_N: Ints
    contexts: ShopContexts
    taken_as: Callable[[Listing], Listing] = _as_it_is

    def __len__(self) -> int:
        return len(self.rows_N)

    def __iter__(self) -> Iterator[Listing]:
        start = 0
        for batch in self.dataset.batches("listings"):
            first, last = np.searchsorted(self.rows_N, (start, start + len(batch)))
            if first < last:
                chosen = batch.take(pa.array(self.rows_N[first:last] - start))
                for place, cells in zip(self.rows_N[first:last].tolist(), chosen.to_pylist(), strict=True):
                    listing = listing_from_row(cells, folder=self.dataset.folder)
                    yield self.taken_as(self.contexts.completed(listing, place))
            start += len(batch)

    def chunks(self, size: int) -> Iterator[list[Listing]]:
        """All of them in their order, `size` at a time."""
        yield from chunks(self, size)

    def at(self, places: Ints) -> "Listings":
        """Those at some places, counted from 0 and in ascending order, to be read as often as these."""
        return replace(self, rows_N=self.rows_N[places])

    def columns(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some columns of them as they stand in the table, some rows at a time."""
        start = 0
        for batch in self.dataset.batches("listings", names):
            first, last = np.searchsorted(self.rows_N, (start, start + len(batch)))
            yield batch.take(pa.array(self.rows_N[first:last] - start))
            start += len(batch)

    def take(self, places: Sequence[int] | npt.NDArray[np.integer[Any]]) -> list[Listing]:
        """Those at some places, counted from 0, in the order asked for."""
        distinct, inverse = np.unique(np.asarray(places, dtype=np.int64), return_inverse=True)
        found = list(replace(self, rows_N=self.rows_N[distinct]))
        return [found[place] for place in inverse]

    def spread(self, most: int) -> list[Listing]:
        """At most so many, evenly spread."""
        return self.take(np.linspace(0, len(self) - 1, min(most, len(self))).round().astype(np.int64))


def chunks(listings: Iterable[Listing], size: int) -> Iterator[list[Listing]]:
    """Listings in their order, `size` at a time."""
    remaining = iter(listings)
    while chunk := list(islice(remaining, size)):
        yield chunk
