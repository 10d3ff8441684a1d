"""Cuts a dataset into train, validation, calibration and test so that nothing leaks from one part into another.

1. *Units* are the connected components of listings by shop and operator; listings without a shop are joined by
   near-duplicate photos and texts instead. A unit is never cut.
2. Where listings have times, three dates are chosen. A unit goes to the part whose window of time holds most of its
   listings, and its listings outside that window are excluded. The dates are those under which the scarcest part is
   largest against its share, in listings and in listings answered "yes" alike. Without times, units are dealt out.
3. A listing whose photo or text is a near-duplicate of one that a later part keeps is excluded. Were such listings
   joined into units instead, one stolen photo would chain most of a marketplace into a single unit.

Labels have a say in nothing but those shares: a test part that by chance of the dates held no counterfeit would measure
nothing. The order of rows has none.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.duplicates import Ints, Kind, Likeness, photo_likeness, text_likeness
from training.data.fingerprints import read_fingerprints
from training.data.keys import key, keys
from training.data.names import Names
from training.data.shown_photos import ShownPhotos
from training.data.units import unit_of_each
from training.data.windows import best_cuts, window_counts
from training.progress import Progress, silent
from trueshelf.listings import Answer, Split

Row = Mapping[str, Any]

SHARES = {Split.TRAIN: 0.55, Split.VALIDATION: 0.10, Split.CALIBRATION: 0.175, Split.TEST: 0.175}
PARTS = tuple(SHARES)
_SHARES_P = np.array(list(SHARES.values()))

WITHOUT_TIME = "it has no time"
OUTSIDE_WINDOW = "its time lies outside the window of its shop's part"
LIKENESS = {
    Kind.PHOTO: "a photo is nearly the same as one in a later part",
    Kind.TEXT: "its text is nearly the same as one in a later part",
}

REASONS = (WITHOUT_TIME, OUTSIDE_WINDOW, *LIKENESS.values())
"""Why a listing is in no part."""

_RULE = (
    "Disjoint by operator and shop{time}. Listings with a photo within 31 of 256 bits (PDQ) or a text with a Jaccard "
    "similarity of 0.8 or more to one that a later part keeps are excluded."
)
_FORWARD = (
    ", and forward in time: each shop goes to the part whose window holds most of its listings, the rest is excluded"
)
_SHUFFLED = "; shops are dealt out in an order drawn from the seed"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIN_TIMED = 0.9
_GRID = 32


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """A split, and what the card says of it under `split`.

    Attributes:
        part_N, reason_N: of the listings in order of their ids, as places in `PARTS` and `REASONS`; -1 for none.
    """

    names: Names
    order_N: Ints
    part_N: npt.NDArray[np.int8]
    reason_N: npt.NDArray[np.int8]
    card: dict[str, Any]

    def __len__(self) -> int:
        return len(self.part_N)

    @property
    def rows(self) -> Iterator[dict[str, str | None]]:
        """Rows of the table `splits`, in order of listing id, made as they are asked for."""
        for row, part, reason in zip(self.order_N.tolist(), self.part_N.tolist(), self.reason_N.tolist(), strict=True):
            yield {
                "listing_id": self.names[row],
                "split": (PARTS[part] if part >= 0 else Split.EXCLUDED).value,
                "reason": REASONS[reason] if reason >= 0 else None,
            }


@dataclass(frozen=True, slots=True)
class _Draft:
    """The part of each listing (a place in PARTS, -1 for none), and the reason where it has none."""

    parts_N: Ints
    reason_N: npt.NDArray[np.int8]
    forward: bool
    starts: tuple[datetime, ...] = ()

    @classmethod
    def of(cls, parts_N: Ints, *, forward: bool, starts: tuple[datetime, ...] = ()) -> "_Draft":
        return cls(parts_N, np.full(len(parts_N), -1, dtype=np.int8), forward, starts)

    def exclude(self, rows_S: Ints, reason: str) -> None:
        self.parts_N[rows_S] = -1
        self.reason_N[rows_S] = REASONS.index(reason)


def plan_splits(
    listings: Iterable[Row],
    shops: Iterable[Row] = (),
    labels: Iterable[Row] = (),
    *,
    folder: Path,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress = silent,
) -> SplitPlan:
    """Split listings whose photos lie under `folder`.

    Args:
        listings: rows of the table `listings`, gone through several times and never held.
        shops: rows of the table `shops`, for their operators.
        labels: rows of the table `labels`, so that no part is left without a "yes".
        seed: draws the order of units where there are no times.
    """
    fingerprints = read_fingerprints(folder, ShownPhotos((listings,)), workers=workers, progress=progress)
    progress("duplicates sought", 0, 1)
    likenesses = (photo_likeness(listings, fingerprints), text_likeness(listings))
    progress("duplicates sought", 1, 1)
    operators = {row["shop_id"]: row.get("operator_id") for row in shops}
    return split(listings, operators=operators, likenesses=likenesses, seed=seed, kinds_KN=yes_kinds(listings, labels))


def split(
    listings: Iterable[Row],
    *,
    operators: Mapping[str, str | None],
    likenesses: Sequence[Likeness],
    seed: int,
    kinds_KN: npt.NDArray[np.bool_] | None = None,
) -> SplitPlan:
    """Split listings, given their near-duplicates.

    Args:
        operators: the operator of each shop, where known.
        kinds_KN: kinds of listings of which every part shall have its share; all listings where None.
    """
    names = Names.of(str(listing["listing_id"]) for listing in listings)
    if kinds_KN is None:
        kinds_KN = np.ones((1, len(names)), dtype=bool)
    shops = (listing.get("shop_id") for listing in listings)
    units = unit_of_each(shops, operators=operators, likenesses=likenesses)
    draft = _forward_in_time(_times(listings), units, kinds_KN) or _dealt_out(names, units, kinds_KN, seed)
    _exclude_likenesses(draft, likenesses)
    order_N = names.order()
    parts_N = draft.parts_N[order_N].astype(np.int8)
    return SplitPlan(names, order_N, parts_N, draft.reason_N[order_N], _card(parts_N, draft, seed))


def yes_kinds(listings: Iterable[Row], labels: Iterable[Row]) -> npt.NDArray[np.bool_]:
    """The kinds of listings of which every part shall have its share: all listings, and those answered "yes" to each
    head often enough for every part to have some; [K, N]."""
    key_N = keys(str(listing["listing_id"]) for listing in listings)
    yes: dict[str, array[int]] = {}
    for label in labels:
        if label["answer"] == Answer.YES.value:
            yes.setdefault(str(label["head"]), array("Q")).append(key(str(label["listing_id"])))
    rows = [np.isin(key_N, np.array(yes[head], dtype=np.uint64)) for head in sorted(yes)]
    return np.stack([np.ones(len(key_N), dtype=bool), *(row for row in rows if row.sum() >= len(PARTS))])


def _times(listings: Iterable[Row]) -> npt.NDArray[np.datetime64]:
    """When each listing came in, in microseconds of UTC; not a time where that is not known."""
    found = (listing.get("listed_at") for listing in listings)
    return np.fromiter(
        (np.datetime64("NaT") if time is None else np.datetime64(_utc(time), "us") for time in found), "M8[us]"
    )


def _utc(time: datetime) -> datetime:
    """Without its zone, as NumPy has times."""
    return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)


def _forward_in_time(
    times_N: npt.NDArray[np.datetime64], units_N: Ints, kinds_KN: npt.NDArray[np.bool_]
) -> _Draft | None:
    """The draft by windows of time; None where too few listings have times, or too few differ."""
    timed_N = ~np.isnat(times_N)
    if not len(timed_N) or timed_N.mean() < _MIN_TIMED:
        return None
    times = times_N[timed_N].astype(np.int64)
    marks = np.unique(np.quantile(times, np.linspace(0, 1, _GRID + 1)[1:-1], method="higher"))
    bins_N = np.full(len(times_N), -1)
    bins_N[timed_N] = np.searchsorted(marks, times, side="right")
    bins = len(marks) + 1
    cuts = best_cuts(bins_N, units_N, kinds_KN, bins=bins, shares_P=_SHARES_P)
    if cuts is None:
        return None
    part_of_unit = window_counts(bins_N, units_N, bins=bins, cuts=cuts).argmax(axis=1)
    parts_N = part_of_unit[units_N].astype(np.int64)
    windows_N = np.searchsorted(np.array(cuts), bins_N, side="right")
    first = (times[times >= marks[cut - 1]].min() for cut in cuts)
    starts = tuple(_EPOCH + timedelta(microseconds=int(time)) for time in first)
    draft = _Draft.of(parts_N, forward=True, starts=starts)
    draft.exclude(np.flatnonzero(timed_N & (windows_N != parts_N)), OUTSIDE_WINDOW)
    draft.exclude(np.flatnonzero(~timed_N), WITHOUT_TIME)
    return draft


def _dealt_out(names: Names, units_N: Ints, kinds_KN: npt.NDArray[np.bool_], seed: int) -> _Draft:
    """The draft without times: each unit goes to the part that most lacks what it holds, large units first and equal
    ones in an order drawn from the seed.
    """
    sizes_U = np.bincount(units_N)
    order_N = names.order()
    _, first_U = np.unique(units_N[order_N], return_index=True)
    drawn = [hashlib.sha256(f"{seed} {names[int(order_N[first])]}".encode()).digest() for first in first_U]
    held_UK = np.stack([np.bincount(units_N, kind_N, minlength=len(sizes_U)) for kind_N in kinds_KN], axis=1)
    held_UK = held_UK / np.maximum(held_UK.sum(axis=0), 1)
    lacking_KP = np.tile(_SHARES_P, (len(kinds_KN), 1))
    part_of_unit = np.zeros(len(sizes_U), dtype=np.int64)
    for unit in sorted(range(len(sizes_U)), key=lambda unit: (-sizes_U[unit], drawn[unit])):
        part_of_unit[unit] = part = (held_UK[unit] @ lacking_KP).argmax()
        lacking_KP[:, part] -= held_UK[unit]
    return _Draft.of(part_of_unit[units_N], forward=False)


def _exclude_likenesses(draft: _Draft, likenesses: Sequence[Likeness]) -> None:
    """From the last part to the first, exclude listings that are like one that a later part keeps."""
    kept: list[npt.NDArray[np.bool_]] = [np.zeros(likeness.count, dtype=bool) for likeness in likenesses]
    for part in reversed(range(len(PARTS))):
        for likeness, seeds in zip(likenesses, kept, strict=True):
            taken = likeness.reach(seeds)[likeness.nodes_M]
            here = draft.parts_N[likeness.listings_M] == part
            draft.exclude(np.unique(likeness.listings_M[taken & here]), LIKENESS[likeness.kind])
        for likeness, seeds in zip(likenesses, kept, strict=True):
            seeds[likeness.nodes_M[draft.parts_N[likeness.listings_M] == part]] = True


def _card(parts_N: npt.NDArray[np.int8], draft: _Draft, seed: int) -> dict[str, Any]:
    counts = {part: int((parts_N == number).sum()) for number, part in enumerate(PARTS)}
    counts[Split.EXCLUDED] = int((parts_N < 0).sum())
    card: dict[str, Any] = {
        "rule": _RULE.format(time=_FORWARD if draft.forward else _SHUFFLED),
        "seed": seed,
        "forward_in_time": draft.forward,
        "listings": {split.value: counts[split] for split in Split},
    }
    if draft.forward:
        card["starts"] = {part.value: start for part, start in zip(PARTS[1:], draft.starts, strict=True)}
    return card
