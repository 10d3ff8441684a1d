"""What a split must not have: a shop, operator, photo or text on both sides, or a later part that begins too early."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from training.data.duplicates import Ints, Likeness
from training.data.keys import Keys, key
from training.data.names import Names
from trueshelf.listings import Split

Row = Mapping[str, Any]

PARTS = (Split.TRAIN, Split.VALIDATION, Split.CALIBRATION, Split.TEST)


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that two listings in different parts share.

    Attributes:
        kind: operator, shop, photo, text or time.
        what: the shop or operator; empty for photos and texts, which the listings lead to.
    """

    kind: str
    first: str
    second: str
    parts: tuple[Split, Split]
    what: str = ""

    def __str__(self) -> str:
        shared = f"the same {self.kind} {self.what}".rstrip() if self.kind != "time" else "overlapping times"
        first, second = self.parts
        return f"{self.first} ({first.value}) and {self.second} ({second.value}) have {shared}"


class SplitOf(Protocol):
    """The split of each listing by its id, as a mapping gives it."""

    def get(self, listing_id: str, default: Split, /) -> Split: ...


@dataclass(frozen=True, slots=True)
class KnownSplits:
    """A table of splits in 17 bytes a listing; a word that is no split is left out, and of equal ids the last counts.

    Attributes:
        split_D: as places in `Split`, in the order of `ids`.
    """

    ids: Keys
    split_D: npt.NDArray[np.int8]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "KnownSplits":
        places = {split.value: place for place, split in enumerate(Split)}
        found, names = array("b"), array("Q")
        for row in rows:
            if row["split"] in places:
                found.append(places[row["split"]])
                names.append(key(str(row["listing_id"])))
        key_N = np.array(names, dtype=np.uint64)
        sorted_D, last_D, counts_D = np.unique(key_N[::-1], return_index=True, return_counts=True)
        return cls(Keys(sorted_D, counts_D), np.array(found, dtype=np.int8)[::-1][last_D])

    def get(self, listing_id: str, default: Split, /) -> Split:
        """The split of a listing, where it is known."""
        place = self.ids.place(listing_id)
        return default if place < 0 else _SPLITS[self.split_D[place]]


_SPLITS = tuple(Split)


@dataclass(frozen=True, slots=True)
class _Read:
    """The listings, gone through once.

    Attributes:
        ids: of each.
        part_N: of each, as a place in PARTS; -1 for none.
        shops, operators: for each, the row of its first listing in each part.
        bounds: for each part, its earliest and its latest time, each with the listing's row.
    """

    ids: Names
    part_N: npt.NDArray[np.int8]
    shops: Mapping[str, Mapping[int, int]]
    operators: Mapping[str, Mapping[int, int]]
    bounds: Mapping[int, tuple[tuple[datetime, int], tuple[datetime, int]]]


def find_leaks(
    listings: Iterable[Row],
    splits: SplitOf,
    *,
    operators: Mapping[str, str | None],
    likenesses: Sequence[Likeness],
    forward_in_time: bool,
) -> Iterator[Leak]:
    """Every edge between two parts: one leak for each shared shop, operator, photo or text and each pair of parts."""
    read = _read(listings, splits, operators)
    yield from _shared("shop", read, read.shops)
    yield from _shared("operator", read, read.operators)
    for likeness in likenesses:
        yield from _alike(likeness, read)
    if forward_in_time:
        yield from _too_early(read)


def _read(listings: Iterable[Row], splits: SplitOf, operators: Mapping[str, str | None]) -> _Read:
    parts = array("b")
    shops: dict[str, dict[int, int]] = {}
    behind: dict[str, dict[int, int]] = {}
    bounds: dict[int, tuple[tuple[datetime, int], tuple[datetime, int]]] = {}

    def ids() -> Iterator[str]:
        for row, listing in enumerate(listings):
            name, shop, time = str(listing["listing_id"]), listing.get("shop_id"), listing.get("listed_at")
            split = splits.get(name, Split.EXCLUDED)
            part = -1 if split is Split.EXCLUDED else PARTS.index(split)
            parts.append(part)
            yield name
            if part < 0:
                continue
            if shop is not None:
                shops.setdefault(shop, {}).setdefault(part, row)
            if (operator := operators.get(shop) if shop else None) is not None:
                behind.setdefault(operator, {}).setdefault(part, row)
            if time is not None:
                first, last = bounds.get(part, ((time, row), (time, row)))
                bounds[part] = (min(first, (time, row)), max(last, (time, row)))

    names = Names.of(ids())
    return _Read(names, np.array(parts, dtype=np.int8), shops, behind, bounds)


def _shared(kind: str, read: _Read, first_of: Mapping[str, Mapping[int, int]]) -> Iterator[Leak]:
    for shared, rows in first_of.items():
        for one, other in combinations(sorted(rows), 2):
            yield Leak(kind, read.ids[rows[one]], read.ids[rows[other]], (PARTS[one], PARTS[other]), shared)


def _alike(likeness: Likeness, read: _Read) -> Iterator[Leak]:
    first_PD = np.stack([_first(likeness, read.part_N, part) for part in range(len(PARTS))])
    shown_PD = first_PD >= 0
    for node in np.flatnonzero(shown_PD.sum(axis=0) > 1).tolist():
        for here, there in combinations(np.flatnonzero(shown_PD[:, node]).tolist(), 2):
            yield _leak(likeness, read, first_PD, (node, here), (node, there))
    for node, other in likeness.edges_E2.tolist():
        for here in np.flatnonzero(shown_PD[:, node]).tolist():
            for there in np.flatnonzero(shown_PD[:, other]).tolist():
                if here != there:
                    yield _leak(likeness, read, first_PD, (node, here), (other, there))


def _first(likeness: Likeness, part_N: npt.NDArray[np.int8], part: int) -> Ints:
    """The row of the first listing of a part that shows each node; -1 where none does."""
    here_M = part_N[likeness.listings_M] == part
    first_D = np.full(likeness.count, -1, dtype=np.int64)
    nodes_M, rows_M = likeness.nodes_M[here_M], likeness.listings_M[here_M]
    first_D[nodes_M[::-1]] = rows_M[::-1]
    return first_D


def _leak(likeness: Likeness, read: _Read, first_PD: Ints, one: tuple[int, int], other: tuple[int, int]) -> Leak:
    """Between two nodes, each in a part."""
    (node, here), (twin, there) = one, other
    names = (read.ids[int(first_PD[here, node])], read.ids[int(first_PD[there, twin])])
    return Leak(likeness.kind.value, *names, (PARTS[here], PARTS[there]))


def _too_early(read: _Read) -> Iterator[Leak]:
    for earlier, later in pairwise(sorted(read.bounds)):
        (last, one), (first, other) = read.bounds[earlier][1], read.bounds[later][0]
        if last >= first:
            yield Leak("time", read.ids[one], read.ids[other], (PARTS[earlier], PARTS[later]))
