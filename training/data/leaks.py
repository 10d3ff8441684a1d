"""What a split must not have: a shop, operator, photo or text on both sides, or a later part that begins too early."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from training.data.duplicates import Likeness
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


def find_leaks(
    listings: Sequence[Row],
    splits: Mapping[str, Split],
    *,
    operators: Mapping[str, str | None],
    likenesses: Sequence[Likeness],
    forward_in_time: bool,
) -> Iterator[Leak]:
    """Every edge between two parts: one leak for each shared shop, operator, photo or text and each pair of parts."""
    parts = [splits.get(str(listing["listing_id"]), Split.EXCLUDED) for listing in listings]
    shops = [listing.get("shop_id") for listing in listings]
    yield from _shared("shop", listings, parts, shops)
    yield from _shared("operator", listings, parts, [operators.get(shop) if shop else None for shop in shops])
    for likeness in likenesses:
        yield from _alike(likeness, listings, parts)
    if forward_in_time:
        yield from _too_early(listings, parts)


def _shared(kind: str, listings: Sequence[Row], parts: Sequence[Split], keys: Sequence[str | None]) -> Iterator[Leak]:
    first_of: dict[str, dict[Split, str]] = defaultdict(dict)
    for listing, part, key in zip(listings, parts, keys, strict=True):
        if key is not None and part is not Split.EXCLUDED:
            first_of[key].setdefault(part, str(listing["listing_id"]))
    for key, examples in first_of.items():
        for one, other in combinations(sorted(examples, key=PARTS.index), 2):
            yield Leak(kind, examples[one], examples[other], (one, other), key)


def _alike(likeness: Likeness, listings: Sequence[Row], parts: Sequence[Split]) -> Iterator[Leak]:
    shown: dict[int, dict[Split, str]] = defaultdict(dict)
    for row, node in zip(likeness.listings_M.tolist(), likeness.nodes_M.tolist(), strict=True):
        if parts[row] is not Split.EXCLUDED:
            shown[node].setdefault(parts[row], str(listings[row]["listing_id"]))
    own = np.arange(likeness.count)
    for node, other in np.concatenate([np.stack([own, own], axis=1), likeness.edges_E2]).tolist():
        for here, listing in shown.get(node, {}).items():
            for there, twin in shown.get(other, {}).items():
                if here is not there and (node != other or PARTS.index(here) < PARTS.index(there)):
                    yield Leak(likeness.kind.value, listing, twin, (here, there))


def _too_early(listings: Sequence[Row], parts: Sequence[Split]) -> Iterator[Leak]:
    timed = [
        (listing["listed_at"], str(listing["listing_id"]), part)
        for listing, part in zip(listings, parts, strict=True)
        if listing.get("listed_at") is not None
    ]
    by_part = {part: [(time, name) for time, name, own in timed if own is part] for part in PARTS}
    present = [part for part in PARTS if by_part[part]]
    for earlier, later in pairwise(present):
        last, first = max(by_part[earlier]), min(by_part[later])
        if last[0] >= first[0]:
            yield Leak("time", last[1], first[1], (earlier, later))
