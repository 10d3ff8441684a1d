"""How many listings a shop had, and how many were found out, at the moment of each of its listings.

Only what came before a moment counts: earlier listings, and labels that were given before it. All is sorted once,
so a history costs O(log n).

Shapes: N listings, L labels, E events.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueshelf.listings.answers import UNHEARD, Standing, heard
from trueshelf.listings.records import Answer, Head, Provenance

Ints = npt.NDArray[np.int64]

RECENT_DAYS: Final = 30

_RECENT: Final = RECENT_DAYS * 24 * 60 * 60 * 1_000_000  # microseconds
_NEVER: Final = np.iinfo(np.int64).min
_NO_SHOP: Final = -1


@dataclass(frozen=True, slots=True)
class Histories:
    """What a dataset's shops had behind them at each of its listings, in the order of its rows.

    Attributes:
        known_N: whether a listing's shop and time are known; its counts mean nothing otherwise.
        listings_N: earlier listings of the shop.
        recent_N: those of them from the `RECENT_DAYS` before.
        counterfeit_N, genuine_N: those of them that were found to be counterfeit, or not, by then; None where no label
            of the dataset has a date.
    """

    known_N: npt.NDArray[np.bool_]
    listings_N: Ints
    recent_N: Ints
    counterfeit_N: Ints | None
    genuine_N: Ints | None

    @classmethod
    def of(cls, listings: pa.Table, labels: pa.Table | None) -> "Histories":
        """Count for the rows of a `LISTINGS` table, with a `LABELS` table.

        A label without a date counts nowhere, and none counts before its own listing was there.
        """
        shops_N, times_N = _codes(listings["shop_id"]), _times(listings["listed_at"])
        known_N = (shops_N != _NO_SHOP) & (times_N != _NEVER)
        there = _Ledger.of(shops_N[known_N], times_N[known_N])
        earlier_N = there.before(shops_N, times_N)
        recent_N = earlier_N - there.before(shops_N, np.where(known_N, times_N - _RECENT, _NEVER))
        found = None if labels is None else _found(labels, listings["listing_id"], known_N, times_N)
        if found is None:
            return cls(known_N, earlier_N, recent_N, None, None)
        shops_E, times_E = shops_N[found.rows_E], found.times_E
        counterfeit = _Ledger.of(shops_E, times_E, found.counterfeit_E)
        genuine = _Ledger.of(shops_E, times_E, found.genuine_E)
        return cls(known_N, earlier_N, recent_N, counterfeit.before(shops_N, times_N), genuine.before(shops_N, times_N))


@dataclass(frozen=True, slots=True)
class _Ledger:
    """Amounts by shop and time, summed up: sorted keys, and the sum of all that lie before each."""

    moments: Ints
    keys_E: Ints
    sums: Ints

    @classmethod
    def of(cls, shops_E: Ints, times_E: Ints, amounts_E: Ints | None = None) -> "_Ledger":
        """Each event counts once, unless it has an amount."""
        moments = np.unique(times_E)
        keys_E = _keys(moments, shops_E, times_E)
        order_E = np.argsort(keys_E, kind="stable")
        amounts_E = np.ones(len(keys_E), dtype=np.int64) if amounts_E is None else amounts_E[order_E]
        return cls(moments, keys_E[order_E], np.concatenate([[0], np.cumsum(amounts_E)]).astype(np.int64))

    def before(self, shops_N: Ints, times_N: Ints) -> Ints:
        """What each shop has before a time, that moment not included."""
        ends_N = np.searchsorted(self.keys_E, _keys(self.moments, shops_N, times_N))
        starts_N = np.searchsorted(self.keys_E, _keys(self.moments, shops_N, np.full_like(times_N, _NEVER)))
        return self.sums[ends_N] - self.sums[starts_N]


@dataclass(frozen=True, slots=True)
class _Found:
    """What labels changed about listings: their rows, when, and by how much each count of answers moved."""

    rows_E: Ints
    times_E: Ints
    counterfeit_E: Ints
    genuine_E: Ints


def _keys(moments: Ints, shops_N: Ints, times_N: Ints) -> Ints:
    """Numbers that sort by shop and then by time."""
    keys_N: Ints = shops_N * (len(moments) + 1) + np.searchsorted(moments, times_N)
    return keys_N


def _found(
    labels: pa.Table, listing_ids: pa.ChunkedArray, known_N: npt.NDArray[np.bool_], times_N: Ints
) -> _Found | None:
    """What the labels of a table changed; None where none has a date."""
    labels = labels.filter(
        pc.and_(pc.equal(labels["head"], Head.COUNTERFEIT.value), pc.is_valid(labels["labelled_at"]))
    )
    if not len(labels):
        return None
    rows_L = pc.index_in(labels["listing_id"], value_set=listing_ids.combine_chunks()).fill_null(-1).to_numpy()
    rows_L = rows_L.astype(np.int64)
    of_ours_L = (rows_L >= 0) & known_N[rows_L]
    times_L = np.maximum(_times(labels["labelled_at"]), times_N[rows_L])
    order = np.lexsort((times_L, rows_L))
    order = order[of_ours_L[order]]
    answers = [Answer(text) for text in labels["answer"].take(order).to_pylist()]
    provenances = [Provenance(text) for text in labels["provenance"].take(order).to_pylist()]
    moves = np.array(list(_moves(rows_L[order], answers, provenances)), dtype=np.int64).reshape(-1, 2)
    return _Found(rows_L[order], times_L[order], moves[:, 0], moves[:, 1])


def _moves(rows_L: Ints, answers: list[Answer], provenances: list[Provenance]) -> Iterator[tuple[int, int]]:
    """By how much each label moves the count of counterfeit and of genuine listings, with labels in order of time."""
    standing: Standing = UNHEARD
    last = -1
    for row, answer, provenance in zip(rows_L.tolist(), answers, provenances, strict=True):
        before = standing if row == last else UNHEARD
        standing, last = heard(before, answer, provenance), row
        yield (
            (standing[1] is Answer.YES) - (before[1] is Answer.YES),
            (standing[1] is Answer.NO) - (before[1] is Answer.NO),
        )


def _codes(column: pa.ChunkedArray) -> Ints:
    """A number for each shop."""
    codes: npt.NDArray[Any] = column.combine_chunks().dictionary_encode().indices.fill_null(_NO_SHOP).to_numpy()
    return codes.astype(np.int64)


def _times(column: pa.ChunkedArray) -> Ints:
    """Microseconds since 1970, `_NEVER` for null."""
    times: npt.NDArray[np.int64] = column.cast(pa.int64()).fill_null(int(_NEVER)).to_numpy()
    return times
