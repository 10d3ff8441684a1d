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
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.duplicates import Ints, Kind, Likeness, photo_likeness, text_likeness
from training.data.fingerprints import read_fingerprints
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

_RULE = (
    "Disjoint by operator and shop{time}. Listings with a photo within 31 of 256 bits (PDQ) or a text with a Jaccard "
    "similarity of 0.8 or more to one that a later part keeps are excluded."
)
_FORWARD = (
    ", and forward in time: each shop goes to the part whose window holds most of its listings, the rest is excluded"
)
_SHUFFLED = "; shops are dealt out in an order drawn from the seed"

_MIN_TIMED = 0.9
_GRID = 32


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """A split as rows of the table `splits`, in order of listing id, and what the card says of it under `split`."""

    rows: list[dict[str, str | None]]
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Draft:
    """The part of each listing (an index into PARTS, -1 for none) with the reason where it has none."""

    parts_N: Ints
    reasons: dict[int, str]
    forward: bool
    starts: tuple[datetime, ...] = ()

    def exclude(self, rows: Iterable[int], reason: str) -> None:
        for row in rows:
            self.parts_N[row] = -1
            self.reasons[int(row)] = reason


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
        listings: rows of the table `listings`.
        shops: rows of the table `shops`, for their operators.
        labels: rows of the table `labels`, so that no part is left without a "yes".
        seed: draws the order of units where there are no times.
    """
    rows = sorted(listings, key=lambda row: str(row["listing_id"]))
    paths = [path for row in rows for path in row.get("photos") or ()]
    fingerprints = read_fingerprints(folder, paths, workers=workers, progress=progress)
    progress("duplicates sought", 0, 1)
    likenesses = (photo_likeness(rows, fingerprints), text_likeness(rows))
    progress("duplicates sought", 1, 1)
    operators = {row["shop_id"]: row.get("operator_id") for row in shops}
    return split(rows, operators=operators, likenesses=likenesses, seed=seed, kinds_KN=yes_kinds(rows, labels))


def split(
    listings: Sequence[Row],
    *,
    operators: Mapping[str, str | None],
    likenesses: Sequence[Likeness],
    seed: int,
    kinds_KN: npt.NDArray[np.bool_] | None = None,
) -> SplitPlan:
    """Split listings that come in order of their ids, given their near-duplicates.

    Args:
        operators: the operator of each shop, where known.
        kinds_KN: kinds of listings of which every part shall have its share; all listings where None.
    """
    if kinds_KN is None:
        kinds_KN = yes_kinds(listings, ())
    units = unit_of_each(listings, operators=operators, likenesses=likenesses)
    draft = _forward_in_time(listings, units, kinds_KN) or _dealt_out(listings, units, kinds_KN, seed)
    _exclude_likenesses(draft, likenesses)
    rows = [
        {
            "listing_id": str(listing["listing_id"]),
            "split": (PARTS[part] if part >= 0 else Split.EXCLUDED).value,
            "reason": draft.reasons.get(number),
        }
        for number, (listing, part) in enumerate(zip(listings, draft.parts_N, strict=True))
    ]
    return SplitPlan(rows, _card(rows, draft, seed))


def yes_kinds(listings: Sequence[Row], labels: Iterable[Row]) -> npt.NDArray[np.bool_]:
    """The kinds of listings of which every part shall have its share: all listings, and those answered "yes" to each
    head often enough for every part to have some; [K, N]."""
    yes: dict[str, set[str]] = {}
    for label in labels:
        if label["answer"] == Answer.YES.value:
            yes.setdefault(str(label["head"]), set()).add(str(label["listing_id"]))
    rows = [np.array([str(row["listing_id"]) in yes[head] for row in listings], dtype=bool) for head in sorted(yes)]
    return np.stack([np.ones(len(listings), dtype=bool), *(row for row in rows if row.sum() >= len(PARTS))])


def _forward_in_time(listings: Sequence[Row], units_N: Ints, kinds_KN: npt.NDArray[np.bool_]) -> _Draft | None:
    """The draft by windows of time; None where too few listings have times, or too few differ."""
    timed = np.array([listing.get("listed_at") is not None for listing in listings], dtype=bool)
    if not len(timed) or timed.mean() < _MIN_TIMED:
        return None
    times = np.array([listing["listed_at"].timestamp() for listing in listings if listing.get("listed_at")])
    marks = np.unique(np.quantile(times, np.linspace(0, 1, _GRID + 1)[1:-1], method="higher"))
    bins_N = np.full(len(listings), -1)
    bins_N[timed] = np.searchsorted(marks, times, side="right")
    bins = len(marks) + 1
    cuts = best_cuts(bins_N, units_N, kinds_KN, bins=bins, shares_P=_SHARES_P)
    if cuts is None:
        return None
    part_of_unit = window_counts(bins_N, units_N, bins=bins, cuts=cuts).argmax(axis=1)
    parts_N = part_of_unit[units_N].astype(np.int64)
    windows_N = np.searchsorted(np.array(cuts), bins_N, side="right")
    starts = tuple(min(listing["listed_at"] for listing in _timed_from(listings, marks[cut - 1])) for cut in cuts)
    draft = _Draft(parts_N, {}, forward=True, starts=starts)
    draft.exclude(np.flatnonzero(timed & (windows_N != parts_N)), OUTSIDE_WINDOW)
    draft.exclude(np.flatnonzero(~timed), WITHOUT_TIME)
    return draft


def _timed_from(listings: Sequence[Row], mark: float) -> Iterable[Row]:
    return (row for row in listings if row.get("listed_at") and row["listed_at"].timestamp() >= mark)


def _dealt_out(listings: Sequence[Row], units_N: Ints, kinds_KN: npt.NDArray[np.bool_], seed: int) -> _Draft:
    """The draft without times: each unit goes to the part that most lacks what it holds, large units first and equal
    ones in an order drawn from the seed.
    """
    sizes = Counter(units_N.tolist())
    first: dict[int, str] = {}
    for listing, unit in zip(listings, units_N.tolist(), strict=True):
        first.setdefault(unit, str(listing["listing_id"]))
    order = sorted(sizes, key=lambda unit: hashlib.sha256(f"{seed} {first[unit]}".encode()).digest())
    held_UK = np.stack([np.bincount(units_N, kind_N, minlength=len(sizes)) for kind_N in kinds_KN], axis=1)
    held_UK = held_UK / np.maximum(held_UK.sum(axis=0), 1)
    lacking_KP = np.tile(_SHARES_P, (len(kinds_KN), 1))
    part_of_unit = np.zeros(len(sizes), dtype=np.int64)
    for unit in sorted(order, key=lambda unit: -sizes[unit]):
        part_of_unit[unit] = part = (held_UK[unit] @ lacking_KP).argmax()
        lacking_KP[:, part] -= held_UK[unit]
    return _Draft(part_of_unit[units_N], {}, forward=False)


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


def _card(rows: Sequence[Mapping[str, str | None]], draft: _Draft, seed: int) -> dict[str, Any]:
    counts = Counter(row["split"] for row in rows)
    card: dict[str, Any] = {
        "rule": _RULE.format(time=_FORWARD if draft.forward else _SHUFFLED),
        "seed": seed,
        "forward_in_time": draft.forward,
        "listings": {split.value: counts[split.value] for split in Split},
    }
    if draft.forward:
        card["starts"] = {part.value: start for part, start in zip(PARTS[1:], draft.starts, strict=True)}
    return card
